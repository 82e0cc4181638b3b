"""Books: all rows of them, whenever one has changed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from brokers.domain import Instrument, StreamKind
from brokers.interactive_brokers import contracts, convert
from brokers.interactive_brokers.budget import Slots
from brokers.interactive_brokers.link.session import Session
from brokers.interactive_brokers.streams.book import Book
from brokers.interactive_brokers.streams.registry import Key
from brokers.interactive_brokers.streams.stream import Parts, PromptStream

log = logging.getLogger(__name__)


class DepthStream(PromptStream):
    """One of the few books that IB serves at a time. SMART's is put together from all exchanges."""

    kind = StreamKind.DEPTH

    def __init__(self, parts: Parts, instrument: Instrument, *, slots: Slots) -> None:
        super().__init__(parts, instrument)
        self._own_slots = slots
        self._is_smart = False
        self._book = Book(rows=parts.config.depth_rows)

    @property
    def patience(self) -> float:
        """That of quotes: the best rows of a book are the quote, and there are more of them that can change."""
        return self._parts.config.stale_after

    @property
    def slots(self) -> Sequence[Slots]:
        return (self._own_slots,)

    def _ask(self, session: Session) -> int:
        contract = contracts.of_instrument(self.instrument)
        self._is_smart = contract.exchange == "SMART"
        self._book.empty()
        return session.market_data.open_depth(contract, rows=self._parts.config.depth_rows, smart=self._is_smart)

    def _cancel(self, session: Session, request_id: int) -> None:
        session.market_data.close_depth(request_id, smart=self._is_smart)

    def change(self, position: int, maker: str, operation: int, side: int, price: float, size: float) -> None:
        self.hear()
        if not self._book.apply(position=position, operation=operation, side=side, row=(price, size, maker)):
            log.info(
                "the book of %s has no place for row %d (operation %d, side %d)",
                self.instrument.display_symbol, position, operation, side,
            )  # fmt: skip

    def empty(self) -> None:
        """IB has begun it anew (317)."""
        self._book.empty()

    def tell(self) -> None:
        self._parts.listener.on_depth(
            convert.depth(
                self._book.bids,
                self._book.asks,
                con_id=self.instrument.con_id,
                received_at=datetime.now(UTC),
            )
        )


class Books:
    """Tells a book once for all rows that came in one piece."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._changed: set[DepthStream] = set()

    def on_row(
        self, request_id: int, position: int, maker: str, operation: int, side: int, price: float, size: float
    ) -> None:
        stream = self._parts.routes.requests.get(request_id)
        if isinstance(stream, DepthStream):
            stream.change(position, maker, operation, side, price, size)
            self._changed.add(stream)

    def on_reset(self, stream: DepthStream) -> None:
        stream.empty()
        self._changed.add(stream)

    def on_caught_up(self) -> None:
        while self._changed:
            stream = self._changed.pop()
            if stream.request_id is not None:
                stream.tell()


def depth_key(con_id: int) -> Key:
    return (StreamKind.DEPTH, con_id)
