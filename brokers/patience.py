"""Trying again what passes by itself, for as long as there is time."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from typing import TypeVar

from brokers.interactive_brokers.link.reconnecting import Backoff
from brokers.refusals import NodeError

Answer = TypeVar("Answer")

log = logging.getLogger(__name__)


class Patience:
    """The pauses between the tries of one thing, further apart each time: for `seconds` in all, or without an end.

    `tell` gets a sentence for the owner, once for each reason to wait.
    """

    def __init__(self, *, backoff: Backoff, tell: Callable[[str], None], seconds: float = math.inf) -> None:
        self._backoff = backoff
        self._tell = tell
        self._until = asyncio.get_running_loop().time() + seconds
        self._told = ""

    async def wait_after(self, error: NodeError, *, meanwhile: str) -> None:
        """Returns when it is time for the next try. Raises `error` when the time is up.

        `meanwhile` is a sentence about what holds until then.
        """
        left = self._until - asyncio.get_running_loop().time()
        if left <= 0:
            raise error
        pause = min(left, self._backoff.next_pause())
        log.warning("%s Trying again in %.1f s.", error, pause)
        self._say(f"{error} {meanwhile}")
        await asyncio.sleep(pause)

    def _say(self, sentence: str) -> None:
        if sentence != self._told:
            self._told = sentence
            self._tell(sentence)


async def again_while(
    passing: type[NodeError] | tuple[type[NodeError], ...],
    doing: Callable[[], Awaitable[Answer]],
    *,
    patience: Patience,
    meanwhile: str,
) -> Answer:
    """What `doing` returns, done again for as long as it raises what passes by itself and the patience lasts."""
    while True:
        try:
            return await doing()
        except passing as error:
            await patience.wait_after(error, meanwhile=meanwhile)
