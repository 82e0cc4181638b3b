"""Cancelling: one order, those of an account, or everything behind the login."""

from __future__ import annotations

from dataclasses import replace

import pytest

from brokers.domain import OrderStatus, OrderUpdate
from brokers.node import TradingNode
from brokers.refusals import OrderRefused
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import (
    CANCEL,
    CANCEL_EVERYTHING,
    DETAILS,
    REQUEST,
    connect_with_two_accounts,
    place,
    place_live,
    raise_limit,
    received,
    whatever_was_sent_has_arrived,
)


async def test_everything_is_cancelled_by_ib_s_own_word_also_what_was_placed_elsewhere(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.open_order(0, permId=900, clientId=0, orderRef="by hand")
    await recorder.update("by hand", OrderStatus.SUBMITTED)
    assert node.execution.cancel_all() == {"ours-1", "by hand"}
    await gateway.next(CANCEL_EVERYTHING)
    gateway.error(order_id, 161, "Cancel attempted when order is not in a cancellable state.")
    told = await recorder.until(lambda: recorder.updates[-1].reason_code == 161 and recorder.updates[-1])
    assert told.status is OrderStatus.SUBMITTED
    gateway.order_status(0, "Cancelled", perm_id=900, client=0)
    await recorder.update("by hand", OrderStatus.CANCELLED)
    assert not received(gateway, CANCEL)


async def test_the_orders_of_one_account_are_cancelled_one_by_one(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    await connect_with_two_accounts(node, gateway)
    order_id = await place_live(node, gateway, recorder)
    second = await place(node, gateway, replace(REQUEST, client_order_id="ours-2"))
    await place(node, gateway, replace(REQUEST, client_order_id="ours-3", account_code="DU1000002"))
    done = await place(node, gateway, replace(REQUEST, client_order_id="ours-4"))
    gateway.error(done, 201)
    await recorder.update("ours-4", OrderStatus.REJECTED)
    assert node.execution.cancel_all("DU1000001") == {"ours-1", "ours-2"}
    assert {(await gateway.next(CANCEL))[2] for _ in range(2)} == {order_id, second}
    await whatever_was_sent_has_arrived(node, gateway)
    assert not received(gateway, CANCEL)
    assert not received(gateway, CANCEL_EVERYTHING)


@pytest.mark.parametrize("late", [True, False], ids=["after the end", "before the end"])
async def test_a_second_cancel_changes_nothing_of_why_an_order_is_cancelled(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, *, late: bool
) -> None:
    order_id = await place_live(node, gateway, recorder)
    node.execution.cancel("ours-1")
    node.execution.cancel("ours-1")

    def end() -> None:
        gateway.order_status(order_id, "Cancelled", perm_id=501)
        gateway.error(order_id, 202, "Order Canceled - reason:by hand")

    def refuse() -> None:
        gateway.error(order_id, 10148, "OrderId that needs to be cancelled can not be cancelled, state: Cancelled.")

    for step in (end, refuse) if late else (refuse, end):
        step()
    told = await recorder.until(lambda: recorder.notices and recorder.updates[-1].reason_code == 202)
    assert told
    await whatever_was_sent_has_arrived(node, gateway)
    last = recorder.updates[-1]
    assert (last.status, last.reason_code) == (OrderStatus.CANCELLED, 202)
    assert last.reason == "Order Canceled - reason:by hand (IB 202)"
    assert [notice.code for notice in recorder.notices] == [10148]
    with pytest.raises(OrderRefused, match="cancelled already"):
        node.execution.cancel("ours-1")


async def test_a_cancelled_order_s_reason_is_not_that_its_second_cancel_was_refused(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    node.execution.cancel("ours-1")
    node.execution.cancel("ours-1")
    gateway.error(order_id, 10148, "OrderId that needs to be cancelled can not be cancelled, state: PendingCancel.")
    gateway.order_status(order_id, "Cancelled", perm_id=501)
    told = await recorder.update("ours-1", OrderStatus.CANCELLED)
    assert (told.reason, told.reason_code) == ("", None)


async def test_an_account_without_open_orders_has_nothing_to_cancel(node: TradingNode) -> None:
    assert node.execution.cancel_all("DU1000001") == frozenset()


@pytest.mark.parametrize("first_ends", [(501, 502), (502,)])
async def test_two_orders_behind_one_reference_are_both_cancelled_whichever_a_message_ends(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, first_ends: tuple[int, ...]
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.open_order(order_id, orderRef="ours-1", permId=502)
    await recorder.until(lambda: {update.perm_id for update in recorder.updates} == {501, 502})
    node.execution.cancel("ours-1")
    assert (await gateway.next(CANCEL))[2] == (await gateway.next(CANCEL))[2] == order_id
    for perm_id in first_ends:
        gateway.order_status(order_id, "Cancelled", perm_id=perm_id)
    if len(first_ends) == 2:
        gateway.error(order_id, 10148, "OrderId that needs to be cancelled can not be cancelled, state: Cancelled.")
    else:
        gateway.order_status(order_id, "Cancelled", perm_id=501)
    for perm_id in (501, 502):
        await recorder.until(lambda perm_id=perm_id: _last_of(recorder, perm_id).status is OrderStatus.CANCELLED)
    with pytest.raises(OrderRefused, match="cancelled already"):
        node.execution.cancel("ours-1")
    await whatever_was_sent_has_arrived(node, gateway)
    assert not received(gateway, CANCEL)
    assert [_last_of(recorder, perm_id).status for perm_id in (501, 502)] == [OrderStatus.CANCELLED] * 2


def _last_of(recorder: Recorder, perm_id: int) -> OrderUpdate:
    return next(update for update in reversed(recorder.updates) if update.perm_id == perm_id)


async def test_an_order_of_another_client_can_t_be_cancelled_from_here(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.open_order(7, orderRef="theirs", permId=900, clientId=2)
    gateway.answer_details((await gateway.next(DETAILS))[2])
    await recorder.update("theirs", OrderStatus.SUBMITTED)
    with pytest.raises(OrderRefused, match="no such open order of this session"):
        node.execution.cancel("theirs")


async def test_a_cancel_that_was_lost_with_the_connection_binds_nobody_on_the_next(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    node.execution.cancel("ours-1")
    node.drop()
    await node.connect()
    gateway.open_order(order_id, orderRef="ours-1", permId=501, status="PreSubmitted")
    await recorder.update("ours-1", OrderStatus.SUBMITTED, "PreSubmitted")
    await raise_limit(node, gateway)
    node.execution.cancel("ours-1")
    assert (await gateway.next(CANCEL))[2] == order_id
