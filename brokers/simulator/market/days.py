"""Which of the market's steps a trading day begins with."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from brokers.simulator.catalogue.hours import Hours
from brokers.simulator.market.timeline import Timeline

_DAY = 86_400
# Far enough to find a session that has begun: over a weekend with holidays on both sides of it.
_BACK = timedelta(days=7)


class TradingDays:
    """A trading day begins when its first session opens; until the next one's does, it stays what it came to.

    Where places are `always_open` it is the place's date, as in the history.
    """

    def __init__(self, timeline: Timeline, *, always_open: bool = True) -> None:
        self._timeline = timeline
        self._always_open = always_open
        # Of each place the last day that was looked up: from which second up to which, and its first step.
        self._known: dict[Hours, tuple[int, int, int | None]] = {}

    def first_step(self, hours: Hours, step: int) -> int | None:
        """The first step of the day that a step was made in; None for the day in which the market began."""
        second = self._timeline.second_of(step)
        if second is None:
            return None
        known = self._known.get(hours)
        if known is None or not known[0] <= second < known[1]:
            opens, ends = self._day(hours, second)
            known = self._known[hours] = (opens, ends, self._timeline.first_step_from(opens))
        return known[2]

    def _day(self, hours: Hours, second: int) -> tuple[int, int]:
        """When the day that a second belongs to began, and when the next one does."""
        begins = _midnights(hours, second) if self._always_open else _openings(hours, second)
        before = [at for at in begins if at <= second]
        after = [at for at in begins if at > second]
        return max(before, default=0), min(after, default=second + _DAY)


def _midnights(hours: Hours, second: int) -> list[int]:
    today = datetime.fromtimestamp(second, hours.zone).date()
    days = (today, today + timedelta(days=1))
    return [int(datetime(day.year, day.month, day.day, tzinfo=hours.zone).timestamp()) for day in days]


def _openings(hours: Hours, second: int) -> list[int]:
    """When each day's first session opens, around a second."""
    first: dict[date, datetime] = {}
    for opens, closes in hours.sessions(hours.trading, datetime.fromtimestamp(second, UTC) - _BACK):
        first.setdefault(hours.day_of(closes), opens)
    return [int(opens.timestamp()) for opens in first.values()]
