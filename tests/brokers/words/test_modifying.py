"""Changing an order that IB works: sent under its own id, and true once IB repeats it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from brokers.domain import OrderChange, OrderStatus, OrderType, TimeInForce
from brokers.node import TradingNode
from brokers.refusals import OrderRefused
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import (
    AAPL,
    OPEN_ORDERS,
    PLACE,
    REQUEST,
    order_sent,
    place,
    place_live,
    raise_limit,
    received,
    whatever_was_sent_has_arrived,
)


def change(**terms: Any) -> OrderChange:
    return OrderChange(client_order_id="ours-1", **terms)


def repeat(gateway: ScriptedGateway, order_id: str, **terms: object) -> None:
    """IB's own words about the order."""
    gateway.open_order(order_id, orderRef="ours-1", permId=501, **terms)


async def test_a_change_is_sent_under_the_order_s_own_id_with_all_of_its_terms(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    node.execution.modify(change(limit_price=Decimal("10.50"), quantity=Decimal(20)))
    sent = order_sent(await gateway.next(PLACE))
    assert (str(sent.order_id), sent.contract["conId"]) == (order_id, "265598")
    wanted = {"lmtPrice": "10.5", "totalQuantity": "20.0", "tif": "DAY", "orderRef": "ours-1", "account": "DU1000001"}
    assert {name: sent.terms[name] for name in wanted} == wanted
    assert sent.terms["transmit"] == "1"


async def test_new_terms_are_told_once_ib_repeats_them_and_not_before(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    await raise_limit(node, gateway)
    gateway.order_status(order_id, "PreSubmitted", perm_id=501)
    assert (await recorder.update("ours-1", OrderStatus.SUBMITTED, "PreSubmitted")).limit_price == Decimal(10)
    repeat(gateway, order_id, lmtPrice=11.0)
    told = await recorder.until(lambda: recorder.updates[-1].limit_price == 11 and recorder.updates[-1])
    assert (told.order_ref, told.status) == ("ours-1", OrderStatus.SUBMITTED)


async def test_once_a_change_is_taken_a_rejecting_code_is_no_longer_said_of_it(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    await raise_limit(node, gateway)
    repeat(gateway, order_id, lmtPrice=11.0)
    await recorder.until(lambda: recorder.updates[-1].limit_price == 11)
    gateway.error(order_id, 201, "Order rejected - reason: margin")
    gateway.order_status(order_id, "Inactive", perm_id=501)
    rejected = await recorder.update("ours-1", OrderStatus.REJECTED, "Inactive")
    assert rejected.limit_price == 11


async def test_two_changes_follow_one_another_and_the_second_builds_on_the_first(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    await raise_limit(node, gateway)
    node.execution.modify(change(quantity=Decimal(30)))
    second = order_sent(await gateway.next(PLACE)).terms
    assert (second["lmtPrice"], second["totalQuantity"]) == ("11.0", "30.0")
    gateway.error(order_id, 110, "the first")
    await recorder.until(lambda: recorder.updates[-1].reason == "the first (IB 110)")
    gateway.error(order_id, 110, "the second")
    told = await recorder.until(lambda: recorder.updates[-1].reason == "the second (IB 110)" and recorder.updates[-1])
    assert (told.status, told.limit_price, told.quantity) == (OrderStatus.SUBMITTED, Decimal(10), Decimal(10))


async def test_a_change_that_ib_passes_over_is_settled_by_what_ib_shows(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    await raise_limit(node, gateway)
    reading = asyncio.create_task(node.execution.read_open_orders())
    await gateway.next(OPEN_ORDERS)
    repeat(gateway, order_id)
    gateway.say(53, 1)
    await reading
    node.execution.modify(change(quantity=Decimal(5)))
    assert order_sent(await gateway.next(PLACE)).terms["lmtPrice"] == "10.0"


async def test_an_order_of_an_earlier_session_can_be_changed_once_ib_has_shown_it(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    repeat(gateway, "40", orderType="STP LMT", auxPrice=9.5, outsideRth=1, tif="GTC", parentId=39)
    gateway.answer_details((await gateway.next(9))[2])
    await recorder.update("ours-1", OrderStatus.SUBMITTED)
    node.execution.modify(change(stop_price=Decimal("9.40")))
    sent = order_sent(await gateway.next(PLACE))
    wanted = {"lmtPrice": "10.0", "auxPrice": "9.4", "outsideRth": "1", "tif": "GTC", "parentId": "39"}
    assert (sent.order_id, {name: sent.terms[name] for name in wanted}) == (40, wanted)


async def test_a_change_can_give_the_order_a_date(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    await place_live(node, gateway, recorder)
    until = datetime(2999, 1, 2, 3, 4, 5, tzinfo=UTC)
    node.execution.modify(change(time_in_force=TimeInForce.GTD, good_till_date=until))
    sent = order_sent(await gateway.next(PLACE)).terms
    assert (sent["tif"], sent["goodTillDate"]) == ("GTD", "29990102-03:04:05")


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({}, "leaves the order as it is"),
        ({"limit_price": Decimal("10.00")}, "leaves the order as it is"),
        ({"stop_price": Decimal(9)}, "has no stop price; 9 was given"),
        ({"quantity": Decimal(0)}, "above zero"),
        ({"quantity": Decimal("1.5")}, "off the increment of 1"),
        ({"quantity": Decimal(4)}, "Of the order 4 are filled"),
        ({"time_in_force": TimeInForce.GTD}, "needs the date"),
        ({"time_in_force": TimeInForce.OPG, "outside_rth": True}, "can't also work outside"),
        ({"limit_price": Decimal("-1")}, "above zero"),
    ],
)
async def test_a_change_that_can_t_be_meant_is_refused_before_a_byte_leaves(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, terms: dict[str, Any], message: str
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.order_status(order_id, "Submitted", perm_id=501, filled=4, average=10)
    await recorder.until(lambda: recorder.updates[-1].filled_quantity == 4)
    with pytest.raises(OrderRefused, match=message):
        node.execution.modify(change(**terms))
    await whatever_was_sent_has_arrived(node, gateway)
    assert not received(gateway, PLACE)


@pytest.mark.parametrize("word", [None, "ApiPending", "PendingSubmit"])
async def test_an_order_that_ib_has_not_acknowledged_can_t_be_changed(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, word: str | None
) -> None:
    order_id = await place(node, gateway)
    if word is not None:
        gateway.order_status(order_id, word)
        await recorder.update("ours-1", OrderStatus.SUBMITTED, word)
    with pytest.raises(OrderRefused, match="not acknowledged the order yet"):
        node.execution.modify(change(quantity=Decimal(5)))


async def test_an_order_that_is_being_cancelled_can_t_be_changed(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    await place_live(node, gateway, recorder)
    node.execution.cancel("ours-1")
    with pytest.raises(OrderRefused, match="being cancelled"):
        node.execution.modify(change(quantity=Decimal(5)))


async def test_an_order_that_is_over_can_t_be_changed(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.order_status(order_id, "Filled", perm_id=501, filled=10)
    await recorder.update("ours-1", OrderStatus.FILLED)
    with pytest.raises(OrderRefused, match="filled already"):
        node.execution.modify(change(quantity=Decimal(5)))


async def test_an_order_that_this_session_never_saw_can_t_be_changed(node: TradingNode) -> None:
    with pytest.raises(OrderRefused, match="no such open order of this session as 'ours-1'"):
        node.execution.modify(change(quantity=Decimal(5)))


async def test_an_order_of_another_client_can_t_be_changed_from_here(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.open_order(7, orderRef="theirs", permId=900, clientId=2)
    gateway.answer_details((await gateway.next(9))[2])
    await recorder.update("theirs", OrderStatus.SUBMITTED)
    with pytest.raises(OrderRefused, match="no such open order of this session"):
        node.execution.modify(OrderChange(client_order_id="theirs", quantity=Decimal(5)))


async def test_nothing_is_changed_while_the_gateway_has_lost_ib(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    await place_live(node, gateway, recorder)
    gateway.error(-1, 1100)
    await recorder.until(lambda: len(recorder.links) == 2)
    for asked in (lambda: node.execution.modify(change(quantity=Decimal(5))), lambda: node.execution.cancel("ours-1")):
        with pytest.raises(OrderRefused, match="lost its connection"):
            asked()
    with pytest.raises(OrderRefused, match="lost its connection"):
        node.execution.cancel_all()


async def test_a_trailing_stop_can_be_changed_from_an_amount_to_a_percentage(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    request = replace(REQUEST, order_type=OrderType.TRAIL, limit_price=None, trailing_amount=Decimal("0.50"))
    node.execution.place(request, AAPL)
    placed = order_sent(await gateway.next(PLACE))
    assert (placed.terms["auxPrice"], placed.terms["trailingPercent"]) == ("0.5", "")
    gateway.order_status(placed.order_id, "PreSubmitted", perm_id=501)
    await recorder.update("ours-1", OrderStatus.SUBMITTED)
    node.execution.modify(change(trailing_percent=Decimal(2)))
    changed = order_sent(await gateway.next(PLACE))
    assert (changed.terms["auxPrice"], changed.terms["trailingPercent"]) == ("", "2.0")
