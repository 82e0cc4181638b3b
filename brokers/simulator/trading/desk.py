"""The broker's desk: judges what clients send about orders, and passes on to the floor what it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from brokers.simulator.accounts.valuation import Valuation
from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.orders import auctions, price_rules
from brokers.simulator.orders.book import OrderBook
from brokers.simulator.orders.message import OrderMessage
from brokers.simulator.orders.order import FILLED, INACTIVE, Execution, Order
from brokers.simulator.orders.refusals import OrderRefused, rejection, validation
from brokers.simulator.orders.rules import judge_crowding, judge_modification
from brokers.simulator.orders.staging import Staging
from brokers.simulator.orders.terms import ZERO, is_transmitted, is_what_if, parent_id_of
from brokers.simulator.records.identity import Identity
from brokers.simulator.records.ledger import Ledger
from brokers.simulator.records.rows import Columns, cancel_row, order_row, refusal_row
from brokers.simulator.trading import notices as order_notices
from brokers.simulator.trading.elsewhere import Elsewhere
from brokers.simulator.trading.floor import Floor
from brokers.simulator.trading.journal import Journal, OrderListener
from brokers.simulator.trading.marketplace import Marketplace
from brokers.simulator.trading.reader import OrderReader
from brokers.simulator.trading.whatif import preview

READ_ONLY = "The API interface is currently in Read-Only mode."

_UNAFFORDABLE = (
    "Order rejected - reason:YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR EQUITY "
    "WITH LOAN VALUE MUST EXCEED THE INITIAL MARGIN"
)


class Desk:
    """`valuations` has one for each account behind the login, by its code."""

    def __init__(
        self,
        *,
        reader: OrderReader,
        marketplace: Marketplace,
        calendar: Calendar,
        valuations: Mapping[str, Valuation],
        orders: OrderBook,
        floor: Floor,
        journal: Journal,
        elsewhere: Elsewhere,
        ledger: Ledger,
        identity: Identity,
        listener: OrderListener,
        read_only: bool,
    ) -> None:
        self._marketplace = marketplace
        self._calendar = calendar
        self._reader = reader
        self._valuations = valuations
        self._orders = orders
        self._floor = floor
        self._journal = journal
        self.elsewhere = elsewhere
        self._ledger = ledger
        self._identity = identity
        self._listener = listener
        self.read_only = read_only
        self._staging = Staging()
        self._drops = 0
        self._doubles = 0
        self.permissions = reader.permissions

    def drop_silently(self, count: int) -> None:
        """The next `count` new orders get no word and never exist, as has been seen of IB's paper server."""
        self._drops = count

    def double_modifies(self, count: int) -> None:
        """The next `count` modifies leave their orders as they are and become orders beside them, under the same id and
        reference, as has been seen of a modify in an outage."""
        self._doubles = count

    def resume(self) -> None:
        """Takes up the orders of earlier runs where they stood."""
        for order in self._orders:
            self._floor.resume(order)

    def fill(self, order: Order, *, quantity: Decimal, price: Decimal) -> None:
        """Executes so much of an open order at this price, whatever the market and its own terms say."""
        self._floor.fill(order, quantity=quantity, price=price)

    def withdraw(self, order: Order, *, reason: str) -> None:
        """The broker ends an open order that nobody cancelled."""
        self._floor.cancel(order, reason=reason, completed=reason)

    def correct(self, exec_id: str, *, price: Decimal) -> Execution:
        """What an exchange does when it got an execution wrong: its id comes again with a higher last part.

        Raises ValueError for an execution that nobody knows, or that can't be had at this price.
        """
        execution = self._orders.execution(exec_id)
        if execution is None:
            raise ValueError(f"no execution has the id {exec_id}")
        if execution.is_of_whole_combination:
            raise ValueError(f"{exec_id} is of a combination: its legs' executions are what can be corrected")
        if price <= 0:
            raise ValueError(f"a corrected price is more than 0, not {price}")
        return self._journal.correct(execution, price)

    def place(self, client_id: int, message: OrderMessage) -> None:
        """A what-if, a modification of the order with this id, or a new order: by what the message says."""
        existing = self._orders.get(client_id, message.order_id)
        if is_what_if(message):
            self._receive("what_if", client_id, None, message, self._preview)
        elif existing is not None and self._doubles > 0:
            self._doubles -= 1
            perm_id = self._identity.next_perm_id()
            self._receive("doubled", client_id, perm_id, message, lambda asked: self._double(existing, asked))
        elif existing is not None:
            self._receive("modify", client_id, existing.perm_id, message, lambda asked: self._modify(existing, asked))
        elif self._drops > 0:
            self._drops -= 1
            self._ledger.write("order", **self._order_row("dropped", client_id, None, message))
        else:
            self._receive("new", client_id, self._perm_id(client_id, message), message, self._take)

    def _perm_id(self, client_id: int, message: OrderMessage) -> int:
        staged = self._staging.get(client_id, message.order_id)
        return staged.perm_id if staged is not None else self._identity.next_perm_id()

    def _receive(
        self, event: str, client_id: int, perm_id: int | None, message: OrderMessage, act: Callable[[Order], None]
    ) -> None:
        """Writes down what was asked, reads it, and acts on it; `act` gets the order that was asked for."""
        self._ledger.write("order", **self._order_row(event, client_id, perm_id, message))
        try:
            act(self._read(client_id, perm_id, message))
        except OrderRefused as refusal:
            self._refuse(client_id, perm_id, message, refusal)

    def _order_row(self, event: str, client_id: int, perm_id: int | None, message: OrderMessage) -> Columns:
        """The account is the one that was named, or the only one."""
        account = message.terms["account"] or (next(iter(self._valuations)) if len(self._valuations) == 1 else "")
        return order_row(event, client_id, perm_id, account, message)

    def _refuse(self, client_id: int, perm_id: int | None, message: OrderMessage, refusal: OrderRefused) -> None:
        self._ledger.write("refusal", **refusal_row(client_id, perm_id, message, refusal.code, refusal.text))
        self._listener.noticed(client_id, message.order_id, refusal.code, refusal.text)

    def _read(self, client_id: int, perm_id: int | None, message: OrderMessage) -> Order:
        """The order that the message describes. Raises OrderRefused when nobody could take it."""
        self.refuse_when_read_only()
        order = self._reader.read(client_id, perm_id, message)
        order.parent = self._parent(client_id, message)
        return order

    def _parent(self, client_id: int, message: OrderMessage) -> Order | None:
        parent_id = parent_id_of(message)
        if not parent_id:
            return None
        parent = self._orders.get(client_id, parent_id) or self._staging.get(client_id, parent_id)
        if parent is None or parent_id == message.order_id:
            raise OrderRefused(10006, "Missing parent order.")
        return parent

    def refuse_when_read_only(self) -> None:
        """Raises OrderRefused on a gateway whose API is read-only."""
        if self.read_only:
            raise validation(READ_ONLY)

    def _preview(self, order: Order) -> None:
        """IB works out what it would reject, too, and gives its reason after the figures."""
        valuation = self._valuations[order.account]
        self._listener.previewed(
            order, preview(order, quote=self._marketplace.quote(order.instrument), valuation=valuation)
        )
        if not self._is_affordable(order):
            raise OrderRefused(201, _UNAFFORDABLE)

    def _take(self, order: Order) -> None:
        if order.order_id <= 0:
            raise OrderRefused(10149, f"Invalid order id: {order.order_id}")
        self._staging.put(order)
        if is_transmitted(order.message):
            for one in self._staging.take_family(order):
                self._transmit(one)

    def _transmit(self, order: Order) -> None:
        try:
            self._submit(order)
        except OrderRefused as refusal:
            self._refuse(order.client_id, order.perm_id, order.message, refusal)

    def _submit(self, order: Order) -> None:
        judge_crowding(self._orders, order)
        if order.parent is not None and not (order.parent.is_open or order.parent.status == FILLED):
            raise rejection("Parent order is being cancelled")
        if self._floor.groups.is_spent(order):
            raise rejection(f"The OCA group {order.oca_group} has already been filled")
        if not self._is_affordable(order):
            self._journal.turn_away(order, 201, _UNAFFORDABLE)
            return
        self._enter(order)

    def _is_affordable(self, order: Order) -> bool:
        """An attached order waits for a position that it most often closes: it is judged when there is one."""
        if order.waits_for_parent:
            return True
        return self._valuations[order.account].affords((part.instrument, part.change, ZERO) for part in order.parts)

    def _enter(self, order: Order) -> None:
        quote = self._marketplace.quote(order.instrument)
        if price_rules.is_too_far(order, quote):
            self._journal.cancel(order, reason=price_rules.TOO_FAR, completed="Cancelled by System")
            return
        valuation = self._valuations[order.account]
        for code, text in order_notices.settle(order, calendar=self._calendar, valuation=valuation, quote=quote):
            self._journal.notice(order, code, text)
        self._floor.enter(order)

    def _modify(self, order: Order, asked: Order) -> None:
        judge_modification(order, asked.message, asked.instrument, asked.account)
        if not is_transmitted(asked.message):
            raise validation("A modification of an order that was transmitted can't be held back")
        asked.filled = order.filled
        if price_rules.is_too_far(asked, self._marketplace.quote(asked.instrument)):
            raise rejection(price_rules.TOO_FAR)
        if asked.remaining > order.remaining and not self._is_affordable(asked):
            raise OrderRefused(201, _UNAFFORDABLE)
        self._replace(order, asked.message)

    def _double(self, order: Order, asked: Order) -> None:
        judge_modification(order, asked.message, asked.instrument, asked.account)
        self._submit(asked)

    def _replace(self, order: Order, message: OrderMessage) -> None:
        before, order.message, order.asked = order.message, message, None
        quote = self._marketplace.quote(order.instrument)
        valuation = self._valuations[order.account]
        for code, text in order_notices.settle(order, calendar=self._calendar, valuation=valuation, quote=quote):
            self._journal.notice(order, code, text)
        self._floor.renew(order, before)

    def cancel(self, client_id: int, order_id: int) -> None:
        order = self._orders.get(client_id, order_id) or self._staging.get(client_id, order_id)
        self._ledger.write("cancel", **cancel_row(client_id, order_id, order))
        try:
            self.refuse_when_read_only()
            self._end(self._cancellable(order, order_id))
        except OrderRefused as refusal:
            self._listener.noticed(client_id, order_id, refusal.code, refusal.text)

    def _cancellable(self, order: Order | None, order_id: int) -> Order:
        if order is None:
            raise _unknown(order_id)
        if order.status == INACTIVE and not order.is_open:
            text = f"Cancel attempted when order is not in a cancellable state. Order permId = {order.perm_id}"
            raise OrderRefused(161, text)
        if order.status and not order.is_open:
            text = f"OrderId {order_id} that needs to be cancelled cannot be cancelled, state: {order.status}."
            raise OrderRefused(10148, text)
        if auctions.is_frozen(order, self._calendar.now()):
            raise OrderRefused(136, "This order cannot be cancelled.")
        return order

    def _end(self, order: Order) -> None:
        self._staging.remove(order)
        self._floor.cancel(order)

    def cancel_all(self, client_id: int) -> None:
        """Every open order of every client, as IB's global cancel does. Raises OrderRefused on a read-only gateway."""
        self._ledger.write("cancel", **cancel_row(client_id, None, None))
        self.refuse_when_read_only()
        now = self._calendar.now()
        for order in [*self._orders.open(), *self._staging.take_all()]:
            if order.done_at is None and not auctions.is_frozen(order, now):
                self._end(order)


def _unknown(order_id: int) -> OrderRefused:
    """IB looks for an id that no client can have given among the orders that people placed."""
    if order_id <= 0:
        return OrderRefused(135, f"Can't find order with id = {order_id}")
    return OrderRefused(10147, f"OrderId {order_id} that needs to be cancelled is not found.")
