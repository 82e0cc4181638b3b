"""What the broker repeats: its last words on orders that are over, with each look for a doubtful one, and what an
instrument is, with each execution."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from brokers.domain import Instrument, OrderUpdate

_WHENEVER = datetime.min.replace(tzinfo=UTC)


class LastWords:
    """Of one link. What was put down once needn't be again: an end is never taken back by anybody here."""

    def __init__(self) -> None:
        self._heard: dict[tuple[str, int | None], OrderUpdate] = {}
        self._described: dict[int, Instrument] = {}

    def is_repeated(self, update: OrderUpdate) -> bool:
        """Whether this is an end that was heard in the same words; only the moment may differ."""
        if not update.status.is_final:
            return False
        words, order = replace(update, at=_WHENEVER), (update.order_ref, update.perm_id)
        if self._heard.get(order) == words:
            return True
        self._heard[order] = words
        return False

    def is_described(self, instrument: Instrument) -> bool:
        """Whether it was described in the same words before."""
        if self._described.get(instrument.con_id) == instrument:
            return True
        self._described[instrument.con_id] = instrument
        return False

    def forget(self) -> None:
        """All is to be put down anew: the database may have refused some of it."""
        self._heard.clear()
        self._described.clear()
