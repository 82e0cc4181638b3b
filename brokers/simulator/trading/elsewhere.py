"""Orders that a person places by hand, in TWS or on a phone.

They have a perm id and no order id, no reference and no client. Every client sees them among all open orders, and their
executions when it asks for those. Client 0 alone can have them bound: each gets a negative order id, by which that
client may change or cancel it (https://interactivebrokers.github.io/tws-api/modifying_orders.html).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from brokers.simulator.accounts.valuation import Valuation
from brokers.simulator.catalogue.catalogue import Catalogue
from brokers.simulator.catalogue.listings.instrument import COMBINATION
from brokers.simulator.market.market import Market
from brokers.simulator.orders.book import OrderBook
from brokers.simulator.orders.message import OrderMessage
from brokers.simulator.orders.order import SUBMITTED, Order
from brokers.simulator.records.identity import Identity
from brokers.simulator.records.ledger import Ledger
from brokers.simulator.records.rows import order_row
from brokers.simulator.trading.floor import Floor
from brokers.simulator.trading.journal import Journal, OrderListener
from brokers.simulator.wire import plain

# Who can have orders bound that no client placed.
BINDING_CLIENT = 0


class Elsewhere:
    def __init__(
        self,
        *,
        catalogue: Catalogue,
        market: Market,
        valuations: Mapping[str, Valuation],
        orders: OrderBook,
        floor: Floor,
        journal: Journal,
        ledger: Ledger,
        identity: Identity,
        listener: OrderListener,
    ) -> None:
        self._catalogue = catalogue
        self._market = market
        self._valuations = valuations
        self._orders = orders
        self._floor = floor
        self._journal = journal
        self._ledger = ledger
        self._identity = identity
        self._listener = listener
        self.binds = False

    def place(
        self,
        *,
        con_id: int,
        side: str,
        quantity: Decimal,
        order_type: str = "MKT",
        limit_price: Decimal | None = None,
        account: str | None = None,
    ) -> Order:
        """Puts an order on the market. Raises ValueError for an unknown contract id, account or side."""
        order = self._order(con_id=con_id, side=side, quantity=quantity, account=account)
        order.message.terms |= {"orderType": order_type, "lmtPrice": "" if limit_price is None else plain(limit_price)}
        self._write(order)
        if self.binds:
            self.bind(order)
        self._floor.enter(order)
        return order

    def fill(
        self, *, con_id: int, side: str, quantity: Decimal, price: Decimal | None = None, account: str | None = None
    ) -> Order:
        """Executes a whole order at once, at this price or at the market's. Raises ValueError as `place` does."""
        order = self._order(con_id=con_id, side=side, quantity=quantity, account=account)
        self._write(order)
        quote = self._market.quote(con_id)
        order.status = SUBMITTED
        self._journal.change(order)
        self._floor.fill(
            order, quantity=quantity, price=price if price is not None else quote.ask if order.sign > 0 else quote.bid
        )
        return order

    def _order(self, *, con_id: int, side: str, quantity: Decimal, account: str | None) -> Order:
        instrument = self._catalogue.get(con_id)
        code = account or next(iter(self._valuations))
        if instrument is None or not instrument.is_orderable or instrument.security_type == COMBINATION:
            raise ValueError(f"no orders are taken for the contract id {con_id}")
        if code not in self._valuations:
            raise ValueError(f"{code} is no account of this login: {', '.join(self._valuations)} are")
        if side not in ("BUY", "SELL"):
            raise ValueError(f"a side is BUY or SELL, not {side!r}")
        if quantity <= 0:
            raise ValueError(f"a quantity is more than 0, not {quantity}")
        contract = {"conId": str(con_id), "symbol": instrument.symbol, "exchange": instrument.venue.default_exchange}
        terms = {"action": side, "totalQuantity": plain(quantity), "orderType": "MKT", "tif": "DAY", "origin": "0"}
        message = OrderMessage.blank(contract | {"secType": instrument.security_type}, terms | {"account": code})
        exchange = instrument.venue.default_exchange
        return Order(message, instrument, exchange, BINDING_CLIENT, self._identity.next_perm_id(), code)

    def _write(self, order: Order) -> None:
        row = order_row("elsewhere", BINDING_CLIENT, order.perm_id, order.account, order.message)
        self._ledger.write("order", **row)

    def bind(self, order: Order) -> None:
        """Gives an order that was placed by hand an id of client 0, and says so to it."""
        order.message.order_id = self._orders.next_bound_id()
        self._orders.name(order)
        self._listener.bound(order)

    def bind_all(self) -> None:
        """Every open order that has no id yet."""
        for order in self._orders.open(client_id=BINDING_CLIENT):
            if not order.order_id:
                self.bind(order)
                self._journal.note(order)
