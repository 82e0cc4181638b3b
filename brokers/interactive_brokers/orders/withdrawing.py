"""Orders, changes and cancels that never left: kept from leaving, noted in the book, told to the listener."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from brokers.domain import OrderStatus, Unsent
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.link.lanes import Lane, Waiting
from brokers.interactive_brokers.link.outbox import Cause, Outbox
from brokers.interactive_brokers.orders.book import OrderBook
from brokers.interactive_brokers.orders.record import OrderRecord
from brokers.interactive_brokers.orders.telling import OrderTelling
from brokers.listener import LinkState

_CANCELLED = "Cancelled before it was sent: the broker never saw it."
_ATTACHED = "Not sent: the order that it is attached to was not sent. Nothing of it reached the broker."
_BEING_CANCELLED = "The change was not sent: the order is being cancelled."

# What is to be told of an order, and why. All is noted before any of it is told: a listener may place or change more.
_Note = tuple[OrderRecord, Unsent, str]

_WHY = {
    Cause.IB_LOST: "the gateway lost its connection to Interactive Brokers, and the order may be another afterwards",
    Cause.STOPPED: "the session was stopped while it waited to leave",
    Cause.ENDED: "the connection to the gateway ended while it waited to leave",
}


class Withdrawals:
    """What is attached to an order that doesn't leave doesn't leave either. `time_to_live` is in seconds."""

    def __init__(
        self, *, connection: InteractiveBrokersConnection, book: OrderBook, telling: OrderTelling, time_to_live: float
    ) -> None:
        self._connection = connection
        self._book = book
        self._telling = telling
        self._time_to_live = time_to_live
        self._outbox: Outbox | None = None

    def begin(self) -> None:
        """For a new connection."""
        self._outbox = self._connection.session.outbox
        self._outbox.begin_orders(time_to_live=self._time_to_live, on_unsent=self._on_unsent)

    def cancel(self, records: Iterable[OrderRecord]) -> list[OrderRecord]:
        """Ends those of the orders that have not left, with all that is attached to any, and returns what it ended.

        Changes of the others that wait are withdrawn.
        """
        asked = {record.order_id for record in records}
        orders, changes = self._take_orders(asked), self._take_changes(asked)
        ended = self._end(orders, OrderStatus.CANCELLED, _CANCELLED)
        self._tell([*ended, *self._keep_terms(changes, _BEING_CANCELLED)])
        return [record for record, _, _ in ended]

    def cancel_all(self) -> list[OrderRecord]:
        """The same for every order that waits, and every change."""
        return self.cancel([record for record in self._book if self._is_own(record)])

    def _on_unsent(self, unsent: Sequence[Waiting], cause: Cause) -> None:
        why, rejected = self._why(cause), OrderStatus.REJECTED
        orders, changes = _about(unsent, Lane.ORDER), _about(unsent, Lane.MODIFY)
        attached = self._take_orders(orders)
        changes += self._take_changes(changes)  # those that were built on them
        self._tell(
            [
                *self._end(orders, rejected, f"Not sent: {why}. Nothing reached the broker; decide again."),
                *self._end(attached, rejected, _ATTACHED),
                *self._keep_terms(changes, f"The change was not sent: {why}. The order keeps its terms."),
                *self._undo_cancels(unsent, f"The cancel was not sent: {why}. The order stays as it is."),
            ]
        )

    def _why(self, cause: Cause) -> str:
        if cause is not Cause.EXPIRED:
            return _WHY[cause]
        is_lost = self._connection.link is LinkState.BROKER_LOST
        awaited = "the gateway to find Interactive Brokers" if is_lost else "its turn (IB takes 50 messages a second)"
        return f"it has waited {self._time_to_live:g} s for {awaited}, and is not sent late"

    # Taking out

    def _take_orders(self, order_ids: Collection[int]) -> frozenset[int]:
        """Those of them that wait, with all that would leave together with them or is attached to any of them."""
        gone, taken = frozenset(order_ids), frozenset[int]()
        while self._outbox is not None and (found := self._outbox.withdraw_orders(self._going_with(gone))):
            gone, taken = gone | found, taken | found
        return taken

    def _going_with(self, order_ids: frozenset[int]) -> frozenset[int]:
        waiting = self._own(self._outbox.waiting_orders if self._outbox is not None else ())
        return frozenset(one.order_id for one in waiting if order_ids & {one.order_id, one.parent_order_id})

    def _take_changes(self, order_ids: Collection[int]) -> Counter[int]:
        return self._outbox.withdraw_changes(order_ids) if self._outbox is not None else Counter()

    # Noting and telling

    def _end(self, order_ids: Collection[int], status: OrderStatus, reason: str) -> list[_Note]:
        ended = self._own(order_ids)
        for record in ended:
            record.withdraw(status, reason)
        return [(record, Unsent.ORDER, reason) for record in ended]

    def _keep_terms(self, changes: Counter[int], reason: str) -> list[_Note]:
        changed = [record for record in self._own(changes) if record.wishes]
        for record in changed:
            record.withdraw_changes(changes[record.order_id])
        return [(record, Unsent.CHANGE, reason) for record in changed]

    def _undo_cancels(self, unsent: Sequence[Waiting], reason: str) -> list[_Note]:
        cancelled = self._cancelled_by(unsent)
        for record in cancelled:
            record.withdraw_cancel()
        return [(record, Unsent.CANCEL, reason) for record in cancelled]

    def _cancelled_by(self, unsent: Sequence[Waiting]) -> list[OrderRecord]:
        """A cancel of everything names no order."""
        cancels = [one for one in unsent if one.lane is Lane.CANCEL]
        is_for_all = any(not one.order_ids for one in cancels)
        meant = self._book if is_for_all else self._own(_about(unsent, Lane.CANCEL))
        return [record for record in meant if record.cancel_sent and not record.status.is_final]

    def _tell(self, notes: Iterable[_Note]) -> None:
        for record, unsent, reason in notes:
            self._telling.tell_unsent(record, unsent, reason)

    def _own(self, order_ids: Collection[int]) -> list[OrderRecord]:
        """In the order in which they were placed."""
        return [record for record in self._book if record.order_id in order_ids and self._is_own(record)]

    def _is_own(self, record: OrderRecord) -> bool:
        return record.client_id == self._connection.client_id


def _about(unsent: Iterable[Waiting], lane: Lane) -> Counter[int]:
    return Counter(order_id for one in unsent if one.lane is lane for order_id in one.order_ids)
