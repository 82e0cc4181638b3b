"""Where orders meet the market: they wait, wake, trade and end as it moves and as time passes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.market.book import Level
from brokers.simulator.market.market import Market
from brokers.simulator.market.quote import Quote
from brokers.simulator.orders import auctions, triggers
from brokers.simulator.orders.book import OrderBook
from brokers.simulator.orders.groups import Groups
from brokers.simulator.orders.matching import is_within_limit, priority, within_limit
from brokers.simulator.orders.message import OrderMessage
from brokers.simulator.orders.order import FILLED, SUBMITTED, LegFill, Order
from brokers.simulator.orders.standing import may_trade, standing
from brokers.simulator.orders.terms import is_all_or_none, wake_terms
from brokers.simulator.trading.journal import Journal
from brokers.simulator.trading.marketplace import Marketplace

_AT_ONCE = ("IOC", "FOK")


class Floor:
    def __init__(
        self, *, market: Market, marketplace: Marketplace, calendar: Calendar, orders: OrderBook, journal: Journal
    ) -> None:
        self._marketplace = marketplace
        self._calendar = calendar
        self._orders = orders
        self._journal = journal
        self.groups = Groups()
        market.watch(self._step, self._wanted)

    def _wanted(self) -> Iterable[int]:
        """The instruments that open orders wait for."""
        return {con_id for order in self._orders.open() for con_id in order.con_ids}

    def enter(self, order: Order) -> None:
        """Takes an order, or one with new terms: it trades at once, or waits."""
        auctions.set_moments(order, self._calendar)
        triggers.start(order, self._quote(order))
        self.groups.join(order)
        if self._fits(order):
            self._begin(order)

    def renew(self, order: Order, before: OrderMessage) -> None:
        """Takes an order's new terms. What woke it, or how far its stop has come, stands unless they change it."""
        auctions.set_moments(order, self._calendar)
        if wake_terms(order.message) != wake_terms(before):
            triggers.start(order, self._quote(order))
        if self._fits(order):
            self._begin(order)

    def _begin(self, order: Order) -> None:
        self._stand(order)
        self._journal.change(order)
        self._look(order)

    def _fits(self, order: Order) -> bool:
        """Cuts an order of a group that has traded to what is left for it; says whether that is anything."""
        if not order.oca_group:
            return True
        share = self.groups.share_left(order, by=order)
        if share <= 0:
            self.cancel(order, completed="Cancelled by OCA group")
        elif share < order.remaining:
            order.reduce_to(share)
        return share > 0

    def resume(self, order: Order) -> None:
        """Takes up an open order of an earlier run where it stood."""
        self.groups.join(order)

    def cancel(self, order: Order, *, reason: str = "", completed: str = "Cancelled by Trader") -> None:
        """Ends an order, and those that are attached to it."""
        self._journal.cancel(order, reason=reason, completed=completed)
        for child in self._orders.children(order):
            self.cancel(child, reason=reason, completed=completed)

    def fill(self, order: Order, *, quantity: Decimal, price: Decimal, legs: Sequence[LegFill] = ()) -> None:
        """Executes so much of an order, and lets whom it concerns know: its group, and what is attached to it."""
        self.groups.note_trade(order, self._marketplace.steps)
        self._journal.execute(order, quantity=quantity, price=price, exchange=_executing_exchange(order), legs=legs)
        for other in self.groups.others(order):
            self._leave(other, self.groups.share_left(other, by=order))
        if order.status == FILLED:
            self._release(order)

    def _leave(self, order: Order, quantity: Decimal) -> None:
        if quantity <= 0:
            self.cancel(order, completed="Cancelled by OCA group")
        elif quantity < order.remaining:
            order.reduce_to(quantity)
            self._journal.change(order)

    def _release(self, parent: Order) -> None:
        """What waited for this order goes to work."""
        for child in self._orders.children(parent):
            auctions.set_moments(child, self._calendar)
            triggers.start(child, self._quote(child))
            self._look(child)

    def _step(self, con_id: int, _before: Quote, _now: Quote) -> None:
        for order in sorted(self._orders.open(con_id=con_id), key=priority):
            order.course.to_locate = max(order.course.to_locate - 1, 0)
            self._look(order)

    def _look(self, order: Order) -> None:
        """One look of an order at its market and at the clock."""
        now = self._calendar.now()
        if not order.is_open:
            return
        if auctions.has_expired(order, now):
            self.cancel(order, completed="Expired")
        elif auctions.is_due(order, now) and not order.waits_for_parent:
            self._trade_at_auction(order)
        else:
            self._wake(order)
            self._restand(order)
            self._work(order)

    def _wake(self, order: Order) -> None:
        asleep = order.wakes and not order.course.is_elected and not order.waits_for_parent
        if asleep and self._is_open_to(order) and triggers.watch(order, self._quote(order)):
            self._journal.note(order)

    def _is_open_to(self, order: Order) -> bool:
        return may_trade(order, self._calendar.phase(order.instrument))

    def _stand(self, order: Order) -> bool:
        """Gives the order the status that it has by now; says whether that is another one."""
        before = order.status, order.why_held
        order.status, order.why_held = standing(order, self._calendar.phase(order.instrument))
        return before != (order.status, order.why_held)

    def _restand(self, order: Order) -> None:
        if self._stand(order):
            self._journal.change(order)

    def _work(self, order: Order) -> None:
        if order.status != SUBMITTED or self.groups.is_blocked(order, self._marketplace.steps):
            return
        self._match(order)
        if order.is_open and order.time_in_force in _AT_ONCE:
            self.cancel(order)

    def _match(self, order: Order) -> None:
        levels = self._levels(order)
        if is_all_or_none(order.message) and sum(level.size for level in levels) < order.remaining:
            return
        for level in levels:
            self._take(order, level.price, min(order.remaining, level.size))
            if not order.is_open:
                return

    def _levels(self, order: Order) -> list[Level]:
        """What it may trade with, best price first. Market to limit takes the best price, and none behind it."""
        levels = within_limit(order, self._marketplace.side(order.instrument, order.sign))
        return levels[:1] if order.order_type == "MTL" else levels

    def _take(self, order: Order, price: Decimal, quantity: Decimal) -> None:
        if order.order_type == "MTL":
            order.course.limit_price = price
        legs = self._marketplace.take(order, price=price, quantity=quantity)
        self.fill(order, quantity=quantity, price=price, legs=legs)

    def _trade_at_auction(self, order: Order) -> None:
        """An auction has one price for all, and takes an order whole: here it is the market's at that moment."""
        price = self._quote(order).mark
        if is_within_limit(order, price):
            self.fill(order, quantity=order.remaining, price=price)
        else:
            self.cancel(order, completed="Expired")

    def _quote(self, order: Order) -> Quote:
        return self._marketplace.quote(order.instrument)


def _executing_exchange(order: Order) -> str:
    """SMART is a router: an execution names the exchange that it came from, and Nasdaq's is called ISLAND."""
    if order.exchange != "SMART":
        return order.exchange
    listed = order.instrument.primary_exchange or order.instrument.venue.exchanges[-1]
    return "ISLAND" if listed == "NASDAQ" else listed
