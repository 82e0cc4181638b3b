"""Orders on their way to the socket: judged all together, then sent one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from ib_insync import Order

from brokers.domain import Instrument, OrderChange, OrderRequest
from brokers.interactive_brokers import contracts, convert
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.orders.book import MOST_ACTIVE, OrderBook
from brokers.interactive_brokers.orders.checks import (
    require_account,
    require_fitting,
    require_sound,
    require_sound_terms,
)
from brokers.interactive_brokers.orders.record import OrderRecord, record_of
from brokers.interactive_brokers.orders.terms import OrderTerms, changed, terms_of
from brokers.interactive_brokers.orders.withdrawing import Withdrawals
from brokers.listener import LinkState
from brokers.refusals import OrderRefused

# An order, and what is ordered.
Ordered = tuple[OrderRequest, Instrument]


class OrderSending:
    """Each call raises OrderRefused before any byte leaves, or sends all that it was given."""

    def __init__(self, *, connection: InteractiveBrokersConnection, book: OrderBook, withdrawals: Withdrawals) -> None:
        self._connection = connection
        self._book = book
        self._withdrawals = withdrawals

    def place(self, orders: Sequence[Ordered], *, together: bool = False, time_left: float | None = None) -> None:
        """`together`: they leave as one, and IB holds all of them until the last has come (its `transmit`)."""
        self._require_sendable(orders)
        records = [self._record(*order) for order in orders]
        try:
            outbox = self._connection.session.outbox
            with outbox.within(time_left), outbox.gathered(together=together):
                for record in records:
                    self._send(record, record.terms, transmit=record is records[-1] or not together)
        except (ValueError, ConnectionError) as error:
            self._forget(records)
            raise OrderRefused(f"The order was not sent: {error}.") from error

    def change(self, change: OrderChange, *, time_left: float | None = None) -> None:
        record = self._changeable(change.client_order_id)
        standing = record.wished or record.terms
        terms = changed(standing, change)
        if terms == standing:
            raise OrderRefused("The change leaves the order as it is, so nothing was sent.")
        _require_terms(terms, record.instrument)
        if terms.quantity <= record.filled_quantity:
            raise OrderRefused(
                f"Of the order {record.filled_quantity} are filled, so its quantity can't become {terms.quantity}; "
                "cancel it to keep what is filled."
            )
        record.begin_change(terms)
        try:
            with self._connection.session.outbox.within(time_left):
                self._send(record, terms)
        except (ValueError, ConnectionError) as error:
            record.withdraw_changes(1)
            raise OrderRefused(f"The change was not sent: {error}.") from error

    def cancel(self, client_order_id: str) -> None:
        own = self._own(client_order_id)
        alive = [record for record in own if not record.status.is_final]
        if not alive:
            raise OrderRefused(f"The order is {own[-1].status.lower()} already, so there is nothing to cancel.")
        self._cancel(alive)

    def cancel_account(self, account_code: str) -> frozenset[str]:
        """The open orders of this session in one account; their `order_ref`s."""
        alive = [
            record
            for record in self._book
            if record.account_code == account_code and self._is_own(record) and not record.status.is_final
        ]
        self._cancel(alive)
        return frozenset(record.order_ref for record in alive)

    def cancel_everything(self) -> frozenset[str]:
        """By IB's own global cancel, which knows more orders than this session does."""
        withdrawn = self._withdrawals.cancel_all()
        self.require_link()
        alive = [record for record in self._book if not record.status.is_final]
        for record in alive:
            record.begin_cancel()
        self._connection.session.orders.cancel_all()
        return frozenset(record.order_ref for record in [*withdrawn, *alive] if record.order_ref)

    def order_alone(self, request: OrderRequest, instrument: Instrument) -> Order:
        """For IB to work out. What it is attached to, and its group, change nothing of what it costs."""
        self.require_link()
        self._require_request(request, instrument)
        order = _order(terms_of(request), account_code=request.account_code, order_ref=request.client_order_id)
        order.ocaGroup, order.ocaType = "", 0
        return order

    def require_link(self) -> None:
        if self._connection.link is LinkState.DOWN:
            raise OrderRefused("There is no connection to the gateway, so nothing was sent.")
        if self._connection.link is LinkState.BROKER_LOST:
            raise OrderRefused("The gateway has lost its connection to Interactive Brokers, so nothing was sent.")
        if self._connection.is_stopping:
            raise OrderRefused("The session is being stopped, so nothing was sent.")

    # Judging

    def _require_sendable(self, orders: Sequence[Ordered]) -> None:
        self.require_link()
        for request, instrument in orders:
            self._require_request(request, instrument)
        self._require_new([request.client_order_id for request, _ in orders])
        self._require_parents([request for request, _ in orders])
        self._require_room([request for request, _ in orders])

    def _require_request(self, request: OrderRequest, instrument: Instrument) -> None:
        if instrument.con_id != request.con_id:
            raise OrderRefused(f"The order is for instrument {request.con_id}, and {instrument.con_id} was given.")
        require_sound(request)
        require_account(request.account_code, known=self._connection.account_codes)
        _require_terms(terms_of(request), instrument)

    def _require_new(self, client_order_ids: Sequence[str]) -> None:
        for client_order_id, times in Counter(client_order_ids).items():
            if times > 1:
                raise OrderRefused(
                    f"The client order id {client_order_id} stands for {times} orders; each needs its own."
                )
            known = self._book.by_ref(client_order_id)
            if known is not None:
                was = "withdrawn before it was sent" if known.unsent else "sent already"
                raise OrderRefused(f"An order {client_order_id} was {was}. It is not sent twice.")

    def _require_parents(self, requests: Sequence[OrderRequest]) -> None:
        """A parent comes before its children: earlier in the same breath, or as an open order of this session."""
        sent_before: set[str] = set()
        for request in requests:
            parent = request.parent_client_order_id
            if parent and parent not in sent_before and all(one.status.is_final for one in self._own(parent)):
                raise OrderRefused(f"The order {parent} is over, so no other can be attached to it.")
            sent_before.add(request.client_order_id)

    def _require_room(self, requests: Sequence[OrderRequest]) -> None:
        asked = Counter((request.account_code, request.con_id, request.side) for request in requests)
        for (account_code, con_id, side), new in asked.items():
            active = self._book.active(account_code=account_code, con_id=con_id, side=side)
            if active + new > MOST_ACTIVE:
                raise OrderRefused(
                    f"IB takes {MOST_ACTIVE} active orders for one contract, side and account; {active} {side} orders "
                    f"are there, and {new} more would be too many. Cancel one first."
                )

    def _changeable(self, client_order_id: str) -> OrderRecord:
        own = self._own(client_order_id)
        record = next((one for one in reversed(own) if not one.status.is_final), own[-1])
        if record.status.is_final:
            raise OrderRefused(f"The order is {record.status.lower()} already, so it can't be changed.")
        self.require_link()
        if record.cancel_sent:
            raise OrderRefused("The order is being cancelled, so it can't be changed.")
        if not record.seen:
            raise OrderRefused(
                "IB has not shown the order on this connection, so it can't be changed: if it's gone, the change would "
                "place it anew."
            )
        if not record.is_acknowledged:
            raise OrderRefused(
                "IB has not acknowledged the order yet, so it can't be changed; wait until it is working."
            )
        return record

    def _own(self, client_order_id: str) -> list[OrderRecord]:
        own = [record for record in self._book.all_by_ref(client_order_id) if self._is_own(record)]
        if not own:
            raise OrderRefused(
                f"There is no such open order of this session as {client_order_id!r}, so nothing was sent for it."
            )
        return own

    def _is_own(self, record: OrderRecord) -> bool:
        """IB lets only the client id that placed an order change it."""
        return record.order_id > 0 and record.client_id == self._connection.client_id

    # Sending

    def _record(self, request: OrderRequest, instrument: Instrument) -> OrderRecord:
        record = record_of(
            request,
            instrument=instrument,
            contract=contracts.of_instrument(instrument),
            client_id=self._connection.client_id,
            order_id=self._connection.session.orders.new_order_id(),
        )
        parent = self._book.by_ref(request.parent_client_order_id)
        record.parent_order_id = parent.order_id if parent is not None else None
        return self._book.add(record)

    def _send(self, record: OrderRecord, terms: OrderTerms, *, transmit: bool = True) -> None:
        order = _order(terms, account_code=record.account_code, order_ref=record.order_ref)
        order.orderId, order.parentId, order.transmit = record.order_id, record.parent_order_id or 0, transmit
        self._connection.session.orders.place(record.contract, order)

    def _forget(self, records: Sequence[OrderRecord]) -> None:
        for record in records:
            self._book.remove(record)

    def _cancel(self, records: Sequence[OrderRecord]) -> None:
        """What has not left is withdrawn, and needs no message nor a link.

        Of the rest a message for each of the broker's orders: of two behind one order id, IB may take it for one of
        them alone. When it ends both, the second message is refused, which changes nothing any more.
        """
        withdrawn = self._withdrawals.cancel(records)
        left = [record for record in records if not record.status.is_final]
        if left or not withdrawn:
            self.require_link()
        for record in left:
            record.begin_cancel()
        for record in left:
            self._connection.session.orders.cancel(record.order_id)


def _require_terms(terms: OrderTerms, instrument: Instrument | None) -> None:
    """An instrument that IB would not describe sets no rules: IB judges."""
    now = datetime.now(UTC)
    require_sound_terms(terms, now=now)
    if instrument is not None:
        require_fitting(terms, instrument, now=now)


def _order(terms: OrderTerms, *, account_code: str, order_ref: str) -> Order:
    order = convert.order(terms)
    order.account, order.orderRef = account_code, order_ref
    return order
