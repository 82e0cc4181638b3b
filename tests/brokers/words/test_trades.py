"""Trades: tick by tick, or read from the last of a quote stream."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from brokers.domain import MarketDataType
from brokers.node import TradingNode
from brokers.refusals import SubscriptionRefused
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.market import (
    EUR_USD,
    MSFT,
    STOP_MARKET_DATA,
    STOP_TICK_BY_TICK,
    TICK_BY_TICK,
    data_node,
    price,
    quotes_of,
    size,
    text,
)
from tests.brokers.words.stage import AAPL, MARKET_DATA, received, whatever_was_sent_has_arrived

AT = 1709562600  # 2024-03-04 14:30:00 UTC
MOMENT = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)


async def tape(gateway: ScriptedGateway, node: TradingNode) -> str:
    """Trades read from quotes; the quote stream's request id. The tape stands at 100 of 189.50."""
    node.data.subscribe_trades(AAPL)
    request_id = (await gateway.next(MARKET_DATA))[2]
    gateway.say(58, 1, request_id, 1)
    price(gateway, request_id, 4, 189.5, 100)
    size(gateway, request_id, 5, 100)
    return request_id


@pytest.fixture
async def without(gateway: ScriptedGateway, recorder: Recorder) -> TradingNode:
    """A node whose login has nothing tick by tick."""
    node = data_node(gateway, recorder, tick_by_tick_streams=0)
    await node.connect()
    return node


