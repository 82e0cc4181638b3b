"""What a node makes of IB's words about an order, where the library would make something else of them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from brokers.domain import OrderSide, OrderStatus
from brokers.node import TradingNode
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import AAPL, CANCEL, DETAILS, MARKET_DATA, OPEN_ORDERS, PLACE, REQUEST, place, place_live


async def test_an_order_carries_our_id_its_account_and_a_time_in_force(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    node.execution.place(REQUEST, AAPL)
    fields = await gateway.next(PLACE)
    assert "ours-1" in fields
    assert "DU1000001" in fields
    assert "DAY" in fields


@pytest.mark.parametrize("code", [161, 10349, 399, 2109, 10148, 99999])
async def test_an_error_that_the_library_takes_for_a_cancel_leaves_a_live_order_alive(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, code: int
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.error(order_id, code)
    notice = await recorder.until(lambda: next((n for n in recorder.notices if n.code == code), None))
    assert (notice.order_ref, notice.con_id) == ("ours-1", 265598)
    gateway.order_status(order_id, "Filled", perm_id=501, filled=10, remaining=0, average=9.5)
    filled = await recorder.update("ours-1", OrderStatus.FILLED)
    assert filled.average_fill_price == Decimal("9.5")
    assert {update.status for update in recorder.updates} == {OrderStatus.SUBMITTED, OrderStatus.FILLED}
    assert "Cancelled" not in {update.ib_status for update in recorder.updates}


async def test_an_unknown_code_makes_the_node_ask_what_the_order_is(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.error(order_id, 99999)
    await gateway.next(OPEN_ORDERS)


@pytest.mark.parametrize("code", [103, 110, 201, 203, 321, 388, 434, 460])
async def test_a_rejected_order_is_rejected_with_ib_s_text(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, code: int
) -> None:
    order_id = await place(node, gateway)
    gateway.error(order_id, code, "Order rejected - reason: because")
    rejected = await recorder.update("ours-1", OrderStatus.REJECTED)
    assert (rejected.reason, rejected.reason_code) == (f"Order rejected - reason: because (IB {code})", code)
    assert rejected.ib_status == ""


async def test_a_rejected_order_that_ib_puts_away_as_cancelled_stays_rejected(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place(node, gateway)
    gateway.error(order_id, 201)
    gateway.order_status(order_id, "Cancelled", perm_id=501)
    rejected = await recorder.update("ours-1", OrderStatus.REJECTED, "Cancelled")
    assert rejected.perm_id == 501


async def test_202_is_a_cancel_with_its_reason(node: TradingNode, gateway: ScriptedGateway, recorder: Recorder) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.error(order_id, 202, "Order Canceled - reason:price too far away")
    cancelled = await recorder.update("ours-1", OrderStatus.CANCELLED)
    assert cancelled.reason == "Order Canceled - reason:price too far away (IB 202)"
    assert cancelled.ib_status == "Submitted"


async def test_a_cancel_that_came_too_late_is_no_cancel(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    node.execution.cancel("ours-1")
    assert (await gateway.next(CANCEL))[2] == order_id
    gateway.error(order_id, 10148, "OrderId that needs to be cancelled can not be cancelled, state: Filled.")
    rejected = await recorder.until(lambda: recorder.updates[-1].reason and recorder.updates[-1])
    assert (rejected.status, rejected.reason_code) == (OrderStatus.SUBMITTED, 10148)
    assert "state: Filled. (IB 10148)" in rejected.reason
    assert [notice.code for notice in recorder.notices] == [10148]
    await gateway.next(OPEN_ORDERS)


async def test_a_second_cancel_is_not_answered_by_what_ib_said_of_the_first(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    node.execution.cancel("ours-1")
    gateway.error(order_id, 161, "Cancel attempted when order is not in a cancellable state.")
    await recorder.until(lambda: recorder.updates[-1].reason_code == 161)
    node.execution.cancel("ours-1")
    gateway.order_status(order_id, "PendingCancel", perm_id=501)
    assert (await recorder.update("ours-1", OrderStatus.SUBMITTED, "PendingCancel")).reason_code is None


async def test_an_order_whose_last_share_was_executed_is_filled_without_a_status(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.execution(order_id, "0001.01", perm_id=501, ref="ours-1", shares=10, price=9.75)
    filled = await recorder.update("ours-1", OrderStatus.FILLED)
    assert (filled.filled_quantity, filled.average_fill_price) == (Decimal(10), Decimal("9.75"))
    assert filled.ib_status == "Submitted"


async def test_an_inactive_order_is_rejected_only_when_ib_rejected_it(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place(node, gateway)
    gateway.order_status(order_id, "Inactive", perm_id=501, held="locate")
    waiting = await recorder.update("ours-1", OrderStatus.SUBMITTED, "Inactive")
    assert waiting.reason == "IB holds the order: locate"
    gateway.order_status(order_id, "Submitted", perm_id=501)
    await recorder.update("ours-1", OrderStatus.SUBMITTED, "Submitted")
    gateway.error(order_id, 201, "Order rejected - reason: margin")
    gateway.order_status(order_id, "Inactive", perm_id=501)
    await recorder.update("ours-1", OrderStatus.REJECTED, "Inactive")


async def test_a_word_of_ib_s_that_nobody_knows_is_kept_and_changes_nothing(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.order_status(order_id, "Pondering", perm_id=501)
    await recorder.update("ours-1", OrderStatus.SUBMITTED, "Pondering")


async def test_a_perm_id_of_zero_is_none_until_ib_gives_one(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place(node, gateway)
    gateway.order_status(order_id, "PendingSubmit")
    assert (await recorder.update("ours-1", OrderStatus.SUBMITTED)).perm_id is None
    gateway.order_status(order_id, "Submitted", perm_id=501)
    assert (await recorder.update("ours-1", OrderStatus.SUBMITTED, "Submitted")).perm_id == 501


async def test_an_order_placed_elsewhere_is_told_with_its_instrument_first(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.open_order(0, permId=900, clientId=0)
    gateway.answer_details((await gateway.next(DETAILS))[2])
    update = await recorder.until(lambda: recorder.updates and recorder.updates[0])
    assert (update.order_ref, update.perm_id, update.order_id) == ("", 900, 0)
    assert (update.quantity, update.limit_price, update.side) == (Decimal(10), Decimal(10), OrderSide.BUY)
    told = [thing for thing in recorder.heard if thing in (update, *recorder.instruments)]
    assert told[0] == recorder.instruments[0]


async def test_an_order_of_an_instrument_that_ib_will_not_describe_is_told_all_the_same(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.open_order(0, permId=900, clientId=0)
    gateway.error((await gateway.next(DETAILS))[2], 200, "No security definition has been found for the request")
    update = await recorder.until(lambda: recorder.updates and recorder.updates[0])
    assert update.perm_id == 900
    assert recorder.instruments[0].con_id == update.con_id


async def test_an_order_does_not_wait_behind_subscriptions(node: TradingNode, gateway: ScriptedGateway) -> None:
    for con_id in range(1, 90):
        node.data.subscribe_quotes(replace(AAPL, con_id=con_id))
    node.execution.place(REQUEST, AAPL)
    await gateway.next(PLACE)
    assert len([fields for fields in gateway.received if fields[0] == str(MARKET_DATA)]) < 89
