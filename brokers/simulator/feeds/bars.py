"""Bars that come as they are made: five-second ones, and historical ones that are kept up to date."""

from __future__ import annotations

from brokers.simulator.catalogue.hours import Phase
from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.connections.session import Session, Sessions
from brokers.simulator.connections.subscriptions import BarSubscription, ChartSubscription
from brokers.simulator.feeds.airing import Airing
from brokers.simulator.market.bars import bar_of
from brokers.simulator.market.chart import Chart
from brokers.simulator.market.history import DatedBar, History
from brokers.simulator.market.market import Market, Quote
from brokers.simulator.messages import bars as messages

# IB has five-second bars alone, whatever size is asked for.
SECONDS = 5

# After a longer pause of the clock only what is recent is told: IB's stream doesn't catch up either.
_LONGEST_PAUSE = 60
_MOST_MISSED_BARS = 12


class BarFeed:
    def __init__(self, sessions: Sessions, market: Market, history: History, airing: Airing) -> None:
        self._sessions = sessions
        self._history = history
        self._airing = airing
        market.watch(self._tick, self._watched)

    def first_start(self) -> int:
        """When the bar that is being made now began."""
        return _floor(self._history.now())

    def _watched(self) -> set[int]:
        five_seconds = {one.instrument.con_id for session in self._sessions for one in session.streams.bars.values()}
        charts = {one.chart.instrument.con_id for session in self._sessions for one in session.streams.charts.values()}
        return five_seconds | charts

    def _tick(self, con_id: int, _before: Quote, _now: Quote) -> None:
        for session in self._sessions:
            for bars in session.streams.bars.values():
                if bars.instrument.con_id == con_id:
                    self._show_bars(session, bars)
            for chart in session.streams.charts.values():
                if chart.chart.instrument.con_id == con_id:
                    self._show_chart(session, chart)

    def _show_bars(self, session: Session, subscription: BarSubscription) -> None:
        """Every bar that is complete since the last one."""
        end = _floor(self._history.now())
        first = max(subscription.next_start, end - _LONGEST_PAUSE)
        subscription.next_start = max(subscription.next_start, end)
        if not self._is_on(subscription.instrument, regular_hours=subscription.regular_hours):
            return
        tape = self._history.tape(subscription.instrument.con_id)
        for start in range(first, end, SECONDS):
            stretch = tape.over(start, start + SECONDS)
            if stretch is not None:
                bar = bar_of(stretch, tape.prices, subscription.what)
                session.send(messages.realtime_bar(subscription.request_id, start, bar))

    def _show_chart(self, session: Session, subscription: ChartSubscription) -> None:
        """The bar that is being made, as it changes; before the next one, how the last one ended."""
        chart = subscription.chart
        if not self._is_on(chart.instrument, regular_hours=chart.regular_hours):
            return
        for bar in self._unseen(chart, subscription.shown):
            if bar != subscription.shown:
                session.send(messages.historical_data_update(subscription.request_id, chart, bar))
                subscription.shown = bar

    def _unseen(self, chart: Chart, shown: DatedBar | None) -> list[DatedBar]:
        """The bar that was shown, as it stands now, and those after it; after a long pause only the recent ones."""
        now = self._history.now()
        first = shown.opens if shown else self._history.start(chart, now)
        if chart.size.group is not None:
            return self._history.bars(chart, first, now + 1)
        recent = max(first, now - _MOST_MISSED_BARS * chart.size.seconds)
        ended = self._history.bars(chart, first, first + 1) if shown and first < recent else []
        return ended + self._history.bars(chart, recent, now + 1)

    def _is_on(self, instrument: Instrument, *, regular_hours: bool) -> bool:
        if not self._airing.is_on(instrument):
            return False
        return not regular_hours or self._airing.phase(instrument) is Phase.REGULAR


def _floor(second: int) -> int:
    return second // SECONDS * SECONDS
