"""Quotes."""

from __future__ import annotations

from decimal import Decimal

from brokers.listener import LinkState
from brokers.node import TradingNode
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import AAPL, MARKET_DATA


async def test_a_competing_session_is_said_so_until_quotes_come_again(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.data.subscribe_quotes(AAPL)
    request_id = (await gateway.next(MARKET_DATA))[2]
    gateway.say(58, 1, request_id, 1)
    gateway.error(request_id, 10197, "No market data during competing live session")
    await recorder.until(lambda: node.link is LinkState.COMPETING)
    gateway.say(1, 6, request_id, 1, 189.5, 100, 0)
    await recorder.until(lambda: recorder.quotes)
    assert node.link is LinkState.UP


async def test_quotes_carry_the_kind_of_data_that_came(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.data.subscribe_quotes(AAPL)
    request_id = (await gateway.next(MARKET_DATA))[2]
    gateway.say(58, 1, request_id, 3)
    gateway.say(1, 6, request_id, 66, 189.5, 100, 0)
    quote = await recorder.until(lambda: next((quote for quote in recorder.quotes if quote.bid), None))
    assert quote.market_data_type == "delayed"


async def test_a_withdrawn_bid_is_none(node: TradingNode, gateway: ScriptedGateway, recorder: Recorder) -> None:
    node.data.subscribe_quotes(AAPL)
    request_id = (await gateway.next(MARKET_DATA))[2]
    gateway.say(58, 1, request_id, 1)
    gateway.say(1, 6, request_id, 1, 189.5, 100, 0)
    await recorder.until(lambda: recorder.quotes and recorder.quotes[-1].bid == Decimal("189.5"))
    gateway.say(1, 6, request_id, 1, -1, 0, 0)
    await recorder.until(lambda: recorder.quotes[-1].bid is None)
    assert recorder.quotes[-1].bid_size is None
