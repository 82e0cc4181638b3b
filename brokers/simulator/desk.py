"""The broker's desk: judges what clients send about orders, and passes on to the floor what it takes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from brokers.simulator.account import Account
from brokers.simulator.catalogue import Catalogue, Match
from brokers.simulator.floor import Floor, OrderListener
from brokers.simulator.identity import Identity
from brokers.simulator.ledger import Ledger
from brokers.simulator.ledger_rows import cancel_row, order_row, refusal_row
from brokers.simulator.market import Market
from brokers.simulator.order_message import OrderMessage
from brokers.simulator.order_rules import (
    OrderRefused,
    find_instrument,
    judge,
    judge_crowding,
    judge_modification,
    validation,
)
from brokers.simulator.orders import INACTIVE, SUBMITTED, Order, OrderBook, is_what_if
from brokers.simulator.valuation import Valuation
from brokers.simulator.whatif import preview
from brokers.simulator.wire import plain

READ_ONLY = "The API interface is currently in Read-Only mode."

# Below this, IdealPro doesn't show an order to others.
_ODD_LOT = Decimal(20_000)


class Desk:
    def __init__(
        self,
        *,
        catalogue: Catalogue,
        market: Market,
        account: Account,
        valuation: Valuation,
        orders: OrderBook,
        floor: Floor,
        ledger: Ledger,
        identity: Identity,
        listener: OrderListener,
        read_only: bool,
    ) -> None:
        self._catalogue = catalogue
        self._market = market
        self._account = account
        self._valuation = valuation
        self._orders = orders
        self._floor = floor
        self._ledger = ledger
        self._identity = identity
        self._listener = listener
        self._read_only = read_only

    def place(self, client_id: int, message: OrderMessage) -> None:
        """A what-if, a modification of the order with this id, or a new order: by what the message says."""
        existing = self._orders.get(client_id, message.order_id)
        if is_what_if(message):
            self._receive("what_if", client_id, None, message)
        elif existing is not None:
            self._receive("modify", client_id, existing, message)
        else:
            self._receive("new", client_id, None, message)

    def _receive(self, event: str, client_id: int, existing: Order | None, message: OrderMessage) -> None:
        perm_id = self._perm_id(event, existing)
        self._ledger.write("order", **order_row(event, client_id, perm_id, self._account.code, message))
        try:
            match = self._judge(message)
            if existing is not None:
                self._modify(existing, message)
                return
            order = Order(message, match.instrument, match.exchange, client_id, perm_id or 0, self._account.code)
            self._preview(order) if event == "what_if" else self._submit(order)
        except OrderRefused as refusal:
            self._ledger.write("refusal", **refusal_row(client_id, perm_id, message, refusal.code, refusal.text))
            self._listener.noticed(client_id, message.order_id, refusal.code, refusal.text)

    def _perm_id(self, event: str, existing: Order | None) -> int | None:
        if event == "what_if":
            return None
        return existing.perm_id if existing else self._identity.next_perm_id()

    def _judge(self, message: OrderMessage) -> Match:
        self.refuse_when_read_only()
        match = find_instrument(self._catalogue, message)
        judge(message, match.instrument, account=self._account.code)
        return match

    def refuse_when_read_only(self) -> None:
        """Raises OrderRefused on a gateway whose API is read-only."""
        if self._read_only:
            raise validation(READ_ONLY)

    def _preview(self, order: Order) -> None:
        self._listener.previewed(order, preview(order, market=self._market, valuation=self._valuation))

    def _submit(self, order: Order) -> None:
        judge_crowding(self._orders, order.instrument, order.side)
        if not self._is_affordable(order):
            self._turn_away(order)
            return
        self._take_preset(order.message, order.client_id)
        self._warn_of_odd_lot(order)
        order.status = SUBMITTED
        self._floor.work(order)

    def _modify(self, order: Order, message: OrderMessage) -> None:
        judge_modification(order, message)
        self._take_preset(message, order.client_id)
        order.message = message
        self._floor.work(order)

    def _take_preset(self, message: OrderMessage, client_id: int) -> None:
        """An order without a time in force gets the preset's, and IB says so with what looks like an error."""
        if not message.terms["tif"]:
            message.terms["tif"] = "DAY"
            self._listener.noticed(
                client_id, message.order_id, 10349, "Order TIF was set to DAY based on order preset."
            )

    def _warn_of_odd_lot(self, order: Order) -> None:
        instrument = order.instrument
        if instrument.is_currency_pair and self._valuation.in_base(order.quantity, instrument.symbol) < _ODD_LOT:
            placed = f"{order.side} {plain(order.quantity)} {instrument.local_symbol} Forex"
            text = (
                f"Order Message: {placed}. Warning: Your order size is below the USD {_ODD_LOT} IdealPro minimum and "
                "will be routed as an odd lot order."
            )
            self._listener.noticed(order.client_id, order.order_id, 399, text)

    def _is_affordable(self, order: Order) -> bool:
        margin = self._valuation.margin_of(order.instrument, order.sign * order.quantity)
        return margin <= max(self._valuation.available_funds, Decimal(0))

    def _turn_away(self, order: Order) -> None:
        """IB takes the order for a moment and turns it down: it has a perm id, and ends as Inactive."""
        text = (
            "Order rejected - reason:YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR EQUITY "
            "WITH LOAN VALUE MUST EXCEED THE INITIAL MARGIN"
        )
        order.finish(INACTIVE, "Inactive", at=datetime.now(UTC))
        self._ledger.write("refusal", **refusal_row(order.client_id, order.perm_id, order.message, 201, text))
        self._floor.note(order)
        self._listener.noticed(order.client_id, order.order_id, 201, text)
        self._listener.order_changed(order)

    def cancel(self, client_id: int, order_id: int) -> None:
        order = self._orders.get(client_id, order_id)
        self._ledger.write("cancel", **cancel_row(client_id, order_id, order))
        try:
            self.refuse_when_read_only()
            self._floor.cancel(_cancellable(order, order_id), "")
        except OrderRefused as refusal:
            self._listener.noticed(client_id, order_id, refusal.code, refusal.text)

    def cancel_all(self, client_id: int) -> None:
        """Every open order of every client, as IB's global cancel does. Raises OrderRefused on a read-only gateway."""
        self._ledger.write("cancel", **cancel_row(client_id, None, None))
        self.refuse_when_read_only()
        for order in self._orders.open():
            self._floor.cancel(order, "")


def _cancellable(order: Order | None, order_id: int) -> Order:
    if order is None:
        raise OrderRefused(10147, f"OrderId {order_id} that needs to be cancelled is not found.")
    if not order.is_open:
        text = f"OrderId {order_id} that needs to be cancelled cannot be cancelled, state: {order.status}."
        raise OrderRefused(10148, text)
    return order
