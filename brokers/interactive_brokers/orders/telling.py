"""An order as it stands, told to the listener after its instrument."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from brokers.domain import Instrument, OrderUpdate, Unsent
from brokers.interactive_brokers.instruments.introductions import Introductions
from brokers.interactive_brokers.orders.record import OrderRecord
from brokers.listener import NodeListener


class OrderTelling:
    def __init__(self, *, introductions: Introductions, listener: NodeListener) -> None:
        self._introductions = introductions
        self._listener = listener

    def tell(self, record: OrderRecord) -> None:
        """What IB has said of it."""
        self._deliver(record, record.as_update(datetime.now(UTC)))

    def tell_unsent(self, record: OrderRecord, unsent: Unsent, reason: str) -> None:
        """What never left. The reason is for now: nothing that IB says later is because of it."""
        update = record.as_update(datetime.now(UTC))
        self._deliver(record, replace(update, unsent=unsent, reason=reason, reason_code=None, refused=None))

    def _deliver(self, record: OrderRecord, update: OrderUpdate) -> None:
        def deliver(instrument: Instrument | None) -> None:
            if record.instrument is None or not record.instrument.is_described:
                record.instrument = instrument or record.instrument
            self._listener.on_order_update(update)

        self._introductions.deliver(record.contract, deliver)
