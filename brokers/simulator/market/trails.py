"""The trail of every price that somebody asks for, made once."""

from __future__ import annotations

from brokers.simulator.catalogue.hours import around_the_clock
from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.catalogue.listings.instrument import Following
from brokers.simulator.market.following import FollowingTrail, Reading
from brokers.simulator.market.grid import grid_of
from brokers.simulator.market.prices import Prices
from brokers.simulator.market.timeline import Timeline
from brokers.simulator.market.trail import OwnTrail, Trail


class Trails:
    """`always_open` says when what expires does: with its last day, or at that day's close."""

    def __init__(self, timeline: Timeline, *, seed: int, always_open: bool) -> None:
        self._timeline = timeline
        self._seed = seed
        self._always_open = always_open
        self._made: dict[int, Trail] = {}

    def of(self, instrument: Instrument) -> Trail:
        if instrument.con_id not in self._made:
            self._made[instrument.con_id] = self._make(instrument)
        return self._made[instrument.con_id]

    def _make(self, instrument: Instrument) -> Trail:
        follows = instrument.follows
        if follows is None:
            prices = Prices(instrument, self._seed)
            return OwnTrail(prices.path(), self._timeline, home=prices.home)
        return FollowingTrail(self.of(follows.underlying), self.reading(instrument, follows), self._timeline)

    def reading(self, instrument: Instrument, follows: Following) -> Reading:
        of, on = grid_of(follows.underlying.market_rule), grid_of(instrument.market_rule)
        return Reading(follows.relation, of=of, on=on, ends=self._ends(instrument))

    def _ends(self, instrument: Instrument) -> int | None:
        if instrument.last_day is None:
            return None
        hours = around_the_clock(instrument.hours) if self._always_open else instrument.hours
        return int(hours.close_on(instrument.last_day).timestamp())
