"""What an order trades at: an instrument's own quotes and book, or, for a combination, those of its legs together."""

from __future__ import annotations

from decimal import Decimal

from brokers.simulator.catalogue.catalogue import Catalogue
from brokers.simulator.catalogue.combinations import Combination, Leg
from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.market.book import Level
from brokers.simulator.market.market import Market
from brokers.simulator.market.quote import Quote
from brokers.simulator.orders.order import LegFill, Order
from brokers.simulator.orders.terms import ZERO

# By side: 1 is what buyers trade with, -1 what sellers do.
_Taken = dict[tuple[int, Decimal], Decimal]


class Marketplace:
    """The market that everybody sees, less what orders have taken of it since its last step."""

    def __init__(self, market: Market, catalogue: Catalogue) -> None:
        self._market = market
        self._catalogue = catalogue
        self._taken: dict[int, _Taken] = {}
        self._taken_at = 0

    @property
    def steps(self) -> int:
        return self._market.steps

    def quote(self, instrument: Instrument) -> Quote:
        combination = self._catalogue.combination_of(instrument.con_id)
        if combination is None:
            return self._market.quote(instrument.con_id)
        bid, ask = combination.quote(self._best)
        return Quote(bid=bid, ask=ask, bid_size=ZERO, ask_size=ZERO, close=bid, open=bid, high=ask, low=bid)

    def _best(self, con_id: int) -> tuple[Decimal, Decimal]:
        quote = self._market.quote(con_id)
        return quote.bid, quote.ask

    def _taken_of(self, instrument: Instrument) -> _Taken:
        """Each step of the market shows new sizes, whoever was there to see it."""
        if self._taken_at != self._market.steps:
            self._taken_at = self._market.steps
            self._taken.clear()
        return self._taken.setdefault(instrument.con_id, {})

    def side(self, instrument: Instrument, sign: int) -> list[Level]:
        """What is left for buyers (1) or sellers (-1), best price first."""
        combination = self._catalogue.combination_of(instrument.con_id)
        if combination is not None:
            return self._side_of(combination, sign)
        book, taken = self._market.book(instrument.con_id), self._taken_of(instrument)
        left = [
            Level(level.price, level.size - taken.get((sign, level.price), ZERO))
            for level in (book.asks if sign > 0 else book.bids)
        ]
        return [level for level in left if level.size > 0]

    def _side_of(self, combination: Combination, sign: int) -> list[Level]:
        """As many of the combination as the best level of each leg holds."""
        best = [(leg, next(iter(self.side(leg.instrument, sign * leg.sign)), None)) for leg in combination.legs]
        price, sizes = ZERO, []
        for leg, level in best:
            if level is None:
                return []
            price += leg.weight * level.price
            sizes.append(level.size // leg.ratio)
        return [Level(price, min(sizes))] if min(sizes) > 0 else []

    def take(self, order: Order, *, price: Decimal, quantity: Decimal) -> list[LegFill]:
        """Takes so much out of the market; returns what each leg got, for a combination, at prices that make its."""
        if not order.legs:
            self._take(order.instrument, order.sign, price, quantity)
            return []
        fills = [self._take_leg(leg, order.sign, quantity) for leg in order.legs]
        for fill in fills:
            self._take(fill.leg.instrument, order.sign * fill.leg.sign, fill.price, fill.quantity)
        return fills

    def _take_leg(self, leg: Leg, sign: int, quantity: Decimal) -> LegFill:
        best = self.side(leg.instrument, sign * leg.sign)[0]
        return LegFill(leg, quantity * leg.ratio, best.price)

    def _take(self, instrument: Instrument, sign: int, price: Decimal, quantity: Decimal) -> None:
        taken = self._taken_of(instrument)
        taken[sign, price] = taken.get((sign, price), ZERO) + quantity
