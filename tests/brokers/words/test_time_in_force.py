"""Every order that leaves has a time in force: to one without, IB gives that of a preset (10349)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from brokers.domain import BracketRequest, OrderChange, OrderSide, OrderStatus, OrderType, TimeInForce
from brokers.node import TradingNode
from brokers.refusals import OrderRefused
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import AAPL, DETAILS, PLACE, REQUEST, terms_sent

EXIT = replace(REQUEST, side=OrderSide.SELL, time_in_force=TimeInForce.GTC)
BRACKET = BracketRequest(
    entry=REQUEST,
    take_profit=replace(EXIT, client_order_id="profit-1", limit_price=Decimal("12.00")),
    stop_loss=replace(
        EXIT, client_order_id="loss-1", order_type=OrderType.STP, limit_price=None, stop_price=Decimal("9.00")
    ),
)


async def times_sent(gateway: ScriptedGateway, orders: int) -> list[str]:
    return [terms_sent(await gateway.next(PLACE))["tif"] for _ in range(orders)]


async def test_an_order_and_each_of_a_bracket_say_theirs(node: TradingNode, gateway: ScriptedGateway) -> None:
    node.execution.place(replace(REQUEST, client_order_id="alone", time_in_force=TimeInForce.IOC), AAPL)
    node.execution.place_bracket(BRACKET, AAPL)
    assert await times_sent(gateway, 4) == ["IOC", "DAY", "GTC", "GTC"]


async def test_what_is_never_transmitted_says_one_too(node: TradingNode, gateway: ScriptedGateway) -> None:
    asking = [
        asyncio.ensure_future(node.execution.preview(REQUEST, AAPL)),
        asyncio.ensure_future(node.execution.check_trading_permission("DU1000001")),
    ]
    assert await times_sent(gateway, 2) == ["DAY", "DAY"]
    for one in asking:
        one.cancel()


async def test_a_change_keeps_the_one_that_ib_works_by(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    await shown(gateway, recorder, tif="GTC")
    node.execution.modify(OrderChange(client_order_id="ours-1", limit_price=Decimal("11.00")))
    assert await times_sent(gateway, 1) == ["GTC"]


@pytest.mark.parametrize("tif", ["", "AUC"])
async def test_an_order_that_ib_shows_without_one_that_is_known_is_not_sent_again(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, tif: str
) -> None:
    await shown(gateway, recorder, tif=tif)
    with pytest.raises(OrderRefused, match="can't have the time in force"):
        node.execution.modify(OrderChange(client_order_id="ours-1", limit_price=Decimal("11.00")))


async def shown(gateway: ScriptedGateway, recorder: Recorder, *, tif: str) -> None:
    """An order of an earlier session."""
    gateway.open_order(40, orderRef="ours-1", permId=501, tif=tif)
    gateway.answer_details((await gateway.next(DETAILS))[2])
    await recorder.update("ours-1", OrderStatus.SUBMITTED)
