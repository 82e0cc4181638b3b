"""The past: https://interactivebrokers.github.io/tws-api/historical_bars.html and historical_time_and_sales.html.

New York trades six and a half hours a day: 78 bars of five minutes.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.conformance.clients.base import Fields
from tests.conformance.rows import Expected, Play, Row, Stage, refusal
from tests.conformance.session.scenery import APPLE, EURO, QUERIES, YESTERDAYS_CLOSE, stock

_INDEX, _BITCOIN = QUERIES["IND SPX"], QUERIES["CRYPTO BTC"]
_TICKS = 50
_SEVERAL = {**stock("VOD", 0), "currency": ""}
_OPEN, _CLOSE = "2026-11-17T14:30:00+00:00", "2026-11-17T21:00:00+00:00"


def bars(
    query: Fields, duration: str, size: str, what: str, *, end: str = YESTERDAYS_CLOSE, whole: bool = False
) -> Play:
    """`whole` asks for hours beyond the regular ones too."""
    return lambda stage: stage.client.history.bars(
        query, end=end, duration=duration, size=size, what=what, regular=not whole
    )


def _are_bars(count: int, first: str, last: str, *, volume: bool = True) -> Expected:
    """So many, in order, from `first` to `last`, each between its low and high. Dealers' quotes have no volume."""

    def holds(answer: Any) -> bool:
        times = [bar["at"] for bar in answer]
        return (
            (len(answer), times[0], times[-1]) == (count, first, last)
            and times == sorted(set(times))
            and all(_is_bar(bar) and (Decimal(bar["volume"]) > 0) is volume for bar in answer)
        )

    return holds


def _is_bar(bar: Any) -> bool:
    low, high = Decimal(bar["low"]), Decimal(bar["high"])
    return all(low <= Decimal(bar[name]) <= high for name in ("open", "close"))


def _has_both_sides(answer: Any) -> bool:
    """A BID_ASK bar opens with its average bid and closes with its average ask."""
    return len(answer) == 78 and all(Decimal(bar["open"]) < Decimal(bar["close"]) for bar in answer)


def head_timestamp(query: Fields, what: str) -> Play:
    return lambda stage: stage.client.history.head_timestamp(query, what)


def ticks(query: Fields, what: str, *, start: str = "", end: str = "") -> Play:
    return lambda stage: stage.client.history.ticks(query, start=start, end=end, count=_TICKS, what=what)


def _are_ticks(*, before: str = "9", after: str = "0") -> Expected:
    """As many as were asked for (with those of the same second as the last one), in order, between these times."""

    def holds(answer: Any) -> bool:
        times = [tick["at"] for tick in answer]
        inside = after <= times[0] and times[-1] <= before
        return _TICKS <= len(answer) <= 2 * _TICKS and times == sorted(times) and inside

    return holds


def _are_quotes(answer: Any) -> bool:
    return _are_ticks(before=_CLOSE)(answer) and all(
        Decimal(tick["priceBid"]) < Decimal(tick["priceAsk"]) for tick in answer
    )


def schedule(stage: Stage) -> Any:
    return stage.client.history.schedule(APPLE, end=YESTERDAYS_CLOSE, days=3)


_SCHEDULE = {
    "timeZone": "US/Eastern",
    "sessions": [
        {"refDate": day, "startDateTime": f"{day}-09:30:00", "endDateTime": f"{day}-16:00:00"}
        for day in ("20261113", "20261116", "20261117")
    ],
}

ROWS: tuple[Row, ...] = (
    Row("bars 5 mins", bars(APPLE, "1 D", "5 mins", "TRADES"), _are_bars(78, _OPEN, "2026-11-17T20:55:00+00:00")),
    refusal("bars, the same again at once (162)", bars(APPLE, "1 D", "5 mins", "TRADES"), 162),
    Row("bars of both sides", bars(APPLE, "1 D", "5 mins", "BID_ASK"), _has_both_sides),
    Row(
        "bars 1 hour, all hours",
        bars(APPLE, "1 D", "1 hour", "TRADES", whole=True, end="20261118-01:00:00"),
        _are_bars(16, "2026-11-17T09:00:00+00:00", "2026-11-18T00:00:00+00:00"),
    ),
    Row(
        "bars 1 day",
        bars(APPLE, "2 W", "1 day", "MIDPOINT"),
        _are_bars(10, "2026-11-04", "2026-11-17", volume=False),
    ),
    Row("bars of a pair", bars(EURO, "1 D", "1 hour", "MIDPOINT"), lambda answer: len(answer) > 20),
    refusal("bars of several (200)", bars(_SEVERAL, "1 D", "1 hour", "TRADES"), 200),
    refusal("bars of a size that isn't (321)", bars(APPLE, "1 D", "7 mins", "TRADES"), 321),
    refusal("bars of what has no trades (162)", bars(EURO, "1 D", "1 hour", "TRADES"), 162),
    refusal("bars of what nobody bids for (162)", bars(_INDEX, "1 D", "1 hour", "BID"), 162),
    refusal("bars of a cryptocurrency's trades (10299)", bars(_BITCOIN, "1 D", "1 hour", "TRADES"), 10299),
    Row("head timestamp", head_timestamp(APPLE, "TRADES"), lambda answer: "1980" < answer < "2020"),
    refusal("head timestamp of what has no trades (162)", head_timestamp(EURO, "TRADES"), 162),
    Row("past trades up to a time", ticks(APPLE, "TRADES", end=YESTERDAYS_CLOSE), _are_ticks(before=_CLOSE)),
    Row("past trades from a time on", ticks(APPLE, "TRADES", start="20261117-14:30:00"), _are_ticks(after=_OPEN)),
    Row("past quotes", ticks(APPLE, "BID_ASK", end=YESTERDAYS_CLOSE), _are_quotes),
    Row("past midpoints", ticks(EURO, "MIDPOINT", end=YESTERDAYS_CLOSE), _are_ticks(before=_CLOSE)),
    refusal("past trades of what has none (10187)", ticks(EURO, "TRADES", end=YESTERDAYS_CLOSE), 10187),
    refusal("past trades of no time (321)", ticks(APPLE, "TRADES"), 321),
    Row("trading hours of the past", schedule, _SCHEDULE),
)
