"""What one browser hasn't been sent yet: the newest quote of each instrument and the newest of each pane, no more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from webapp.bus.quotes import Batch, Key


@dataclass(frozen=True, slots=True)
class Frame:
    """One message to the browser. `prev` is the seq of the frame before it; a snapshot follows nothing."""

    kind: Literal["snapshot", "quotes"]
    epoch: int
    prev: int | None
    seq: int
    quotes: tuple[str, ...]
    panes: tuple[str, ...] = ()

    def encode(self, account: str = "") -> str:
        """Joins quotes and panes as they came from the worker, so that none is encoded twice.

        `account` is named where a socket carries more than one's.
        """
        prev = "" if self.prev is None else f'"prev":{self.prev},'
        quotes = ",".join(self.quotes)
        panes = f',"panes":[{",".join(self.panes)}]' if self.panes else ""
        named = f'"account":"{account}",' if account else ""
        return f'{{"type":"{self.kind}",{named}"epoch":{self.epoch},{prev}"seq":{self.seq},"quotes":[{quotes}]{panes}}}'


class Mailbox:
    """Latest wins: a quote that wasn't taken yet gives way to its successor, so a slow browser gets fewer, newer ones.

    Written and taken on one event loop. Its stream begins with `restart`; `put` then follows in the stream's order.
    """

    def __init__(self) -> None:
        self.wanted: frozenset[Key] = frozenset()
        self._untaken: dict[Key, str] = {}
        self._filled = asyncio.Event()
        self._begins = False
        self._epoch = 0
        self._seq = 0
        self._taken_seq = 0

    def want(self, wanted: Iterable[Key]) -> None:
        """Replaces what the browser shows. Nothing is given until the next `restart`."""
        self.wanted = frozenset(wanted)
        self._untaken.clear()
        self._begins = False
        self._filled.clear()

    def restart(self, snapshot: Batch) -> None:
        """The next frame is a snapshot, an empty one too: it clears what the browser shows."""
        self._epoch, self._seq = snapshot.epoch, snapshot.seq
        self._untaken = self._wanted_of(snapshot)
        self._begins = True
        self._filled.set()

    def put(self, batch: Batch) -> None:
        self._seq = batch.seq
        if changed := self._wanted_of(batch):
            self._untaken.update(changed)
            self._filled.set()

    async def take(self) -> Frame:
        """Everything that changed since the last take; waits while nothing has."""
        await self._filled.wait()
        return self._emptied()

    def _emptied(self) -> Frame:
        quotes = tuple(text for key, text in self._untaken.items() if isinstance(key, int))
        panes = tuple(text for key, text in self._untaken.items() if isinstance(key, str))
        if self._begins:
            frame = Frame("snapshot", self._epoch, None, self._seq, quotes, panes)
        else:
            frame = Frame("quotes", self._epoch, self._taken_seq, self._seq, quotes, panes)
        self._untaken, self._begins, self._taken_seq = {}, False, self._seq
        self._filled.clear()
        return frame

    def _wanted_of(self, batch: Batch) -> dict[Key, str]:
        return {key: text for key, text in batch.quotes.items() if key in self.wanted}
