"""Who may have the gateway: the newest fence, and of equal ones the last that came."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from brokers.gateways.relay.memory import FenceMemory
from brokers.gateways.relay.passage import Passage, Side
from brokers.gateways.relay.words import Answer, Verdict

log = logging.getLogger(__name__)

CONNECT_DEADLINE = 5.0  # seconds


class NotAdmitted(Exception):
    """The client isn't let through; `answer` is what it is told."""

    def __init__(self, verdict: Verdict, sentence: str) -> None:
        super().__init__(sentence)
        self.answer = Answer(verdict, sentence)


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Door:
    def __init__(self, *, memory: FenceMemory, upstream: Address) -> None:
        self._memory = memory
        self._upstream = upstream
        self._newest = memory.newest
        self._holder: Passage | None = None
        # Held from before an upstream connection is opened until it is gone: there is never a second one.
        self._slot = asyncio.Lock()

    async def pass_through(self, passage: Passage, fence: int, *, welcome: bytes) -> None:
        """Until either side has ended, or a newer client has cut this one. Raises NotAdmitted."""
        self._take(passage, fence)
        try:
            async with self._slot:
                upstream = await self._connect()
                passage.client.writer.write(welcome)
                await passage.relay(upstream)
        finally:
            if self._holder is passage:
                self._holder = None

    def close(self) -> None:
        if self._holder is not None:
            self._holder.cut()

    def _take(self, passage: Passage, fence: int) -> None:
        """No await in here: between the check and the cut nobody else is served, and no byte of theirs."""
        if fence < self._newest:
            raise NotAdmitted(
                Verdict.OUTDATED,
                f"Fence {fence} is over: {self._newest} has been here. Somebody newer owns this session.",
            )
        if self._holder is not None:
            self._holder.cut()
        self._holder = passage
        if fence > self._newest:
            self._newest = fence  # here first: should the disk refuse it, the older one stays out all the same
        self._remember()

    def _remember(self) -> None:
        """On this thread, though a disk may be slow: nobody has the gateway now whose bytes could wait for it."""
        if self._memory.newest == self._newest:
            return
        try:
            self._memory.remember(self._newest)
        except OSError as error:
            log.error("fence %d could not be written down: %s", self._newest, error)  # noqa: TRY400 - the text says all
            self._holder = None
            sentence = f"The relay can't write down fence {self._newest} ({error.strerror}), so nobody is let through."
            raise NotAdmitted(Verdict.UNAVAILABLE, sentence) from error

    async def _connect(self) -> Side:
        try:
            async with asyncio.timeout(CONNECT_DEADLINE):
                return Side(*await asyncio.open_connection(self._upstream.host, self._upstream.port))
        except (OSError, TimeoutError) as error:
            log.warning("the gateway at %s can't be reached: %r", self._upstream, error)
            raise NotAdmitted(
                Verdict.UNAVAILABLE, "The gateway behind this relay doesn't accept connections."
            ) from error
