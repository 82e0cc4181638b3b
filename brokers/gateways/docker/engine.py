"""The Docker engine, asked in threads: its SDK blocks. What it answers is told in our words."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import ParamSpec, TypeVar

import requests
from docker import DockerClient
from docker.errors import APIError, DockerException, ImageNotFound

from brokers.gateways.base import GatewayError

# Seconds that the engine has for one answer.
ANSWER_DEADLINE = 20.0
_LONGEST_TEXT = 300

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Engine:
    """`url` as in `unix:///var/run/docker.sock`; nothing is asked before the first call."""

    def __init__(self, url: str, *, threads: int = 16) -> None:
        self._url = url
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="engine")
        self._client: DockerClient | None = None
        self._making = Lock()

    @property
    def client(self) -> DockerClient:
        """For use in the threads. Raises GatewayError and DockerException."""
        with self._making:
            self._client = self._client or self._make_client()
            return self._client

    def _make_client(self) -> DockerClient:
        if not is_listened_to(self._url):
            raise GatewayError(f"No container engine answers at {self._url}.")
        return DockerClient(base_url=self._url, timeout=int(ANSWER_DEADLINE), max_pool_size=16)

    async def ask(
        self, work: Callable[Arguments, Result], *arguments: Arguments.args, **named: Arguments.kwargs
    ) -> Result:
        """Does it in a thread. Raises GatewayError.

        A thread can't be called back: whoever is cancelled meanwhile goes on only when it has ended, so that a stop
        that follows finds what it started. Each of its requests has ANSWER_DEADLINE.
        """
        loop = asyncio.get_running_loop()
        task = loop.run_in_executor(self._threads, lambda: _explained(lambda: work(*arguments, **named)))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.gather(task, return_exceptions=True)
            raise

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        if self._client is not None:
            self._client.close()


def is_listened_to(url: str) -> bool:
    """Of a unix socket; any other address is taken to be. The SDK leaks a socket when nobody listens."""
    if not url.startswith("unix://"):
        return True
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(url.removeprefix("unix://")) == 0


def _explained(work: Callable[[], Result]) -> Result:
    try:
        return work()
    except ImageNotFound as error:
        raise GatewayError(
            f"An image isn't on this host, and is pulled or built by hand alone: {error.explanation}"
        ) from None
    except APIError as error:
        text = str(error.explanation or error)[:_LONGEST_TEXT]
        raise GatewayError(f"The container engine refused: {text}") from None
    except (DockerException, requests.exceptions.RequestException, OSError) as error:
        raise GatewayError(f"The container engine does not answer ({type(error).__name__}).") from error
