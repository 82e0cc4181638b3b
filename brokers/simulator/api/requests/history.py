"""Requests for historical bars and for what there is of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from brokers.simulator.api.requests.base import Request, RequestRefused
from brokers.simulator.api.requests.lookup import (
    find_match,
    invalid,
    is_listed_for_trades,
    refuse_duplicate,
    without_permission,
    without_trades,
)
from brokers.simulator.api.requests.times import read_time
from brokers.simulator.catalogue.catalogue import Match
from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.connections.long_answers import LongAnswer
from brokers.simulator.connections.session import Session
from brokers.simulator.connections.subscriptions import ChartSubscription
from brokers.simulator.gateway import Gateway
from brokers.simulator.market.bars import ASK, BID, BID_ASK, MIDPOINT, TRADES
from brokers.simulator.market.chart import Chart, parse_duration, parse_size
from brokers.simulator.market.history import DatedBar, TooLong
from brokers.simulator.market.pacing import MOST_OPEN, PacingViolation
from brokers.simulator.messages import bars as messages
from brokers.simulator.orders.message import CONTRACT
from brokers.simulator.wire import Fields, encode_part, frame

_ADJUSTED, _AGGREGATED, _SCHEDULE = "ADJUSTED_LAST", "AGGTRADES", "SCHEDULE"
_LOOKS = {
    TRADES: "Trades",
    MIDPOINT: "Midpoint",
    BID: "Bid",
    ASK: "Ask",
    BID_ASK: "BidAsk",
    _ADJUSTED: "Trades",
    _AGGREGATED: "AggTrades",
    _SCHEDULE: "Schedule",
}
# Ways of looking at trades that differ from trades by what isn't simulated: splits, dividends, odd lots.
_TRADES_TOO = (_ADJUSTED, _AGGREGATED)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The message, field by field."""

    request_id: int
    contract: dict[str, str]
    end: str
    size: str
    duration: str
    regular_hours: bool
    what: str
    date_format: int
    keeps_up: bool

    @property
    def identity(self) -> tuple[object, ...]:
        """What an identical request has in common with this one: everything but its number."""
        described = tuple(self.contract.items())
        return (described, self.end, self.size, self.duration, self.regular_hours, self.what, self.keeps_up)


def request_historical_data(gateway: Gateway, session: Session, fields: Fields) -> LongAnswer | None:
    asked = _read(fields)
    match = find_match(gateway, asked.request_id, asked.contract)
    refuse_duplicate(asked.request_id, session)
    chart = _chart(asked, match)
    end = _end(gateway, session, asked)
    _check(gateway, asked, match, chart)
    if asked.what == _SCHEDULE:
        _answer_schedule(gateway, session, asked, chart, end)
        return None
    return LongAnswer(_answer_bars(gateway, session, asked, chart, end), asked.request_id)


def _read(fields: Fields) -> _Asked:
    request_id = fields.integer()
    contract = fields.named([*CONTRACT, "includeExpired"])
    end, size, duration = fields.texts(3)
    regular_hours, what, date_format = fields.flag(), fields.text(), fields.integer()
    if contract["secType"] == "BAG":
        for _ in range(fields.count()):
            fields.texts(4)
    keeps_up = fields.flag()
    fields.text()  # options
    fields.finish()
    return _Asked(request_id, contract, end, size, duration, regular_hours, what, date_format, keeps_up)


def _chart(asked: _Asked, match: Match) -> Chart:
    if asked.what not in _LOOKS:
        raise invalid(asked.request_id, "What to show field is missing or incorrect.")
    if asked.date_format not in (1, 2):
        raise invalid(asked.request_id, f"Date formatting selection of {asked.date_format} rejected")
    try:
        size, duration = parse_size(asked.size), parse_duration(asked.duration)
    except ValueError as error:
        raise invalid(asked.request_id, str(error)) from error
    return Chart(
        instrument=match.instrument,
        exchange=match.exchange,
        what=TRADES if asked.what in _TRADES_TOO else asked.what,
        size=size,
        duration=duration,
        regular_hours=asked.regular_hours,
        as_epoch=asked.date_format == 2,
    )


def _end(gateway: Gateway, session: Session, asked: _Asked) -> int:
    """In seconds since 1970; now, where none is named."""
    now = gateway.data.history.now()
    if not asked.end:
        return now + 1
    if asked.keeps_up:
        raise invalid(asked.request_id, "End time is not supported for historical data that is kept up to date.")
    if asked.what == _ADJUSTED:
        raise invalid(asked.request_id, "End Date not supported with adjusted last")
    return min(read_time(session, asked.request_id, asked.end, "End Date/Time"), now + 1)


def _check(gateway: Gateway, asked: _Asked, match: Match, chart: Chart) -> None:
    one = match.instrument
    if one.security_type == "CRYPTO" and asked.what == TRADES:
        text = "Expected what to show is AGGTRADES, please use that instead of TRADES."
        raise RequestRefused(asked.request_id, 10299, text)
    if not one.live:
        raise service_error(asked.request_id, without_permission(match))
    if not is_listed_for_trades(one, chart.what):
        raise service_error(asked.request_id, without_trades(match, chart.size.seconds))
    if not one.has_book and chart.what in (BID, ASK, BID_ASK, MIDPOINT):
        raise _no_data(asked, chart)
    refuse_without_farm(gateway, asked.request_id, one)
    _check_pace(gateway, asked)


