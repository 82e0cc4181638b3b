"""More orders, changes and cancels than IB takes in a second: what becomes of those that still wait here.

The gateway's ledger says what arrived. A resync's questions leave after every order, so that once they are answered,
no order is still on its way.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from brokers.config import InteractiveBrokersExecClientConfig
from brokers.domain import (
    BracketRequest,
    Instrument,
    OrderChange,
    OrderSide,
    OrderStatus,
    OrderType,
    OrderUpdate,
    Unsent,
)
from brokers.listener import LinkState
from brokers.node import TradingNode
from brokers.refusals import OrderRefused
from tests.brokers.execution.conftest import FIRST, SECOND, node_at, order
from tests.brokers.execution.test_orders import working
from tests.brokers.recorder import Recorder
from tests.brokers.simulator.conftest import Running

# More than leave at once, and no more than IB takes of one contract, side and account.
BURST = 60
PLACES = [
    {"account_code": account, "side": side, "limit_price": Decimal(price)}
    for account in (FIRST, SECOND)
    for side, price in ((OrderSide.BUY, "150.00"), (OrderSide.SELL, "250.00"))
]


@pytest.fixture
def order_time_to_live() -> float:
    """Seconds; so many that no machine is too slow for it."""
    return 600.0


@pytest.fixture
async def node(running: Running, recorder: Recorder, order_time_to_live: float) -> AsyncIterator[TradingNode]:
    config = InteractiveBrokersExecClientConfig(order_time_to_live=order_time_to_live)
    node = node_at(running, recorder, exec_clients={"IB": config})
    await node.connect()
    yield node
    node.drop()


# More than a second, so that without a hold they would leave in time.
short_lived = pytest.mark.parametrize("order_time_to_live", [2.0])


def burst(node: TradingNode, aapl: Instrument, count: int = BURST) -> list[str]:
    """So many orders in one breath; their ids. Those beyond what IB takes in a second wait."""
    requests = [order(**PLACES[number % len(PLACES)]) for number in range(count)]
    for request in requests:
        node.execution.place(request, aapl)
    return [request.client_order_id for request in requests]


async def all_working(node: TradingNode, recorder: Recorder, aapl: Instrument) -> list[str]:
    refs = burst(node, aapl)
    await all_are(recorder, refs, "Submitted")
    return refs


async def all_are(recorder: Recorder, refs: list[str], ib_status: str) -> None:
    await recorder.until(
        lambda: {update.order_ref for update in recorder.updates if update.ib_status == ib_status} >= set(refs)
    )


def many_changes(node: TradingNode, ref: str) -> None:
    for cents in range(1, BURST + 1):
        price = Decimal(150) + Decimal(cents) / 100
        node.execution.modify(OrderChange(client_order_id=ref, limit_price=price))


def unsent(recorder: Recorder, what: Unsent) -> list[OrderUpdate]:
    return [update for update in recorder.updates if update.unsent is what]


def refs_unsent(recorder: Recorder, what: Unsent) -> list[str]:
    return [update.order_ref for update in unsent(recorder, what)]


def arrived(running: Running, event: str = "new") -> list[str]:
    return [row["order_ref"] for row in running.rows("order") if row["event"] == event]


def cancels(running: Running) -> list[str]:
    return [row["order_ref"] for row in running.rows("cancel")]


async def lose_ib(running: Running, recorder: Recorder, **lost: Any) -> None:
    await running.scenario.do("drop_link", **lost)
    await recorder.until(lambda: recorder.links[-1] is LinkState.BROKER_LOST)


# Cancelling


async def test_nothing_that_was_placed_before_goes_out_after_everything_was_cancelled(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    refs = burst(node, aapl)
    assert node.execution.cancel_all() == set(refs)
    withdrawn = refs_unsent(recorder, Unsent.ORDER)
    assert withdrawn == refs[-len(withdrawn) :]
    for ref in refs:
        await recorder.update(ref, OrderStatus.CANCELLED)
    await node.resync()
    assert arrived(running) == refs[: -len(withdrawn)]
    assert [row["order_id"] for row in running.rows("cancel")] == [None]


async def test_an_order_that_never_left_is_cancelled_at_once_and_ib_never_hears_of_it(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    *others, last = burst(node, aapl)
    node.execution.cancel(last)
    [told] = unsent(recorder, Unsent.ORDER)
    assert (told.order_ref, told.status, told.ib_status) == (last, OrderStatus.CANCELLED, "")
    assert told.reason == "Cancelled before it was sent: the broker never saw it."
    with pytest.raises(OrderRefused, match="cancelled already"):
        node.execution.cancel(last)
    await all_are(recorder, others, "Submitted")
    await node.resync()
    assert (arrived(running), cancels(running)) == (others, [])


async def test_the_orders_of_one_account_that_never_left_are_withdrawn_and_the_others_go_out(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    refs = burst(node, aapl)
    cancelled = node.execution.cancel_all(SECOND)
    withdrawn = refs_unsent(recorder, Unsent.ORDER)
    assert set(withdrawn) < cancelled
    for ref in cancelled:
        await recorder.update(ref, OrderStatus.CANCELLED)
    await all_are(recorder, [ref for ref in refs if ref not in cancelled], "Submitted")
    await node.resync()
    assert arrived(running) == [ref for ref in refs if ref not in withdrawn]
    assert set(cancels(running)) == cancelled - set(withdrawn)


async def test_a_cancel_takes_the_place_of_the_changes_that_wait(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    request = order()
    await working(node, recorder, request, aapl)
    many_changes(node, request.client_order_id)
    node.execution.cancel(request.client_order_id)
    [told] = unsent(recorder, Unsent.CHANGE)
    assert (told.status, told.reason) == (
        OrderStatus.SUBMITTED,
        "The change was not sent: the order is being cancelled.",
    )
    cancelled = await recorder.update(request.client_order_id, OrderStatus.CANCELLED)
    assert not cancelled.unsent
    await node.resync()
    assert 0 < len(arrived(running, "modify")) < BURST
    assert cancels(running) == [request.client_order_id]


async def test_what_is_attached_to_a_cancelled_order_does_not_go_out_without_it(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    sent = order()
    await working(node, recorder, sent, aapl)
    burst(node, aapl)
    waiting, of_sent = order(account_code=SECOND), order(parent_client_order_id=sent.client_order_id)
    of_waiting = order(account_code=SECOND, parent_client_order_id=waiting.client_order_id)
    of_that = order(account_code=SECOND, parent_client_order_id=of_waiting.client_order_id)
    for request in (waiting, of_sent, of_waiting, of_that):
        node.execution.place(request, aapl)
    node.execution.cancel(waiting.client_order_id)
    family = [waiting.client_order_id, of_waiting.client_order_id, of_that.client_order_id]
    assert refs_unsent(recorder, Unsent.ORDER) == family
    node.execution.cancel(sent.client_order_id)
    assert refs_unsent(recorder, Unsent.ORDER) == [*family, of_sent.client_order_id]
    await recorder.update(sent.client_order_id, OrderStatus.CANCELLED)
    await node.resync()
    assert not {*family, of_sent.client_order_id} & set(arrived(running))
    assert cancels(running) == [sent.client_order_id]


async def test_a_bracket_that_waits_goes_out_whole_or_not_at_all(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    brackets = [bracket(account_code=account) for account in (FIRST, SECOND) * 9]
    for one in brackets:
        node.execution.place_bracket(one, aapl)
    *others, last = brackets
    node.execution.cancel(last.take_profit.client_order_id)
    assert refs_unsent(recorder, Unsent.ORDER) == refs_of(last)
    await all_are(recorder, [one.entry.client_order_id for one in others], "Submitted")
    await node.resync()
    assert arrived(running) == [ref for one in others for ref in refs_of(one)]


def bracket(**fields: Any) -> BracketRequest:
    out = {"side": OrderSide.SELL, **fields}
    return BracketRequest(
        entry=order(**fields),
        take_profit=order(limit_price=Decimal("210.00"), **out),
        stop_loss=order(OrderType.STP, stop_price=Decimal("140.00"), **out),
    )


def refs_of(one: BracketRequest) -> list[str]:
    return [request.client_order_id for request in (one.entry, one.take_profit, one.stop_loss)]


# Too late


@pytest.mark.parametrize("order_time_to_live", [0.3])
async def test_an_order_that_can_t_leave_in_time_is_refused_and_not_sent_late(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    refs = burst(node, aapl)
    taken = await taken_by_ib(recorder, refs)
    left, refused = [ref for ref in refs if ref in taken], unsent(recorder, Unsent.ORDER)
    assert [update.order_ref for update in refused] == refs[len(left) :]
    assert {update.status for update in refused} == {OrderStatus.REJECTED}
    assert {update.reason for update in refused} == {
        "Not sent: it has waited 0.3 s for its turn (IB takes 50 messages a second), and is not sent late. "
        "Nothing reached the broker; decide again."
    }
    await node.resync()
    assert arrived(running) == left


async def test_an_order_has_no_more_time_than_what_was_left_of_it(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    others, late, whole = burst(node, aapl), order(), bracket()
    node.execution.place(late, aapl, time_left=0.1)
    node.execution.place_bracket(whole, aapl, time_left=0.1)
    await all_are(recorder, others, "Submitted")
    assert refs_unsent(recorder, Unsent.ORDER) == [late.client_order_id, *refs_of(whole)]
    assert arrived(running) == others


async def test_a_change_has_no_more_time_than_what_was_left_of_it(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    [ref, *_] = await all_working(node, recorder, aapl)
    many_changes(node, ref)
    node.execution.modify(OrderChange(client_order_id=ref, limit_price=Decimal("149.00")), time_left=0.1)
    await recorder.until(lambda: bool(unsent(recorder, Unsent.CHANGE)))
    await node.resync()
    assert "149.00" not in str(running.rows("order"))


async def taken_by_ib(recorder: Recorder, refs: list[str]) -> set[str]:
    """Which of them, once something was told of each."""
    await recorder.until(lambda: {update.order_ref for update in recorder.updates} == set(refs))
    return {update.order_ref for update in recorder.updates if update.ib_status}


# Without IB


@short_lived
@pytest.mark.parametrize("code", [1100, 2110])
async def test_orders_that_wait_while_ib_is_lost_are_not_sent_and_are_refused_when_they_are_too_old(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument, code: int
) -> None:
    refs = burst(node, aapl)
    await lose_ib(running, recorder, code=code)
    told = await recorder.update(refs[-1], OrderStatus.REJECTED)
    assert "it has waited 2 s for the gateway to find Interactive Brokers" in told.reason
    refused = refs_unsent(recorder, Unsent.ORDER)
    assert refused == refs[-len(refused) :]
    await running.scenario.do("restore_link")
    await node.resync()
    assert arrived(running) == refs[: -len(refused)]


@pytest.mark.parametrize("data", ["kept", "lost"])
async def test_orders_that_are_young_enough_go_out_when_ib_is_back(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument, data: str
) -> None:
    refs = burst(node, aapl)
    await lose_ib(running, recorder)
    await running.scenario.do("restore_link", data=data)
    await all_are(recorder, refs, "Submitted")
    await node.resync()
    assert Counter(arrived(running)) == Counter(refs)


async def test_an_order_that_never_left_can_be_cancelled_while_ib_is_lost(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    *others, last = burst(node, aapl)
    await lose_ib(running, recorder)
    node.execution.cancel(last)
    assert refs_unsent(recorder, Unsent.ORDER) == [last]
    with pytest.raises(OrderRefused, match="lost its connection"):
        node.execution.cancel_all()
    withdrawn = refs_unsent(recorder, Unsent.ORDER)[1:]
    assert withdrawn == others[-len(withdrawn) :]
    await running.scenario.do("restore_link")
    await node.resync()
    assert arrived(running) == others[: -len(withdrawn)]


async def test_a_change_that_waits_when_ib_is_lost_is_withdrawn_since_the_order_may_be_another_afterwards(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    request = order()
    await working(node, recorder, request, aapl)
    many_changes(node, request.client_order_id)
    await lose_ib(running, recorder)
    [told] = unsent(recorder, Unsent.CHANGE)
    assert told.status is OrderStatus.SUBMITTED
    assert told.reason.startswith("The change was not sent: the gateway lost its connection")
    await running.scenario.do("restore_link")
    await node.resync()
    sent = len(arrived(running, "modify"))
    assert 0 < sent < BURST
    assert recorder.updates[-1].limit_price == Decimal(150) + Decimal(sent) / 100
    node.execution.modify(OrderChange(client_order_id=request.client_order_id, quantity=Decimal(20)))
    changed = await recorder.until(lambda: recorder.updates[-1].quantity == 20 and recorder.updates[-1])
    assert changed.limit_price == Decimal(150) + Decimal(sent) / 100


@short_lived
async def test_cancels_that_wait_when_ib_is_lost_leave_when_it_is_back(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    refs = await all_working(node, recorder, aapl)
    for ref in refs:
        node.execution.cancel(ref)
    node.execution.place(late := order(account_code=SECOND), aapl)
    await lose_ib(running, recorder)
    await recorder.update(late.client_order_id, OrderStatus.REJECTED)  # so long that they would have left long since
    given = [row for row in running.rows("request") if row["name"] == "cancelOrder"]
    assert len(given) < BURST
    await running.scenario.do("restore_link")
    await all_are(recorder, refs, "Cancelled")
    assert cancels(running) == refs


# The end of a session


async def test_a_node_that_stops_lets_its_cancels_leave_and_keeps_its_orders_back(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    refs = await all_working(node, recorder, aapl)
    for ref in refs:
        node.execution.cancel(ref)
    late = [order(account_code=SECOND) for _ in range(3)]
    for request in late:
        node.execution.place(request, aapl)
    await node.stop()
    await running.gone(1)
    assert (cancels(running), arrived(running)) == (refs, refs)
    assert refs_unsent(recorder, Unsent.ORDER) == [request.client_order_id for request in late]
    assert "the session was stopped while it waited" in unsent(recorder, Unsent.ORDER)[0].reason
    assert not unsent(recorder, Unsent.CANCEL)


async def test_nothing_is_taken_while_a_node_stops(node: TradingNode, aapl: Instrument, recorder: Recorder) -> None:
    refs = await all_working(node, recorder, aapl)
    for ref in refs:
        node.execution.cancel(ref)
    stopping = asyncio.create_task(node.stop())
    await asyncio.wait({stopping}, timeout=0)
    for refused in (lambda: node.execution.place(order(account_code=SECOND), aapl), node.execution.cancel_all):
        with pytest.raises(OrderRefused, match="is being stopped, so nothing was sent"):
            refused()
    await stopping


async def test_a_node_that_is_dropped_sends_nothing_more_and_says_what_never_left(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    refs = await all_working(node, recorder, aapl)
    for ref in refs:
        node.execution.cancel(ref)
    node.execution.place(late := order(account_code=SECOND), aapl)
    node.drop()
    assert refs_unsent(recorder, Unsent.ORDER) == [late.client_order_id]
    uncancelled = refs_unsent(recorder, Unsent.CANCEL)
    assert uncancelled == refs[-len(uncancelled) :]
    assert "The order stays as it is" in unsent(recorder, Unsent.CANCEL)[0].reason
    await running.gone(1)
    assert not set(uncancelled) & set(cancels(running))
    assert late.client_order_id not in arrived(running)


async def test_a_withdrawn_order_takes_no_place_and_its_id_is_not_used_again(
    node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    *_, last = burst(node, aapl, 80)
    with pytest.raises(OrderRefused, match="20 active orders"):
        node.execution.place(order(**PLACES[-1]), aapl)
    node.execution.cancel(last)
    with pytest.raises(OrderRefused, match=f"{last} was withdrawn before it was sent"):
        node.execution.place(order(client_order_id=last), aapl)
    node.execution.place(replaced := order(**PLACES[-1]), aapl)
    await recorder.update(replaced.client_order_id, OrderStatus.SUBMITTED)
