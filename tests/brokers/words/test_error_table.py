"""Every row of IB's error codes that is about an order, in each situation that the order can be in."""

from __future__ import annotations

from decimal import Decimal

import pytest

from brokers.domain import Notice, OrderStatus, OrderUpdate
from brokers.node import TradingNode
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import (
    CANCEL,
    COMPLETED_ORDERS,
    OPEN_ORDERS,
    place,
    place_live,
    raise_limit,
    received,
    whatever_was_sent_has_arrived,
)

REJECTING = [103, 107, 109, 110, 200, 201, 203, 321, 388, 434, 460]
CANCEL_REJECTED = [135, 136, 161, 10147, 10148]
NOTES = [399, 404, 2109, 2137, 2161, 10349, 10167]
UNKNOWN = [105, 399999, 2170]
SITUATIONS = ["new", "modify", "cancel"]


async def order_in(situation: str, node: TradingNode, gateway: ScriptedGateway, recorder: Recorder) -> str:
    """The id of an order that is new, being changed, or being cancelled."""
    if situation == "new":
        return await place(node, gateway)
    order_id = await place_live(node, gateway, recorder)
    if situation == "modify":
        await raise_limit(node, gateway)
    else:
        node.execution.cancel("ours-1")
        await gateway.next(CANCEL)
    return order_id


async def notice_of(code: int, recorder: Recorder) -> Notice:
    return await recorder.until(lambda: next((one for one in recorder.notices if one.code == code), None))


async def update_with(code: int, recorder: Recorder) -> OrderUpdate:
    return await recorder.until(lambda: next((one for one in recorder.updates if one.reason_code == code), None))


def statuses(recorder: Recorder) -> set[OrderStatus]:
    return {update.status for update in recorder.updates}


@pytest.mark.parametrize("code", REJECTING)
async def test_a_new_order_is_rejected(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, code: int
) -> None:
    order_id = await order_in("new", node, gateway, recorder)
    gateway.error(order_id, code, "IB's reason")
    rejected = await recorder.update("ours-1", OrderStatus.REJECTED)
    assert (rejected.reason, rejected.reason_code) == (f"IB's reason (IB {code})", code)
    assert statuses(recorder) == {OrderStatus.REJECTED}


@pytest.mark.parametrize("code", REJECTING)
async def test_a_rejected_change_leaves_the_order_alive_with_its_old_terms(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, code: int
) -> None:
    order_id = await order_in("modify", node, gateway, recorder)
    gateway.error(order_id, code, "IB's reason")
    told = await update_with(code, recorder)
    assert (told.status, told.limit_price, told.reason) == (
        OrderStatus.SUBMITTED,
        Decimal(10),
        f"IB's reason (IB {code})",
    )
    assert (await notice_of(code, recorder)).order_ref == "ours-1"
    await gateway.next(OPEN_ORDERS)
    gateway.order_status(order_id, "Inactive", perm_id=501)
    await recorder.update("ours-1", OrderStatus.SUBMITTED, "Inactive")
    assert OrderStatus.REJECTED not in statuses(recorder)


@pytest.mark.parametrize("code", REJECTING)
async def test_a_rejecting_code_during_a_cancel_is_shown_and_ends_nothing(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, code: int
) -> None:
    order_id = await order_in("cancel", node, gateway, recorder)
    gateway.error(order_id, code)
    assert (await notice_of(code, recorder)).order_ref == "ours-1"
    await gateway.next(OPEN_ORDERS)
    assert statuses(recorder) == {OrderStatus.SUBMITTED}


@pytest.mark.parametrize("situation", SITUATIONS)
async def test_202_is_a_cancel_with_its_reason_whatever_was_asked(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, situation: str
) -> None:
    order_id = await order_in(situation, node, gateway, recorder)
    gateway.error(order_id, 202, "Order Canceled - reason:price too far away")
    cancelled = await recorder.update("ours-1", OrderStatus.CANCELLED)
    assert cancelled.reason == "Order Canceled - reason:price too far away (IB 202)"
    assert not recorder.notices


