"""An order as it stands, told to the listener after its instrument."""

from __future__ import annotations

from datetime import UTC, datetime

from brokers.domain import Instrument
from brokers.interactive_brokers.instruments.introductions import Introductions
from brokers.interactive_brokers.orders.record import OrderRecord
from brokers.listener import NodeListener


class OrderTelling:
    def __init__(self, *, introductions: Introductions, listener: NodeListener) -> None:
        self._introductions = introductions
        self._listener = listener

    def tell(self, record: OrderRecord) -> None:
        """What IB has said of it."""
        update = record.as_update(datetime.now(UTC))

        def deliver(instrument: Instrument | None) -> None:
            record.instrument = record.instrument or instrument
            self._listener.on_order_update(update)

        self._introductions.deliver(record.contract, deliver)