def refuse_without_farm(gateway: Gateway, request_id: int, instrument: Instrument) -> None:
    """Raises RequestRefused with 162 while the farm that keeps an instrument's past is away."""
    if not gateway.farms.has_history_of(instrument):
        raise service_error(request_id, "HMDS server disconnect occurred. Attempting reconnection...")


def _check_pace(gateway: Gateway, asked: _Asked) -> None:
    if sum(len(one.streams.charts) + one.long_answers.open for one in gateway.sessions) >= MOST_OPEN:
        text = f"Only {MOST_OPEN} simultaneous API historical data requests allowed."
        raise RequestRefused(asked.request_id, 322, f"Error processing request.-'bO' : cause - {text}")
    admit(gateway, asked.request_id, asked.identity, weight=2 if asked.what == BID_ASK else 1)


def admit(gateway: Gateway, request_id: int, identity: tuple[object, ...], *, weight: int = 1) -> None:
    """Counts a request for anything historical. Raises RequestRefused when it is one too many."""
    try:
        gateway.data.pacing.admit(identity, gateway.calendar.now().timestamp(), weight=weight)
    except PacingViolation:
        raise service_error(request_id, "Historical data request pacing violation") from None


def service_error(request_id: int, text: str) -> RequestRefused:
    """162, which means many things: only its text tells them apart."""
    return RequestRefused(request_id, 162, f"Historical Market Data Service error message:{text}")


def _no_data(asked: _Asked, chart: Chart) -> RequestRefused:
    name = f"{chart.instrument.symbol}@{chart.exchange}"
    return service_error(asked.request_id, f"HMDS query returned no data: {name} {_LOOKS[asked.what]}")


def _answer_bars(gateway: Gateway, session: Session, asked: _Asked, chart: Chart, end: int) -> Iterator[None]:
    """One message, put together bar by bar; from its last one on they are kept up to date, if that was asked for."""
    start = gateway.data.history.start(chart, end)
    rows: list[bytes] = []
    last: DatedBar | None = None
    for bar in _one_by_one(gateway, asked, chart, start, end):
        if bar is not None:
            rows.append(encode_part(messages.historical_bar(chart, bar)))
            last = bar
        yield
    if not rows and not asked.keeps_up:
        raise _no_data(asked, chart)
    if asked.keeps_up:
        session.streams.charts[asked.request_id] = ChartSubscription(asked.request_id, chart, last)
    head = messages.historical_data(asked.request_id, chart, len(rows), start=start, end=end)
    session.send_frame(frame([encode_part(head), *rows]))


def _one_by_one(gateway: Gateway, asked: _Asked, chart: Chart, start: int, end: int) -> Iterator[DatedBar | None]:
    try:
        yield from gateway.data.history.one_by_one(chart, start, end)
    except TooLong:
        raise service_error(asked.request_id, "Time length exceed max.") from None


def _answer_schedule(gateway: Gateway, session: Session, asked: _Asked, chart: Chart, end: int) -> None:
    if chart.duration.unit == "S":
        raise invalid(asked.request_id, "A schedule is made of days: ask for days, weeks, months or years.")
    sessions = gateway.data.history.sessions(chart, end)
    start = sessions[0].opens if sessions else end
    zone = chart.instrument.hours.time_zone
    session.send(messages.historical_schedule(asked.request_id, zone, sessions, start=start, end=end))


def cancel_historical_data(_gateway: Gateway, session: Session, fields: Fields) -> None:
    """IB confirms it with an error, as if the query had failed."""
    fields.skip()
    request_id = fields.integer()
    fields.finish()
    if not (session.long_answers.end(request_id) or session.streams.end(session.streams.charts, request_id)):
        raise RequestRefused(request_id, 366, f"No historical data query found for ticker id:{request_id}")
    raise service_error(request_id, f"API historical data query cancelled: {request_id}")


def request_head_timestamp(gateway: Gateway, session: Session, fields: Fields) -> None:
    request_id = fields.integer()
    contract = fields.named([*CONTRACT, "includeExpired"])
    regular_hours, what, date_format = fields.flag(), fields.text(), fields.integer()
    fields.finish()
    match = find_match(gateway, request_id, contract)
    if what not in _LOOKS:
        raise invalid(request_id, "What to show field is missing or incorrect.")
    if not match.instrument.live:
        raise service_error(request_id, without_permission(match))
    if not is_listed_for_trades(match.instrument, what):
        raise service_error(request_id, "No head time stamp")
    refuse_without_farm(gateway, request_id, match.instrument)
    head = gateway.data.history.schedule(match.instrument, regular_hours=regular_hours).head()
    session.send(messages.head_timestamp(request_id, head, as_epoch=date_format == 2))


def cancel_head_timestamp(_gateway: Gateway, _session: Session, fields: Fields) -> None:
    """It has been answered by then: there is nothing to end."""
    fields.integer()
    fields.finish()


REQUESTS: dict[int, Request] = {
    20: request_historical_data,
    25: cancel_historical_data,
    87: request_head_timestamp,
    90: cancel_head_timestamp,
}