async def test_every_trade_is_told_tick_by_tick_with_the_exchange_s_second(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.data.subscribe_trades(AAPL)
    asked = await gateway.next(TICK_BY_TICK)
    assert "Last" in asked
    for _ in range(2):  # two alike are two
        gateway.say(99, asked[1], 1, AT, 189.5, 100, 0, "ARCA", "")
    trade, twin = await recorder.until(lambda: len(recorder.trades) == 2 and recorder.trades)
    assert trade == twin
    assert (trade.price, trade.size, trade.at, trade.exchange) == (Decimal("189.5"), Decimal(100), MOMENT, "ARCA")
    assert trade.market_data_type is MarketDataType.LIVE
    assert received(gateway, MARKET_DATA) == []


async def test_a_currency_pair_has_no_trades_and_that_is_said(node: TradingNode) -> None:
    with pytest.raises(SubscriptionRefused, match="has no trades at Interactive Brokers"):
        node.data.subscribe_trades(EUR_USD)


async def test_trades_come_from_last_and_last_size_and_never_from_a_bid_or_an_ask(
    without: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    request_id = await tape(gateway, without)
    price(gateway, request_id, 1, 189.4, 300)
    price(gateway, request_id, 2, 189.6, 300)
    size(gateway, request_id, 0, 200)
    size(gateway, request_id, 8, 5000)
    text(gateway, request_id, 45, AT)
    price(gateway, request_id, 4, 189.6, 50)
    size(gateway, request_id, 5, 50)
    text(gateway, request_id, 45, AT)
    size(gateway, request_id, 5, 20)
    price(gateway, request_id, 1, 189.5, 100)
    await recorder.until(lambda: recorder.quotes and recorder.quotes[-1].bid == Decimal("189.5"))
    assert [(trade.price, trade.size) for trade in recorder.trades] == [
        (Decimal("189.6"), Decimal(50)),
        (Decimal("189.6"), Decimal(20)),
    ]
    without.drop()


async def test_a_trade_has_the_time_that_ib_gives_it_in_the_same_breath(
    without: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    request_id = await tape(gateway, without)
    await recorder.until(lambda: recorder.quotes)
    price(gateway, request_id, 4, 189.6, 50)
    text(gateway, request_id, 45, AT)
    trade = await recorder.until(lambda: recorder.trades and recorder.trades[0])
    assert trade.at == MOMENT
    without.drop()


async def test_where_the_tape_stood_is_no_trade_after_a_reconnect_either(
    without: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    request_id = await tape(gateway, without)
    price(gateway, request_id, 4, 189.6, 50)
    await recorder.until(lambda: recorder.trades)
    gateway.error(-1, 1101)
    again = (await gateway.next(MARKET_DATA))[2]
    gateway.say(58, 1, again, 1)
    price(gateway, again, 4, 189.7, 70)
    await recorder.until(lambda: recorder.quotes[-1].last == Decimal("189.7"))
    price(gateway, again, 4, 189.8, 70)
    await recorder.until(lambda: recorder.trades[-1].price == Decimal("189.8"))
    assert len(recorder.trades) == 2
    without.drop()


async def test_who_joins_a_stream_that_runs_hears_the_very_next_trade(
    without: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    request_id = await quotes_of(without, gateway)
    price(gateway, request_id, 4, 189.5, 100)
    await recorder.until(lambda: recorder.quotes)
    without.data.subscribe_trades(AAPL)
    price(gateway, request_id, 4, 189.6, 100)
    trade = await recorder.until(lambda: recorder.trades and recorder.trades[0])
    assert trade.price == Decimal("189.6")
    assert received(gateway, MARKET_DATA) == []
    without.drop()


async def test_delayed_trades_are_labelled_so(
    without: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    without.data.subscribe_trades(AAPL)
    request_id = (await gateway.next(MARKET_DATA))[2]
    gateway.say(58, 1, request_id, 3)
    price(gateway, request_id, 68, 189.5, 0)
    size(gateway, request_id, 71, 100)
    await recorder.until(lambda: recorder.quotes)
    price(gateway, request_id, 68, 189.6, 0)
    size(gateway, request_id, 71, 40)
    text(gateway, request_id, 88, AT)
    trade = await recorder.until(lambda: recorder.trades and recorder.trades[0])
    assert (trade.price, trade.size, trade.at) == (Decimal("189.6"), Decimal(40), MOMENT)
    assert trade.market_data_type is MarketDataType.DELAYED
    without.drop()


async def test_more_than_ib_tells_tick_by_tick_is_read_from_quotes(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = data_node(gateway, recorder, tick_by_tick_streams=1)
    await node.connect()
    node.data.subscribe_trades(AAPL)
    await gateway.next(TICK_BY_TICK)
    node.data.subscribe_trades(MSFT)
    assert str(MSFT.con_id) in await gateway.next(MARKET_DATA)
    assert received(gateway, TICK_BY_TICK) == []
    node.drop()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (10189, "Failed to request tick-by-tick data:No market data permissions for NASDAQ STK"),
        (10190, "Max number of tick-by-tick requests has been reached."),
        (354, "Requested market data is not subscribed."),
    ],
)
async def test_what_ib_will_not_tell_tick_by_tick_is_read_from_quotes(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, code: int, words: str
) -> None:
    node.data.subscribe_trades(AAPL)
    gateway.error((await gateway.next(TICK_BY_TICK))[1], code, words)
    request_id = (await gateway.next(MARKET_DATA))[2]
    gateway.say(58, 1, request_id, 1)
    price(gateway, request_id, 4, 189.5, 100)
    await recorder.until(lambda: recorder.quotes)
    price(gateway, request_id, 4, 189.6, 100)
    await recorder.until(lambda: recorder.trades)
    assert [notice.code for notice in recorder.notices] == [code]
    node.data.unsubscribe_trades(AAPL.con_id)
    assert (await gateway.next(STOP_MARKET_DATA))[2] == request_id


async def test_trades_live_until_the_last_who_wants_them(node: TradingNode, gateway: ScriptedGateway) -> None:
    node.data.subscribe_trades(AAPL, subscriber="a chart")
    node.data.subscribe_trades(AAPL, subscriber="a tape")
    request_id = (await gateway.next(TICK_BY_TICK))[1]
    node.data.unsubscribe_trades(AAPL.con_id, subscriber="a chart")
    await whatever_was_sent_has_arrived(node, gateway)
    assert received(gateway, TICK_BY_TICK) == received(gateway, STOP_TICK_BY_TICK) == []
    node.data.unsubscribe_trades(AAPL.con_id, subscriber="a tape")
    assert (await gateway.next(STOP_TICK_BY_TICK))[1] == request_id


async def test_quotes_that_are_wanted_for_themselves_outlive_the_trades_read_from_them(
    without: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    request_id = await quotes_of(without, gateway)
    without.data.subscribe_trades(AAPL)
    without.data.unsubscribe_trades(AAPL.con_id)
    price(gateway, request_id, 1, 189.4, 300)
    await recorder.until(lambda: recorder.quotes)
    without.data.unsubscribe_quotes(AAPL.con_id)
    await gateway.next(STOP_MARKET_DATA)
    without.drop()
