"""Orders that are sent together: brackets, groups of which one cancels all, and how many IB takes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from brokers.domain import BracketRequest, OcaType, OrderRequest, OrderSide, OrderStatus, OrderType, TimeInForce
from brokers.node import TradingNode
from brokers.refusals import OrderRefused
from brokers.simulator.orders.message import OrderMessage
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import (
    AAPL,
    PLACE,
    REQUEST,
    connect_with_two_accounts,
    order_sent,
    place_live,
    received,
    whatever_was_sent_has_arrived,
)

TAKE_PROFIT = replace(REQUEST, client_order_id="profit-1", side=OrderSide.SELL, limit_price=Decimal("12.00"))
STOP_LOSS = replace(
    REQUEST,
    client_order_id="stop-1",
    side=OrderSide.SELL,
    order_type=OrderType.STP,
    limit_price=None,
    stop_price=Decimal("9.00"),
)
BRACKET = BracketRequest(entry=REQUEST, take_profit=TAKE_PROFIT, stop_loss=STOP_LOSS)
OCA = {"oca_group": "either-1", "oca_type": OcaType.CANCEL_WITH_BLOCK}


async def sent(gateway: ScriptedGateway, count: int) -> list[OrderMessage]:
    return [order_sent(await gateway.next(PLACE)) for _ in range(count)]


async def nothing_left(node: TradingNode, gateway: ScriptedGateway) -> None:
    await whatever_was_sent_has_arrived(node, gateway)
    assert not received(gateway, PLACE)


async def test_a_bracket_is_held_by_ib_until_its_last_order_has_come(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    node.execution.place_bracket(BRACKET, AAPL)
    entry, profit, stop = await sent(gateway, 3)
    assert [one.terms["orderRef"] for one in (entry, profit, stop)] == ["ours-1", "profit-1", "stop-1"]
    assert [one.terms["transmit"] for one in (entry, profit, stop)] == ["0", "0", "1"]
    assert [one.terms["parentId"] for one in (entry, profit, stop)] == ["0", *[str(entry.order_id)] * 2]
    assert len({one.order_id for one in (entry, profit, stop)}) == 3


@pytest.mark.parametrize(("missing", "left"), [("take_profit", "stop-1"), ("stop_loss", "profit-1")])
async def test_one_way_out_makes_a_bracket(
    node: TradingNode, gateway: ScriptedGateway, missing: str, left: str
) -> None:
    node.execution.place_bracket(replace(BRACKET, **{missing: None}), AAPL)
    entry, way_out = await sent(gateway, 2)
    assert [one.terms["orderRef"] for one in (entry, way_out)] == ["ours-1", left]
    assert [one.terms["transmit"] for one in (entry, way_out)] == ["0", "1"]
    assert way_out.terms["parentId"] == str(entry.order_id)


async def test_an_entry_without_a_way_out_is_no_bracket(node: TradingNode, gateway: ScriptedGateway) -> None:
    with pytest.raises(OrderRefused, match="needs a take profit or a stop loss"):
        node.execution.place_bracket(BracketRequest(entry=REQUEST), AAPL)
    await nothing_left(node, gateway)


async def test_each_order_of_a_bracket_is_told_of_by_its_own_name(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.execution.place_bracket(BRACKET, AAPL)
    entry, _, stop = await sent(gateway, 3)
    gateway.order_status(stop.order_id, "PreSubmitted", perm_id=503, parent=501)
    told = await recorder.update("stop-1", OrderStatus.SUBMITTED)
    assert (told.stop_price, told.parent_order_id) == (Decimal(9), entry.order_id)


async def test_a_bracket_of_other_numbers_than_decimals_is_refused_whole(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    wrong: Any = "9.00"
    with pytest.raises(OrderRefused, match=r"stop_price is '9\.00'; it has to be a Decimal"):
        node.execution.place_bracket(replace(BRACKET, stop_loss=replace(STOP_LOSS, stop_price=wrong)), AAPL)
    await nothing_left(node, gateway)


@pytest.mark.parametrize(
    ("which", "changes", "message"),
    [
        ("take_profit", {"side": OrderSide.BUY}, "The take profit is a BUY, as the entry is"),
        ("stop_loss", {"quantity": Decimal(9)}, "The stop loss is for 9 and the entry for 10"),
        ("stop_loss", {"account_code": "DU1000002"}, "another account or instrument"),
        ("take_profit", {"parent_client_order_id": "other"}, "attached to other, which is not the entry"),
        ("take_profit", {"order_type": OrderType.MKT, "limit_price": None}, "it can be LMT, MIT, LIT"),
        ("stop_loss", {"order_type": OrderType.LMT, "limit_price": Decimal(9)}, "it can be STP, STP LMT, TRAIL"),
        ("take_profit", {"limit_price": Decimal("9.50")}, "in order: stop loss < entry < take profit"),
        ("stop_loss", {"stop_price": Decimal("10.50")}, "in order: stop loss < entry < take profit"),
        ("stop_loss", {"client_order_id": "profit-1"}, "stands for 2 orders; each needs its own"),
        ("stop_loss", {"time_in_force": TimeInForce.IOC}, "can't have the time in force IOC"),
        ("stop_loss", {"client_order_id": "with\0nul"}, "control character"),
    ],
)
async def test_a_bracket_is_refused_whole_when_one_of_its_orders_is_wrong(
    node: TradingNode, gateway: ScriptedGateway, which: str, changes: dict[str, Any], message: str
) -> None:
    wrong = replace(BRACKET, **{which: replace(getattr(BRACKET, which), **changes)})
    with pytest.raises(OrderRefused, match=message):
        node.execution.place_bracket(wrong, AAPL)
    await nothing_left(node, gateway)
    node.execution.place_bracket(BRACKET, AAPL)  # none of the names was used up
    await sent(gateway, 3)


async def test_the_prices_of_a_sale_s_bracket_lie_the_other_way_round(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    sale = BracketRequest(
        entry=replace(REQUEST, side=OrderSide.SELL),
        take_profit=replace(TAKE_PROFIT, side=OrderSide.BUY, limit_price=Decimal("9.00")),
        stop_loss=replace(STOP_LOSS, side=OrderSide.BUY, stop_price=Decimal("12.00")),
    )
    node.execution.place_bracket(sale, AAPL)
    await sent(gateway, 3)
    with pytest.raises(OrderRefused, match="take profit < entry < stop loss"):
        node.execution.place_bracket(
            replace(sale, take_profit=replace(sale.take_profit, limit_price=Decimal(13))), AAPL
        )


async def test_an_order_can_be_attached_to_one_that_is_open(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    node.execution.place(replace(STOP_LOSS, parent_client_order_id="ours-1"), AAPL)
    [child] = await sent(gateway, 1)
    assert (child.terms["parentId"], child.terms["transmit"]) == (order_id, "1")


async def test_an_order_can_t_be_attached_to_one_that_is_over_or_unknown(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    with pytest.raises(OrderRefused, match="no such open order"):
        node.execution.place(replace(STOP_LOSS, parent_client_order_id="ours-1"), AAPL)
    order_id = await place_live(node, gateway, recorder)
    gateway.order_status(order_id, "Filled", perm_id=501, filled=10)
    await recorder.update("ours-1", OrderStatus.FILLED)
    with pytest.raises(OrderRefused, match="ours-1 is over"):
        node.execution.place(replace(STOP_LOSS, parent_client_order_id="ours-1"), AAPL)
    with pytest.raises(OrderRefused, match="attached to itself"):
        node.execution.place(replace(STOP_LOSS, parent_client_order_id="stop-1"), AAPL)
    await nothing_left(node, gateway)


async def test_orders_of_a_group_name_it_and_its_type(node: TradingNode, gateway: ScriptedGateway) -> None:
    other = replace(AAPL, con_id=8314, symbol="IBM", local_symbol="IBM")
    node.execution.place_oca(
        [(replace(REQUEST, **OCA), AAPL), (replace(REQUEST, client_order_id="ours-2", con_id=8314, **OCA), other)]
    )
    orders = await sent(gateway, 2)
    assert [(one.terms["ocaGroup"], one.terms["ocaType"]) for one in orders] == [("either-1", "1")] * 2
    assert [one.contract["conId"] for one in orders] == ["265598", "8314"]
    assert [one.terms["transmit"] for one in orders] == ["1", "1"]


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ([], "needs two orders or more"),
        ([{"oca_group": ""}], "at least one does not"),
        ([{"oca_group": "another"}], "one group and one type of it"),
        ([{"oca_type": OcaType.REDUCE_WITH_BLOCK}], "one group and one type of it"),
        ([{"account_code": "DU1000002"}], "in one account"),
        ([{"limit_price": None}], "needs a limit price"),
    ],
)
async def test_a_group_is_refused_whole_when_it_is_none(
    node: TradingNode, gateway: ScriptedGateway, second: list[dict[str, Any]], message: str
) -> None:
    first = replace(REQUEST, **OCA)
    orders = [first, *(replace(first, client_order_id="ours-2", **changes) for changes in second)]
    with pytest.raises(OrderRefused, match=message):
        node.execution.place_oca([(one, AAPL) for one in orders])
    await nothing_left(node, gateway)


def numbered(number: int, **changes: Any) -> OrderRequest:
    return replace(REQUEST, client_order_id=f"many-{number}", **changes)


async def test_the_twenty_first_active_order_is_refused_before_ib_does(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    await connect_with_two_accounts(node, gateway)
    for number in range(20):
        node.execution.place(numbered(number), AAPL)
    with pytest.raises(OrderRefused, match="20 active orders for one contract, side and account; 20 BUY orders"):
        node.execution.place(REQUEST, AAPL)
    node.execution.place(numbered(20, side=OrderSide.SELL), AAPL)
    node.execution.place(numbered(21, account_code="DU1000002"), AAPL)
    node.execution.place(numbered(22, con_id=8314), replace(AAPL, con_id=8314))
    first = order_sent(await gateway.next(PLACE))
    gateway.error(first.order_id, 201)
    await recorder.update("many-0", OrderStatus.REJECTED)
    node.execution.place(REQUEST, AAPL)


async def test_a_bracket_that_would_be_too_many_is_refused_whole(node: TradingNode, gateway: ScriptedGateway) -> None:
    for number in range(19):
        node.execution.place(numbered(number, side=OrderSide.SELL), AAPL)
    with pytest.raises(OrderRefused, match="19 SELL orders are there, and 2 more would be too many"):
        node.execution.place_bracket(BRACKET, AAPL)


async def test_orders_that_ib_does_not_show_after_a_reconnect_don_t_count(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    for number in range(20):
        node.execution.place(numbered(number), AAPL)
    node.drop()
    await node.connect()
    node.execution.place(REQUEST, AAPL)
    await gateway.next(PLACE, having=lambda fields: "ours-1" in fields)
