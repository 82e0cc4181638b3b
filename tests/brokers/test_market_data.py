"""The data client against the simulated gateway: the real library, over real TCP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from brokers.domain import BarSize, BidAskTick, Instrument, MarketDataType, TradeTick, WhatToShow
from brokers.node import TradingNode
from brokers.refusals import SubscriptionRefused
from tests.brokers.recorder import Recorder
from tests.brokers.test_node import AAPL, EUR_USD, node_at


@pytest.fixture
async def node(simulator: Any, recorder: Recorder) -> AsyncIterator[TradingNode]:
    node = node_at(simulator, recorder)
    await node.connect()
    yield node
    await node.stop()


@pytest.fixture
async def aapl(node: TradingNode) -> Instrument:
    return await node.provider.instrument(AAPL)


async def test_trades_of_a_stock_come_tick_by_tick(node: TradingNode, recorder: Recorder, aapl: Instrument) -> None:
    node.data.subscribe_trades(aapl)
    await recorder.until(lambda: len(recorder.trades) >= 3)
    assert all(trade.price > 0 and trade.size for trade in recorder.trades)
    assert {trade.market_data_type for trade in recorder.trades} == {MarketDataType.LIVE}
    assert all(earlier.at <= later.at for earlier, later in pairwise(recorder.trades))


async def test_a_book_has_two_sides_in_order(node: TradingNode, recorder: Recorder, aapl: Instrument) -> None:
    node.data.subscribe_depth(aapl)
    depth = await recorder.until(lambda: next((one for one in recorder.depths if one.bids and one.asks), None))
    assert depth.bids[0].price < depth.asks[0].price
    assert [level.price for level in depth.bids] == sorted((level.price for level in depth.bids), reverse=True)


async def test_five_second_bars_come(node: TradingNode, recorder: Recorder, aapl: Instrument) -> None:
    node.data.subscribe_bars(aapl)
    bar = await recorder.until(lambda: recorder.bars and recorder.bars[0])
    assert bar.low <= bar.open <= bar.high
    assert int(bar.at.timestamp()) % 5 == 0
    assert bar.is_complete


async def test_kept_bars_begin_with_the_last_ones_and_grow(
    node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    node.data.subscribe_bars(aapl, bar_size=BarSize.MINUTE)
    await recorder.until(lambda: any(not bar.is_complete for bar in recorder.bars))
    assert all(earlier.at <= later.at for earlier, later in pairwise(recorder.bars))


async def test_past_bars_come_once_each_over_many_pages(node: TradingNode, aapl: Instrument) -> None:
    end = datetime.now(UTC).replace(second=0, microsecond=0)
    bars = await node.data.historical_bars(aapl, end - timedelta(days=2, hours=3), end, BarSize.MINUTE)
    assert bars
    assert all(earlier.at < later.at for earlier, later in pairwise(bars))
    assert all(end - timedelta(days=2, hours=3) <= bar.at < end for bar in bars)
    assert all(bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high for bar in bars)


async def test_a_pair_s_past_bars_are_of_its_midpoint(node: TradingNode) -> None:
    pair = await node.provider.instrument(EUR_USD)
    end = datetime.now(UTC)
    bars = await node.data.historical_bars(pair, end - timedelta(days=9), end, BarSize.HOUR)
    assert {(bar.volume, bar.what_to_show) for bar in bars} == {(None, WhatToShow.MIDPOINT)}


async def test_past_ticks_come_in_order(node: TradingNode, aapl: Instrument) -> None:
    end = datetime.now(UTC).replace(microsecond=0)
    trades = await node.data.historical_ticks(aapl, end - timedelta(minutes=30), end)
    quotes = await node.data.historical_ticks(aapl, end - timedelta(minutes=5), end, WhatToShow.BID_ASK)
    assert {type(tick) for tick in trades} == {TradeTick}
    assert {type(tick) for tick in quotes} == {BidAskTick}
    assert all(earlier.at <= later.at for earlier, later in pairwise(trades))
    assert all(end - timedelta(minutes=30) <= tick.at < end for tick in trades)


async def test_a_pair_has_no_trades(node: TradingNode) -> None:
    with pytest.raises(SubscriptionRefused, match=r"EUR\.USD has no trades"):
        node.data.subscribe_trades(await node.provider.instrument(EUR_USD))


async def test_adjusted_bars_reach_up_to_now(node: TradingNode, aapl: Instrument) -> None:
    end = datetime.now(UTC)
    bars = await node.data.historical_bars(aapl, end - timedelta(days=9), end, BarSize.HOUR, WhatToShow.ADJUSTED_LAST)
    assert bars
    assert {bar.what_to_show for bar in bars} == {WhatToShow.ADJUSTED_LAST}
    assert all(end - timedelta(days=9) <= bar.at < end for bar in bars)
