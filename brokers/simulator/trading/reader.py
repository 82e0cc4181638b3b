"""From a client's message to an order that somebody could take."""

from __future__ import annotations

from collections.abc import Collection

from brokers.simulator.catalogue.catalogue import Catalogue
from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.orders.message import OrderMessage
from brokers.simulator.orders.order import Order
from brokers.simulator.orders.permissions import Permissions
from brokers.simulator.orders.price_rules import judge_prices
from brokers.simulator.orders.rules import find_account, find_instrument, judge
from brokers.simulator.trading.marketplace import Marketplace


class OrderReader:
    """`accounts` are the codes of those behind the login."""

    def __init__(
        self, *, catalogue: Catalogue, marketplace: Marketplace, calendar: Calendar, accounts: Collection[str]
    ) -> None:
        self._catalogue = catalogue
        self._marketplace = marketplace
        self._calendar = calendar
        self._accounts = accounts
        self.permissions = Permissions()

    def read(self, client_id: int, perm_id: int | None, message: OrderMessage) -> Order:
        """The order that the message describes, without its parent. Raises OrderRefused when nobody could take it."""
        match = find_instrument(self._catalogue, message)
        self.permissions.judge(match.instrument)
        account = find_account(message, self._accounts)
        judge(message, match.instrument, now=self._calendar.now())
        judge_prices(message, match.instrument, match.exchange, self._marketplace.quote(match.instrument))
        combination = self._catalogue.combination_of(match.instrument.con_id)
        return Order(
            message,
            match.instrument,
            match.exchange,
            client_id,
            perm_id or 0,
            account,
            legs=combination.legs if combination else (),
        )
