"""Every kind of order, taken, changed and filled by a gateway that matches it against its market."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from brokers.domain import (
    BracketRequest,
    Instrument,
    OcaType,
    OrderChange,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    OrderUpdate,
    TimeInForce,
)
from brokers.interactive_brokers.orders.terms import NAMES
from brokers.node import TradingNode
from brokers.refusals import OrderRefused, RequestRefused
from tests.brokers.execution.conftest import order
from tests.brokers.recorder import Recorder
from tests.brokers.simulator.conftest import Running

UNTIL = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)
KINDS: list[tuple[OrderType, dict[str, Any]]] = [
    (OrderType.LMT, {"outside_rth": True, "time_in_force": TimeInForce.GTC}),
    (OrderType.LMT, {"time_in_force": TimeInForce.GTD, "good_till_date": UNTIL}),
    (OrderType.STP, {"stop_price": Decimal("200.00")}),
    (OrderType.STP_LMT, {"stop_price": Decimal("200.00"), "limit_price": Decimal("201.00")}),
    (OrderType.TRAIL, {"trailing_amount": Decimal("5.00"), "trail_stop_price": Decimal("200.00")}),
    (OrderType.TRAIL, {"trailing_percent": Decimal("2.5"), "trail_stop_price": Decimal("200.00")}),
    (
        OrderType.TRAIL_LIMIT,
        {
            "trailing_amount": Decimal("5.00"),
            "trail_stop_price": Decimal("200.00"),
            "limit_price_offset": Decimal("0.50"),
        },
    ),
    (OrderType.MIT, {"stop_price": Decimal("180.00")}),
    (OrderType.LIT, {"stop_price": Decimal("180.00"), "limit_price": Decimal("180.50")}),
]

# One Apple bought for two Microsoft sold.
SPREAD = {
    "secType": "BAG",
    "comboLegs": [
        {"conId": 265598, "ratio": 1, "action": "BUY", "exchange": "SMART"},
        {"conId": 272093, "ratio": 2, "action": "SELL", "exchange": "SMART"},
    ],
}


async def working(node: TradingNode, recorder: Recorder, request: OrderRequest, aapl: Instrument) -> OrderUpdate:
    node.execution.place(request, aapl)
    return await acknowledged(recorder, request)


async def acknowledged(recorder: Recorder, request: OrderRequest) -> OrderUpdate:
    words = ("Submitted", "PreSubmitted")
    ref = request.client_order_id
    return await recorder.until(
        lambda: next((one for one in recorder.updates if one.order_ref == ref and one.ib_status in words), None)
    )


@pytest.mark.parametrize(("order_type", "terms"), KINDS)
async def test_an_order_waits_at_ib_with_the_terms_that_were_asked(
    node: TradingNode, recorder: Recorder, aapl: Instrument, order_type: OrderType, terms: dict[str, Any]
) -> None:
    request = order(order_type, **terms)
    told = await working(node, recorder, request, aapl)
    assert {name: getattr(told, name) for name in NAMES} == {name: getattr(request, name) for name in NAMES}
    node.execution.cancel(request.client_order_id)
    await recorder.update(request.client_order_id, OrderStatus.CANCELLED)


@pytest.mark.parametrize("order_type", [OrderType.MKT, OrderType.MTL])
async def test_an_order_for_now_is_filled_at_the_market(
    node: TradingNode, recorder: Recorder, aapl: Instrument, order_type: OrderType
) -> None:
    node.execution.place(request := order(order_type), aapl)
    filled = await recorder.update(request.client_order_id, OrderStatus.FILLED)
    assert filled.filled_quantity == 10
    assert (await recorder.until(lambda: recorder.executions))[0].price == Decimal("190.02")


@pytest.mark.parametrize("time_in_force", [TimeInForce.IOC, TimeInForce.FOK])
async def test_what_can_t_be_filled_at_once_is_cancelled(
    node: TradingNode, recorder: Recorder, aapl: Instrument, time_in_force: TimeInForce
) -> None:
    node.execution.place(request := order(time_in_force=time_in_force), aapl)
    cancelled = await recorder.update(request.client_order_id, OrderStatus.CANCELLED)
    assert cancelled.filled_quantity == 0


async def test_a_change_is_told_with_its_new_terms_and_can_fill(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    request = order()
    first = await working(node, recorder, request, aapl)
    change = OrderChange(client_order_id=request.client_order_id, limit_price=Decimal("160.00"), quantity=Decimal(20))
    node.execution.modify(change)
    told = await recorder.until(lambda: recorder.updates[-1].limit_price == 160 and recorder.updates[-1])
    assert (told.quantity, told.perm_id, told.order_id) == (Decimal(20), first.perm_id, first.order_id)
    node.execution.modify(replace(change, limit_price=Decimal("195.00")))
    filled = await recorder.update(request.client_order_id, OrderStatus.FILLED)
    assert filled.filled_quantity == 20


async def test_a_change_that_ib_rejects_leaves_the_order_working_by_its_old_terms(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    unruled = replace(aapl, price_rules=())
    request = order()
    await working(node, recorder, request, unruled)
    node.execution.modify(OrderChange(client_order_id=request.client_order_id, limit_price=Decimal("150.001")))
    told = await recorder.until(lambda: recorder.updates[-1].reason_code == 110 and recorder.updates[-1])
    assert (told.status, told.limit_price) == (OrderStatus.SUBMITTED, Decimal(150))
    resync = await node.resync()
    assert resync.open_orders is not None
    assert resync.open_orders.order_refs == {request.client_order_id}
    assert recorder.updates[-1].limit_price == 150
    node.execution.cancel(request.client_order_id)
    await recorder.update(request.client_order_id, OrderStatus.CANCELLED)


def bracket() -> BracketRequest:
    entry = order(limit_price=Decimal("150.00"))
    out = {"side": OrderSide.SELL}
    return BracketRequest(
        entry=entry,
        take_profit=order(limit_price=Decimal("210.00"), **out),
        stop_loss=order(OrderType.STP, stop_price=Decimal("140.00"), **out),
    )


async def test_a_bracket_works_as_one(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    asked = bracket()
    node.execution.place_bracket(asked, aapl)
    for one in (asked.entry, asked.take_profit, asked.stop_loss):
        await acknowledged(recorder, one)
    entry = asked.entry.client_order_id
    await running.scenario.do("fill", order=entry, price="150")
    await recorder.update(entry, OrderStatus.FILLED)
    await recorder.update(asked.take_profit.client_order_id, OrderStatus.SUBMITTED, "Submitted")
    await running.scenario.do("fill", order=asked.take_profit.client_order_id, price="210")
    await recorder.update(asked.take_profit.client_order_id, OrderStatus.FILLED)
    await recorder.update(asked.stop_loss.client_order_id, OrderStatus.CANCELLED)


async def test_a_bracket_s_children_end_with_its_entry(node: TradingNode, recorder: Recorder, aapl: Instrument) -> None:
    asked = bracket()
    node.execution.place_bracket(asked, aapl)
    await acknowledged(recorder, asked.stop_loss)
    node.execution.cancel(asked.entry.client_order_id)
    for one in (asked.entry, asked.take_profit, asked.stop_loss):
        await recorder.update(one.client_order_id, OrderStatus.CANCELLED)


async def test_a_fill_in_a_group_cancels_the_others(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    group = {"oca_group": "either", "oca_type": OcaType.CANCEL_WITH_BLOCK}
    first, second = order(**group), order(limit_price=Decimal("151.00"), **group)
    node.execution.place_oca([(first, aapl), (second, aapl)])
    await acknowledged(recorder, first)
    told = await acknowledged(recorder, second)
    assert (told.oca_group, told.oca_type) == ("either", OcaType.CANCEL_WITH_BLOCK)
    await running.scenario.do("fill", order=first.client_order_id, price="150")
    await recorder.update(first.client_order_id, OrderStatus.FILLED)
    await recorder.update(second.client_order_id, OrderStatus.CANCELLED)


async def test_everything_can_be_cancelled_at_once(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    mine = order()
    await working(node, recorder, mine, aapl)
    await running.scenario.do("place_elsewhere", instrument="AAPL", side="BUY", quantity="5", limit_price="150")
    await node.resync()
    node.execution.cancel_all()
    await recorder.update(mine.client_order_id, OrderStatus.CANCELLED)
    await recorder.update("", OrderStatus.CANCELLED)


async def test_a_preview_says_what_an_order_would_bind_and_leaves_none(
    node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    preview = await node.execution.preview(order(), aapl)
    assert preview.initial_margin_change is not None
    assert preview.initial_margin_change > 0
    assert preview.commission_currency == "USD"
    assert preview.commission or preview.max_commission
    assert (await node.resync()).order_refs == frozenset()
    assert not recorder.updates


async def test_a_preview_of_what_ib_would_reject_is_refused_in_its_words(node: TradingNode, aapl: Instrument) -> None:
    with pytest.raises(RequestRefused, match="IB 110") as refused:
        await node.execution.preview(order(limit_price=Decimal("150.001")), replace(aapl, price_rules=()))
    assert refused.value.code == 110


async def test_twenty_active_orders_are_as_many_as_ib_takes(
    node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    for _ in range(20):
        node.execution.place(order(), aapl)
    with pytest.raises(OrderRefused, match="20 active orders"):
        node.execution.place(order(), aapl)
    await recorder.until(lambda: len({one.order_ref for one in recorder.updates if one.ib_status == "Submitted"}) == 20)
    assert not [one for one in recorder.updates if one.status is OrderStatus.REJECTED]


async def test_a_currency_pair_is_traded_in_its_own_increments(node: TradingNode, recorder: Recorder) -> None:
    pair = await node.provider.instrument(12087792)
    request = order(con_id=pair.con_id, quantity=Decimal(20000), limit_price=Decimal("0.90005"))
    told = await working(node, recorder, request, pair)
    assert told.limit_price == Decimal("0.90005")
    with pytest.raises(OrderRefused, match="off the increment"):
        node.execution.place(order(con_id=pair.con_id, quantity=Decimal(20000), limit_price=Decimal("0.90001")), pair)


async def test_a_combination_is_filled_as_often_as_it_was_ordered_and_its_legs_are_told_beside_it(
    node: TradingNode, recorder: Recorder
) -> None:
    spread = await node.provider.query_one(SPREAD)
    request = order(OrderType.MKT, con_id=spread.con_id)
    node.execution.place(request, spread)
    filled = await recorder.update(request.client_order_id, OrderStatus.FILLED)
    await recorder.until(lambda: len(recorder.executions) == 3)
    assert (filled.con_id, filled.filled_quantity) == (spread.con_id, Decimal(10))
    assert {one.filled_quantity for one in recorder.updates if one.status is OrderStatus.FILLED} == {Decimal(10)}
    assert {(one.con_id, one.quantity) for one in recorder.executions} == {
        (spread.con_id, Decimal(10)),
        (265598, Decimal(10)),
        (272093, Decimal(20)),
    }
    assert {one.order_ref for one in recorder.executions} == {request.client_order_id}


async def test_a_combination_that_waits_can_be_changed_below_zero(node: TradingNode, recorder: Recorder) -> None:
    spread = await node.provider.query_one(SPREAD)
    request = order(con_id=spread.con_id, limit_price=Decimal("-9000.00"))
    await working(node, recorder, request, spread)
    node.execution.modify(OrderChange(client_order_id=request.client_order_id, limit_price=Decimal("-8999.50")))
    await recorder.until(lambda: recorder.updates[-1].limit_price == Decimal("-8999.5"))
