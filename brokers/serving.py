"""A node that serves until it's told to stop: signals, and the way back after a lost link."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Protocol

from brokers.gateways.base import GatewayError, GatewayLoginFailed
from brokers.interactive_brokers.link.reconnecting import Backoff
from brokers.refusals import (
    AccountMissing,
    ConfigRefused,
    CredentialMissing,
    FenceRefused,
    LinkLost,
    NodeDropped,
    NodeError,
)

log = logging.getLogger(__name__)

# What waiting doesn't mend. A wrong password is never tried twice: IB locks the account.
_FINAL = (AccountMissing, ConfigRefused, CredentialMissing, FenceRefused, GatewayLoginFailed, NodeDropped)


class Served(Protocol):
    """What is kept connected."""

    async def reopen(self) -> None: ...

    async def wait_closed(self) -> None: ...


async def keep_connected(node: Served, *, backoff: Backoff) -> None:
    """Returns once the node was stopped or dropped. Connects again after each lost link, for as long as that takes.

    Raises what waiting doesn't mend: a refused login or fence, a missing account or credential.
    """
    while True:
        try:
            await node.wait_closed()
        except LinkLost as lost:
            log.warning("%s", lost)
        else:
            return
        try:
            await _come_back(node, backoff)
        except NodeDropped:
            return


async def _come_back(node: Served, backoff: Backoff) -> None:
    while True:
        await asyncio.sleep(backoff.next_pause())
        try:
            await node.reopen()
        except _FINAL:
            raise
        except (NodeError, GatewayError) as error:
            log.warning("not connected again yet: %s", error)
        else:
            backoff.reset()
            return


async def first_of(*works: Awaitable[object]) -> None:
    """Until the first of them ends, by itself or with what it raises; the others are cancelled and seen out.

    What one of the others raises on its way out is raised too: it may be the only word about what went wrong.
    """
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ended = [task for task in tasks if task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in sorted(tasks, key=lambda one: one not in ended):
        if not task.cancelled():
            task.result()


@contextlib.contextmanager
def stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Calls `stop` on SIGINT and SIGTERM. Only a process's main thread hears signals; elsewhere nothing happens."""
    loop = asyncio.get_running_loop()
    heard = (signal.SIGINT, signal.SIGTERM) if threading.current_thread() is threading.main_thread() else ()
    for number in heard:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in heard:
            loop.remove_signal_handler(number)
