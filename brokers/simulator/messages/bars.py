"""Messages of bars: historical ones, those that are kept up to date, and five-second ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from brokers.simulator.catalogue.schedule import TradingSession
from brokers.simulator.clock import zoned_time
from brokers.simulator.market.bars import Bar
from brokers.simulator.market.chart import Chart
from brokers.simulator.market.history import DatedBar
from brokers.simulator.wire import Value


def historical_data(request_id: int, chart: Chart, count: int, *, start: int, end: int) -> list[Value]:
    """What stands before so many `historical_bar`s; `start` and `end` were asked for, in seconds since 1970."""
    zone = chart.instrument.hours.time_zone
    return [17, request_id, zoned_time(start, zone), zoned_time(end, zone), count]


def historical_bar(chart: Chart, dated: DatedBar) -> list[Value]:
    """One bar's part of the message."""
    bar = dated.bar
    return [_date(chart, dated), bar.open, bar.high, bar.low, bar.close, bar.volume, bar.average, bar.count]


def historical_data_update(request_id: int, chart: Chart, dated: DatedBar) -> list[Value]:
    """The fields of an update stand in another order than those of the bars before it."""
    bar = dated.bar
    return [
        90,
        request_id,
        bar.count,
        _date(chart, dated),
        bar.open,
        bar.close,
        bar.high,
        bar.low,
        bar.average,
        bar.volume,
    ]


def _date(chart: Chart, dated: DatedBar) -> Value:
    """The day, for bars of days; else when the bar begins, as the client wants it told."""
    if chart.size.group is not None:
        return f"{dated.day:%Y%m%d}"
    return dated.opens if chart.as_epoch else zoned_time(dated.opens, chart.instrument.hours.time_zone)


def historical_schedule(
    request_id: int, time_zone: str, sessions: Sequence[TradingSession], *, start: int, end: int
) -> list[Value]:
    """Times are the place's own, and the zone is named once for all of them."""
    times = [_schedule_time(second, time_zone) for second in (start, end)]
    rows = [
        value
        for one in sessions
        for value in (
            _schedule_time(one.opens, time_zone),
            _schedule_time(one.closes, time_zone),
            f"{one.day:%Y%m%d}",
        )
    ]
    return [106, request_id, *times, time_zone, len(sessions), *rows]


def _schedule_time(second: int, time_zone: str) -> str:
    day, clock, _zone = zoned_time(second, time_zone).split(" ", 2)
    return f"{day}-{clock}"


def head_timestamp(request_id: int, second: int, *, as_epoch: bool) -> list[Value]:
    """As text it is in UTC and doesn't say so."""
    text = f"{datetime.fromtimestamp(second, UTC):%Y%m%d-%H:%M:%S}"
    return [88, request_id, str(second) if as_epoch else text]


def realtime_bar(request_id: int, second: int, bar: Bar) -> list[Value]:
    return [50, 3, request_id, second, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.average, bar.count]
