"""What an instrument is quoted at: its own market, or for a combination the markets of its legs together."""

from __future__ import annotations

from decimal import Decimal

from brokers.simulator.catalogue.catalogue import Catalogue
from brokers.simulator.catalogue.combinations import Combination
from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.market.market import Market
from brokers.simulator.market.quote import Quote


class Board:
    def __init__(self, market: Market, catalogue: Catalogue) -> None:
        self._market = market
        self._catalogue = catalogue

    def con_ids(self, instrument: Instrument) -> frozenset[int]:
        """The contracts whose steps move it: itself, or its legs."""
        combination = self._catalogue.combination_of(instrument.con_id)
        if combination is None:
            return frozenset([instrument.con_id])
        return frozenset(leg.instrument.con_id for leg in combination.legs)

    def quote(self, instrument: Instrument) -> Quote:
        combination = self._catalogue.combination_of(instrument.con_id)
        if combination is None:
            return self._market.quote(instrument.con_id)
        return self._combined(combination)

    def _combined(self, combination: Combination) -> Quote:
        """Of its day only the close is known: its legs were not at their highest or lowest together."""
        quotes = {leg.instrument.con_id: self._market.quote(leg.instrument.con_id) for leg in combination.legs}
        bid, ask = combination.quote(lambda con_id: (quotes[con_id].bid, quotes[con_id].ask))
        close = sum((leg.weight * quotes[leg.instrument.con_id].close for leg in combination.legs), Decimal(0))
        bid_size, ask_size = self._size(combination, -1), self._size(combination, 1)
        return Quote(bid, ask, bid_size, ask_size, close=close, open=close, high=max(close, ask), low=min(close, bid))

    def _size(self, combination: Combination, sign: int) -> Decimal:
        """As many as the legs' best prices hold, for a buyer (1) or a seller (-1)."""
        legs = ((leg, self._market.quote(leg.instrument.con_id)) for leg in combination.legs)
        return min((at.ask_size if sign * leg.sign > 0 else at.bid_size) // leg.ratio for leg, at in legs)
