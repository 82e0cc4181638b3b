"""Bars, books and past ticks across the border."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ib_insync import BarData, HistoricalTickBidAsk, HistoricalTickLast, TickAttribBidAsk, TickAttribLast, Ticker
from ib_insync.objects import HistoricalTick as IbHistoricalTick

from brokers.domain import Bar, BarSize, BidAskTick, MarketDataType, MidpointTick, SecurityType, TradeTick, WhatToShow
from brokers.interactive_brokers import convert

MOMENT = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
prices = st.decimals(min_value=Decimal(-9999), max_value=Decimal(9999), places=8)
sizes = st.decimals(min_value=0, max_value=Decimal(10**9), places=4)
moments = st.integers(0, 4 * 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def bar(said: BarData, **changes: Any) -> Bar:
    settings: dict[str, Any] = {
        "con_id": 1,
        "bar_size": BarSize.MINUTE,
        "what_to_show": WhatToShow.TRADES,
        "time_zone": None,
        "known_until": MOMENT,
    }
    return convert.bar(said, **(settings | changes))


def said_bar(**changes: Any) -> BarData:
    return BarData(**({"date": MOMENT, "open": 1.0, "high": 2.0, "low": 0.5, "close": 1.5, "volume": 9.0} | changes))


@given(at=moments, four=st.tuples(prices, prices, prices, prices), volume=sizes, wap=prices, count=st.integers(0, 9))
def test_a_bar_s_numbers_are_those_that_ib_wrote(
    at: datetime, four: tuple[Decimal, ...], volume: Decimal, wap: Decimal, count: int
) -> None:
    open_, high, low, close = map(float, four)
    said = BarData(at, open_, high, low, close, float(volume), float(wap), count)
    found = bar(said)
    assert (found.open, found.high, found.low, found.close) == four
    assert (found.at, found.volume, found.trades) == (at, volume, count)
    assert found.wap == (wap if volume else None)


@given(what=st.sampled_from(WhatToShow), volume=st.sampled_from([-1.0, 0.0, 5.0]), count=st.sampled_from([-1, 0, 5]))
def test_only_what_is_made_of_trades_has_a_volume(what: WhatToShow, volume: float, count: int) -> None:
    found = bar(said_bar(volume=volume, average=1.25, barCount=count), what_to_show=what)
    if what not in (WhatToShow.TRADES, WhatToShow.ADJUSTED_LAST):
        assert (found.volume, found.wap, found.trades) == (None, None, None)
        return
    assert found.volume == (None if volume < 0 else Decimal(volume))
    assert found.trades == (None if count < 0 else count)
    assert found.wap == (Decimal("1.25") if volume > 0 else None)


def test_a_price_of_minus_one_is_a_price_of_a_bar() -> None:
    assert bar(said_bar(low=-1.0)).low == -1


@pytest.mark.parametrize("unset", [math.nan, math.inf, convert.UNSET_DOUBLE])
@pytest.mark.parametrize("name", ["open", "high", "low", "close"])
def test_a_bar_that_lacks_a_price_is_not_guessed(name: str, unset: float) -> None:
    with pytest.raises(ValueError, match="is no price"):
        bar(said_bar(**{name: unset}))


@pytest.mark.parametrize(("seconds", "is_complete"), [(0, False), (59, False), (60, True), (61, True)])
def test_a_bar_is_complete_once_what_is_known_reaches_its_end(seconds: int, is_complete: bool) -> None:
    assert bar(said_bar(), known_until=MOMENT + timedelta(seconds=seconds)).is_complete is is_complete


@pytest.mark.parametrize(
    ("said", "zone", "at"),
    [
        (date(2024, 3, 4), "America/New_York", datetime(2024, 3, 4, 5, tzinfo=UTC)),
        (date(2024, 7, 4), "America/New_York", datetime(2024, 7, 4, 4, tzinfo=UTC)),
        (date(2024, 3, 4), None, datetime(2024, 3, 4, tzinfo=UTC)),
        (MOMENT.replace(hour=9, tzinfo=None), "America/New_York", MOMENT),
        (MOMENT, "America/New_York", MOMENT),
    ],
)
def test_a_day_begins_at_midnight_of_the_instrument_s_zone(said: date, zone: str | None, at: datetime) -> None:
    assert convert.bar_start(said, time_zone=zone) == at


def test_a_five_second_bar_begins_at_ib_s_second() -> None:
    said = (1709562600, 1.0, 2.0, 0.5, 1.5, -1.0, -1.0, -1)
    found = convert.five_second_bar(said, con_id=1, what_to_show=WhatToShow.TRADES)
    assert (found.at, found.is_complete, found.bar_size) == (MOMENT, True, BarSize.SECONDS_5)
    assert (found.volume, found.wap, found.trades) == (None, None, None)


rows = st.lists(st.tuples(prices.map(float), sizes.map(float), st.just("ARCA")), max_size=10)


@given(bids=rows, asks=rows)
def test_a_book_has_the_best_price_first_and_no_row_without_a_size(
    bids: list[tuple[float, float, str]], asks: list[tuple[float, float, str]]
) -> None:
    depth = convert.depth(bids, asks, con_id=1, received_at=MOMENT)
    assert [level.price for level in depth.bids] == sorted((level.price for level in depth.bids), reverse=True)
    assert [level.price for level in depth.asks] == sorted(level.price for level in depth.asks)
    for levels, said in ((depth.bids, bids), (depth.asks, asks)):
        assert sorted(float(level.size) for level in levels) == sorted(size for _, size, _ in said if size)


@given(at=moments, price=prices, size=sizes)
def test_past_ticks_are_exact(at: datetime, price: Decimal, size: Decimal) -> None:
    at = at.replace(microsecond=0)
    trade = HistoricalTickLast(at, TickAttribLast(unreported=True), float(price), float(size), "ARCA", " T")
    assert convert.past_tick(trade, con_id=1) == TradeTick(1, at, price, size, "ARCA", "T", True)
    midpoint = IbHistoricalTick(at, float(price), 0.0)
    assert convert.past_tick(midpoint, con_id=1) == MidpointTick(1, at, price)


def test_a_past_side_of_minus_one_is_none_with_its_size() -> None:
    said = HistoricalTickBidAsk(MOMENT, TickAttribBidAsk(), -1.0, 10.5, 0.0, 300.0)
    assert convert.past_tick(said, con_id=1) == BidAskTick(1, MOMENT, None, None, Decimal("10.5"), Decimal(300))


@given(price=prices, size=sizes, kind=st.sampled_from(MarketDataType))
def test_a_trade_keeps_its_price_and_a_size_of_zero_is_none(
    price: Decimal, size: Decimal, kind: MarketDataType
) -> None:
    trade = convert.trade(float(price), float(size), con_id=1, at=MOMENT, kind=kind)
    assert (trade.price, trade.size, trade.market_data_type) == (price, size or None, kind)


def test_a_quote_whose_kind_nobody_said_is_not_called_live() -> None:
    ticker = Ticker(marketDataType=0, bid=1.0)
    with pytest.raises(ValueError, match="not said of what kind"):
        convert.quote(ticker, con_id=1, security_type=SecurityType.STK, received_at=MOMENT)


@pytest.mark.parametrize("size", list(BarSize))
def test_every_size_of_bar_has_a_length(size: BarSize) -> None:
    assert size.length >= timedelta(seconds=1)
    assert [one.length for one in BarSize] == sorted(one.length for one in BarSize)