@pytest.mark.parametrize("situation", ["new", "modify"])
async def test_104_says_that_it_is_filled_already_and_ib_is_asked_how(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, situation: str
) -> None:
    order_id = await order_in(situation, node, gateway, recorder)
    gateway.error(order_id, 104, "Can't modify a filled order.")
    told = await update_with(104, recorder)
    assert told.reason == "Can't modify a filled order. (IB 104)"
    assert not told.status.is_final
    await gateway.next(OPEN_ORDERS)
    gateway.say(53, 1)
    await gateway.next(COMPLETED_ORDERS)


@pytest.mark.parametrize("code", CANCEL_REJECTED)
async def test_a_rejected_cancel_is_said_so_and_ib_is_asked_what_the_order_is(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, code: int
) -> None:
    order_id = await order_in("cancel", node, gateway, recorder)
    gateway.error(order_id, code, "IB's reason")
    told = await update_with(code, recorder)
    assert (told.status, told.reason) == (OrderStatus.SUBMITTED, f"IB's reason (IB {code})")
    await gateway.next(OPEN_ORDERS)
    await raise_limit(node, gateway)  # which an order that is being cancelled can't have


@pytest.mark.parametrize("code", CANCEL_REJECTED)
@pytest.mark.parametrize("situation", ["new", "modify"])
async def test_the_code_of_a_rejected_cancel_that_nobody_asked_for_changes_no_status(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, situation: str, code: int
) -> None:
    order_id = await order_in(situation, node, gateway, recorder)
    gateway.error(order_id, code)
    await notice_of(code, recorder)
    await gateway.next(OPEN_ORDERS)
    assert statuses(recorder) <= {OrderStatus.SUBMITTED}


async def test_2102_says_to_try_the_change_again_later(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await order_in("modify", node, gateway, recorder)
    gateway.error(order_id, 2102, "Unable to modify this order as it is still being processed.")
    told = await update_with(2102, recorder)
    assert (told.status, told.limit_price) == (OrderStatus.SUBMITTED, Decimal(10))
    await gateway.next(OPEN_ORDERS)
    assert (await raise_limit(node, gateway))["lmtPrice"] == "11.0"


async def test_2102_on_a_new_order_changes_no_status(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await order_in("new", node, gateway, recorder)
    gateway.error(order_id, 2102)
    assert (await update_with(2102, recorder)).status is OrderStatus.PENDING


@pytest.mark.parametrize("code", NOTES)
@pytest.mark.parametrize("situation", SITUATIONS)
async def test_a_note_is_shown_and_nothing_else_follows(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, situation: str, code: int
) -> None:
    order_id = await order_in(situation, node, gateway, recorder)
    before = len(recorder.updates)
    gateway.error(order_id, code, "a note")
    note = await notice_of(code, recorder)
    assert (note.message, note.order_ref, note.con_id) == ("a note", "ours-1", 265598)
    await whatever_was_sent_has_arrived(node, gateway)
    assert len(recorder.updates) == before
    assert not received(gateway, OPEN_ORDERS)


@pytest.mark.parametrize("code", UNKNOWN)
@pytest.mark.parametrize("situation", SITUATIONS)
async def test_any_other_code_is_shown_and_ib_is_asked_what_the_order_is(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, situation: str, code: int
) -> None:
    order_id = await order_in(situation, node, gateway, recorder)
    before = len(recorder.updates)
    gateway.error(order_id, code)
    await notice_of(code, recorder)
    await gateway.next(OPEN_ORDERS)
    assert len(recorder.updates) == before


async def test_an_order_that_waits_for_shares_is_not_rejected(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await order_in("new", node, gateway, recorder)
    gateway.error(order_id, 404, "Order held while securities are located.")
    gateway.order_status(order_id, "Inactive", perm_id=501, held="locate")
    waiting = await recorder.update("ours-1", OrderStatus.SUBMITTED, "Inactive")
    assert waiting.reason == "IB holds the order: locate"
    assert (await raise_limit(node, gateway))["lmtPrice"] == "11.0"
    gateway.error(order_id, 201)
    assert (await update_with(201, recorder)).status is OrderStatus.SUBMITTED


async def test_an_order_that_waits_for_shares_is_not_rejected_by_a_code_from_before(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.error(order_id, 201, "about something else")
    gateway.order_status(order_id, "Inactive", perm_id=501, held="locate")
    await recorder.update("ours-1", OrderStatus.SUBMITTED, "Inactive")
    assert OrderStatus.REJECTED not in statuses(recorder)
