"""Historical bars: the same bar is the same whoever asks for it, and small bars make the large ones."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import date

from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.catalogue.schedule import Schedule, TradingSession
from brokers.simulator.market.bars import Bar, bar_of
from brokers.simulator.market.chart import BarSize, Chart
from brokers.simulator.market.market import Market
from brokers.simulator.market.path import Stretch, join
from brokers.simulator.market.tape import Tape

# A day of five-second bars of a currency pair has 17,100.
MOST_BARS = 20_000

_DAY = 86_400


class TooLong(Exception):
    """More bars were asked for than one answer holds."""


@dataclass(frozen=True, slots=True)
class DatedBar:
    """`opens` is when it begins, in seconds since 1970; `day` the trading day, the last one of a week's or month's."""

    opens: int
    day: date
    bar: Bar


@dataclass(slots=True)
class _Window:
    """The time of one bar: most often one piece, several where a place pauses in between."""

    opens: int
    day: date
    pieces: list[tuple[int, int]]


class History:
    def __init__(self, market: Market, calendar: Calendar) -> None:
        self._market = market
        self._calendar = calendar

    def now(self) -> int:
        return int(self._calendar.now().timestamp())

    def tape(self, con_id: int) -> Tape:
        return self._market.tape(con_id)

    def schedule(self, instrument: Instrument, *, regular_hours: bool) -> Schedule:
        return Schedule(instrument, self._calendar.hours(instrument), regular_hours=regular_hours)

    def start(self, chart: Chart, end: int) -> int:
        """Where a chart that ends at `end` begins; weeks and months begin whole."""
        schedule, duration = self._schedule_of(chart), chart.duration
        if duration.unit == "S":
            return schedule.seconds_back(duration.count, end)
        if duration.unit == "D":
            return self._days_back(chart, end)
        return schedule.opening_after(chart.size.day_before(duration.before(schedule.day(end))), end)

    def _days_back(self, chart: Chart, end: int) -> int:
        """Where nothing ever closes, a day of small bars is the last 24 hours, so that it is as many at any hour."""
        if self._calendar.always_open and chart.size.group is None:
            return end - chart.duration.count * _DAY
        return self._schedule_of(chart).days_back(chart.duration.count, end)

    def sessions(self, chart: Chart, end: int) -> list[TradingSession]:
        """The last sessions before `end`, as many as the chart is long."""
        schedule, duration = self._schedule_of(chart), chart.duration
        if duration.unit == "D":
            return schedule.between(schedule.days_back(duration.count, end), end)
        return schedule.between(schedule.opening_after(duration.before(schedule.day(end)), end), end)

    def bars(self, chart: Chart, start: int, end: int) -> list[DatedBar]:
        """Every bar that begins from `start` up to `end` and not after now, oldest first; one without a trade is left
        out. A bar is whole though `end` lies within it; the one that is being made now is what there is of it.

        Raises TooLong.
        """
        return [bar for bar in self.one_by_one(chart, start, end) if bar is not None]

    def one_by_one(self, chart: Chart, start: int, end: int) -> Iterator[DatedBar | None]:
        """The same bars, in small steps: None is a step that came to no bar yet. Raises TooLong before the first."""
        windows: dict[Hashable, _Window] = {}
        for _ in self._fill(windows, chart, start, min(end, self.now() + 1)):
            yield None
        tape = self.tape(chart.instrument.con_id)
        for window in windows.values():
            yield from self._bar(tape, window, chart.what)

    def _schedule_of(self, chart: Chart) -> Schedule:
        return self.schedule(chart.instrument, regular_hours=chart.regular_hours)

    def _bar(self, tape: Tape, window: _Window, what: str) -> Iterator[DatedBar | None]:
        stretch: Stretch | None = None
        for first, last in window.pieces:
            part = tape.over(first, min(last, self.now() + 1))
            stretch = join(one for one in (stretch, part) if one is not None)
            yield None
        if stretch is not None:
            yield DatedBar(window.opens, window.day, bar_of(stretch, tape.prices, what))

    def _fill(self, windows: dict[Hashable, _Window], chart: Chart, start: int, end: int) -> Iterator[None]:
        """Finds the time of each bar, in steps of one piece of one."""
        schedule = self._schedule_of(chart)
        for session in schedule.one_by_one(start, end):
            for key, opens, closes in _cut(session, chart.size, start, end, schedule.utc_offset(session.opens)):
                window = windows.setdefault(key, _Window(opens, session.day, []))
                window.day = session.day
                window.pieces.append((opens, closes))
                if len(windows) > MOST_BARS:
                    raise TooLong
                yield


def _cut(
    session: TradingSession, size: BarSize, start: int, end: int, utc_offset: int
) -> Iterator[tuple[Hashable, int, int]]:
    """A session's parts, each with the key of its bar. Bars begin at round times of the place's own clock, or with
    the session: US stocks' first hour is half an hour long."""
    if size.group is not None:
        if session.opens >= start:
            yield size.group.key(session.day), session.opens, session.closes
        return
    at = max(session.opens, start)
    at -= (at + utc_offset) % size.seconds
    while at < min(session.closes, end):
        opens = max(at, session.opens)
        if opens >= start:
            yield at, opens, min(at + size.seconds, session.closes)
        at += size.seconds
