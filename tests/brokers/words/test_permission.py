"""Whether the login may trade."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from brokers.domain import SecurityType
from brokers.node import TradingNode
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import (
    AAPL,
    PLACE,
    READ_ONLY,
    node_at,
    order_sent,
    received,
    whatever_was_sent_has_arrived,
)


@pytest.mark.parametrize(
    ("code", "text", "allowed", "words"),
    [
        (321, READ_ONLY, False, "read-only"),
        (321, "Error validating request", None, "Not known"),
        (460, "No trading permissions", False, "may not trade"),
        (203, "The security is not available or allowed for this account.", False, "may not trade"),
        (201, "Order rejected - reason:No trading permissions for this product", False, "may not trade"),
        (201, "Order rejected - reason:exceeds your buying power", None, "Not known"),
    ],
)
async def test_a_refused_check_says_whether_the_login_may_trade(
    node: TradingNode, gateway: ScriptedGateway, code: int, text: str, allowed: bool | None, words: str
) -> None:
    checking = asyncio.create_task(node.check_trading_permission())
    gateway.error((await gateway.next(PLACE))[1], code, text)
    permission = await checking
    assert permission.allowed is allowed
    assert words in permission.reason


async def test_an_unanswered_check_stays_unknown(gateway: ScriptedGateway, recorder: Recorder) -> None:
    node = node_at(gateway, recorder, request_deadline=0.1)
    await node.connect()
    assert (await node.check_trading_permission()).allowed is None
    node.drop()


FUTURE = replace(AAPL, con_id=495512563, security_type=SecurityType.FUT, local_symbol="ESZ6", symbol="ES")
OTHER_STOCK = replace(AAPL, con_id=8314, symbol="IBM", local_symbol="IBM")


async def test_each_kind_of_product_is_asked_for_once_and_by_an_instrument_of_its_own(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    instruments = [AAPL, OTHER_STOCK, FUTURE]
    checking = asyncio.create_task(node.execution.check_product_permissions("DU1000001", instruments=instruments))
    stock = order_sent(await gateway.next(PLACE))
    gateway.open_order(stock.order_id, whatIf=1, status="PreSubmitted", initChange="12.5")
    future = order_sent(await gateway.next(PLACE))
    gateway.error(future.order_id, 460, "No trading permissions")
    found = await checking
    assert [(one.contract["secType"], one.terms["whatIf"]) for one in (stock, future)] == [("STK", "1"), ("FUT", "1")]
    assert {kind: one.allowed for kind, one in found.items()} == {SecurityType.STK: True, SecurityType.FUT: False}
    assert found[SecurityType.FUT].reason.startswith("This login may not trade FUT (ESZ6): ")
    await whatever_was_sent_has_arrived(node, gateway)
    assert not received(gateway, PLACE)


async def test_nothing_more_is_asked_of_an_api_that_has_said_it_is_read_only(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    checking = asyncio.create_task(node.execution.check_product_permissions("DU1000001", instruments=[AAPL, FUTURE]))
    gateway.error((await gateway.next(PLACE))[1], 321, READ_ONLY)
    found = await checking
    assert {one.allowed for one in found.values()} == {False}
    assert len(found) == 2
    await whatever_was_sent_has_arrived(node, gateway)
    assert not received(gateway, PLACE)


async def test_a_product_that_ib_does_not_answer_on_stays_unknown(gateway: ScriptedGateway, recorder: Recorder) -> None:
    node = node_at(gateway, recorder, request_deadline=0.1)
    await node.connect()
    found = await node.execution.check_product_permissions("DU1000001", instruments=[AAPL])
    assert found[SecurityType.STK].allowed is None
    assert "did not say in time" in found[SecurityType.STK].reason
    node.drop()
