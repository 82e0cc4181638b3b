"""Orders that depend on each other: brackets, attached orders, and groups of which one cancels all."""

from __future__ import annotations

from decimal import Decimal

import pytest
from ib_insync import IB, Contract, LimitOrder, MarketOrder, Order, StopOrder, Trade

from tests.brokers.simulator.conftest import Errors, Running, answered, left, settled, started, stopped
from tests.brokers.simulator.order_scenes import order, quote, step, steps_until

FAR_BELOW = 100.0
FAR_ABOVE = 290.0


def bracket(ib: IB, *, entry: float, profit: float, loss: float, quantity: float = 10) -> list[Order]:
    orders = ib.bracketOrder("BUY", quantity, entry, profit, loss, tif="GTC")
    return [orders.parent, orders.takeProfit, orders.stopLoss]


def place(ib: IB, contract: Contract, orders: list[Order]) -> list[Trade]:
    return [ib.placeOrder(contract, one) for one in orders]


async def test_nobody_hears_of_an_order_that_is_not_transmitted(running: Running, ib: IB, apple: Contract) -> None:
    held = LimitOrder("BUY", 10, FAR_BELOW, tif="GTC", transmit=False)
    trade = ib.placeOrder(apple, held)
    await answered(ib)
    assert trade.orderStatus.status == "PendingSubmit"
    assert running.gateway.orders.open() == running.rows("status") == []
    held.transmit, held.lmtPrice = True, FAR_BELOW + 1
    ib.placeOrder(apple, held)
    await settled(ib, trade, "Submitted")
    [only] = running.gateway.orders.open()
    assert only.limit_price == Decimal(101)


async def test_an_order_that_was_never_transmitted_can_be_cancelled(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 10, FAR_BELOW, tif="GTC", transmit=False))
    ib.cancelOrder(trade.order)
    await settled(ib, trade, "Cancelled")
    await answered(ib)
    assert errors.codes(trade.order.orderId) == [202]


async def test_the_last_of_a_bracket_transmits_the_others_and_they_wait_for_their_parent(
    running: Running, ib: IB, apple: Contract
) -> None:
    parent, profit, loss = place(ib, apple, bracket(ib, entry=FAR_BELOW, profit=FAR_ABOVE, loss=90.0))
    await settled(ib, loss, "PreSubmitted")
    assert [one.orderStatus.status for one in (parent, profit, loss)] == ["Submitted", "PreSubmitted", "PreSubmitted"]
    assert [one.orderStatus.whyHeld for one in (parent, profit, loss)] == ["", "child", "child,trigger"]
    assert profit.orderStatus.parentId == loss.orderStatus.parentId == parent.order.orderId
    assert len(running.rows("status")) == 3


async def test_attached_orders_go_to_work_when_their_parent_is_filled(
    running: Running, ib: IB, apple: Contract
) -> None:
    entry = float(quote(running, apple.conId).ask)
    parent, profit, loss = place(ib, apple, bracket(ib, entry=entry, profit=FAR_ABOVE, loss=90.0))
    await settled(ib, parent, "Filled")
    await settled(ib, profit, "Submitted")
    assert (loss.orderStatus.status, loss.orderStatus.whyHeld) == ("PreSubmitted", "trigger")


async def test_a_parent_that_is_filled_in_part_keeps_its_children_waiting(
    running: Running, ib: IB, apple: Contract
) -> None:
    now = quote(running, apple.conId)
    orders = bracket(ib, entry=float(now.ask), profit=FAR_ABOVE, loss=90.0, quantity=float(now.ask_size) + 10)
    parent, profit, _ = place(ib, apple, orders)
    await settled(ib, profit, "PreSubmitted")
    assert parent.orderStatus.filled == float(now.ask_size)
    assert profit.orderStatus.whyHeld == "child"


async def test_one_end_of_a_bracket_cancels_the_other(running: Running, ib: IB, apple: Contract) -> None:
    now = quote(running, apple.conId)
    profit_at = now.last + Decimal("0.5")
    orders = bracket(ib, entry=float(now.ask), profit=float(profit_at), loss=90.0)
    _, profit, loss = place(ib, apple, orders)
    await settled(ib, profit, "Submitted")
    step(running, steps_until(running, apple.conId, lambda one: one.bid >= profit_at))
    await settled(ib, profit, "Filled")
    await settled(ib, loss, "Cancelled")
    assert running.gateway.account.quantity(running.gateway.catalogue.get(apple.conId)) == 0


async def test_the_children_of_one_parent_are_a_group_of_its_perm_id(running: Running, ib: IB, apple: Contract) -> None:
    parent, *_ = place(ib, apple, bracket(ib, entry=FAR_BELOW, profit=FAR_ABOVE, loss=90.0))
    await settled(ib, parent, "Submitted")
    seen = await (await running.connect(2)).reqAllOpenOrdersAsync()
    groups = {one.order.parentId: (one.order.ocaGroup, one.order.ocaType) for one in seen}
    assert groups == {0: ("", 3), parent.order.orderId: (str(parent.order.permId), 3)}


async def test_cancelling_a_parent_cancels_its_children_and_says_so_of_each(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    trades = place(ib, apple, bracket(ib, entry=FAR_BELOW, profit=FAR_ABOVE, loss=90.0))
    await settled(ib, trades[-1], "PreSubmitted")
    ib.cancelOrder(trades[0].order)
    for trade in trades:
        await settled(ib, trade, "Cancelled")
    await answered(ib)
    assert [errors.codes(trade.order.orderId) for trade in trades] == [[202]] * 3


async def test_cancelling_a_child_leaves_its_parent_and_its_sibling(running: Running, ib: IB, apple: Contract) -> None:
    parent, profit, loss = place(ib, apple, bracket(ib, entry=FAR_BELOW, profit=FAR_ABOVE, loss=90.0))
    await settled(ib, loss, "PreSubmitted")
    ib.cancelOrder(profit.order)
    await settled(ib, profit, "Cancelled")
    assert (parent.orderStatus.status, loss.orderStatus.status) == ("Submitted", "PreSubmitted")


async def test_the_children_of_a_refused_parent_are_refused(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    orders = bracket(ib, entry=FAR_BELOW, profit=FAR_ABOVE, loss=90.0, quantity=1_000_000)
    parent, profit, loss = place(ib, apple, orders)
    await settled(ib, parent, "Inactive")
    await answered(ib)
    assert [errors.codes(one.order.orderId) for one in (parent, profit, loss)] == [[201]] * 3
    assert running.gateway.orders.open() == []


async def test_a_child_may_want_what_only_its_parents_fill_makes_affordable(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    funds = running.gateway.valuation.worth().available_funds
    most = int(funds / quote(running, apple.conId).ask * 2 * Decimal("0.9"))
    by_hand = {"con_id": apple.conId, "side": "BUY", "quantity": Decimal(most)}
    running.gateway.desk.elsewhere.fill(**by_hand)
    parent = ib.placeOrder(apple, LimitOrder("SELL", most, FAR_ABOVE, tif="GTC", transmit=False))
    again = ib.placeOrder(apple, LimitOrder("BUY", most, FAR_BELOW, tif="GTC", parentId=parent.order.orderId))
    alone = ib.placeOrder(apple, LimitOrder("BUY", most, FAR_BELOW, tif="GTC"))
    await settled(ib, alone, "Inactive")
    assert again.orderStatus.status == "PreSubmitted"


async def test_a_child_of_a_filled_parent_goes_to_work_at_once(running: Running, ib: IB, apple: Contract) -> None:
    parent = ib.placeOrder(apple, MarketOrder("BUY", 10, tif="DAY"))
    await settled(ib, parent, "Filled")
    child = ib.placeOrder(apple, LimitOrder("SELL", 10, FAR_ABOVE, tif="GTC", parentId=parent.order.orderId))
    await settled(ib, child, "Submitted")


def group(oca_type: int, *limits: tuple[str, float, float], name: str = "one") -> list[Order]:
    terms = {"tif": "GTC", "ocaGroup": name, "ocaType": oca_type}
    return [LimitOrder(side, quantity, limit, **terms) for side, quantity, limit in limits]


@pytest.mark.parametrize("oca_type", [1, 2, 3])
async def test_an_order_of_a_group_that_fills_cancels_the_others(
    running: Running, ib: IB, apple: Contract, oca_type: int
) -> None:
    ask = quote(running, apple.conId).ask
    wanted = ask - Decimal("0.3")
    first, second = place(ib, apple, group(oca_type, ("BUY", 10, float(wanted)), ("BUY", 10, FAR_BELOW)))
    alone = ib.placeOrder(apple, LimitOrder("BUY", 10, FAR_BELOW, tif="GTC", ocaGroup="another", ocaType=oca_type))
    await settled(ib, alone, "Submitted")
    step(running, steps_until(running, apple.conId, lambda one: one.ask <= wanted))
    await settled(ib, first, "Filled")
    await settled(ib, second, "Cancelled")
    assert alone.orderStatus.status == "Submitted"


async def test_a_partial_fill_reduces_the_rest_of_the_group_in_proportion(
    running: Running, ib: IB, apple: Contract
) -> None:
    now = quote(running, apple.conId)
    half, twice = float(now.ask_size) * 2, float(now.ask_size) * 4
    resting, traded = place(ib, apple, group(2, ("BUY", twice, FAR_BELOW), ("BUY", half, float(now.ask))))
    await settled(ib, traded, "Submitted")
    await answered(ib)
    assert (traded.orderStatus.filled, traded.orderStatus.remaining) == (half / 2, half / 2)
    assert (resting.orderStatus.remaining, resting.order.totalQuantity) == (twice / 2, twice / 2)


async def test_a_partial_fill_of_the_first_type_cancels_the_rest_of_the_group(
    running: Running, ib: IB, apple: Contract
) -> None:
    now = quote(running, apple.conId)
    resting, traded = place(
        ib, apple, group(1, ("BUY", 10, FAR_BELOW), ("BUY", float(now.ask_size) * 2, float(now.ask)))
    )
    await settled(ib, resting, "Cancelled")
    assert traded.orderStatus.status == "Submitted"


@pytest.mark.parametrize(("oca_type", "others_fill"), [(2, 0.0), (3, 15.0)])
async def test_only_without_a_block_do_two_of_a_group_trade_in_one_step(
    running: Running, ib: IB, apple: Contract, oca_type: int, others_fill: float
) -> None:
    first, second, *_ = running.gateway.market.book(apple.conId).asks
    large = float(first.size) * 4
    one, two = place(ib, apple, group(oca_type, ("BUY", large, float(first.price)), ("BUY", 20, float(second.price))))
    await answered(ib)
    assert one.orderStatus.filled == large / 4
    assert two.orderStatus.filled == others_fill
    assert two.order.totalQuantity == 15.0  # a quarter of its group had traded when it came


async def test_a_group_that_has_filled_takes_no_more_orders(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    first = ib.placeOrder(apple, MarketOrder("BUY", 10, tif="DAY", ocaGroup="one", ocaType=1))
    await settled(ib, first, "Filled")
    late = ib.client.getReqId()
    ib.client.placeOrder(late, apple, group(1, ("BUY", 10, FAR_BELOW))[0])
    await answered(ib)
    assert errors.codes(late) == [201]


async def test_an_order_does_not_change_its_group(running: Running, ib: IB, apple: Contract, errors: Errors) -> None:
    [trade] = place(ib, apple, group(1, ("BUY", 10, FAR_BELOW)))
    await settled(ib, trade, "Submitted")
    trade.order.ocaGroup = "another"
    ib.placeOrder(apple, trade.order)
    await answered(ib)
    assert errors.codes(trade.order.orderId) == [10326]


async def test_a_restart_knows_who_waits_for_whom_and_what_a_group_has_left(
    running: Running, ib: IB, apple: Contract
) -> None:
    now = quote(running, apple.conId)
    place(ib, apple, bracket(ib, entry=FAR_BELOW, profit=FAR_ABOVE, loss=90.0))
    size = float(now.ask_size)
    orders = group(3, ("BUY", size * 4, FAR_BELOW), ("BUY", size * 2, float(now.ask)))
    _, traded = place(ib, apple, orders)
    await settled(ib, traded, "Submitted")
    await left(ib)
    await stopped(running)
    again = await started(running.ledger)
    client = await again.connect()
    parent, profit, loss, rest, half = client.openTrades()
    assert [one.orderStatus.whyHeld for one in (parent, profit, loss)] == ["", "child", "child,trigger"]
    assert (rest.orderStatus.remaining, half.orderStatus.remaining) == (size * 2, size)
    client.cancelOrder(parent.order)
    await settled(client, loss, "Cancelled")
    step(again, steps_until(again, apple.conId, lambda one: one.ask <= now.ask and one.ask_size >= now.ask_size))
    await settled(client, half, "Filled")
    await settled(client, rest, "Cancelled")
    await stopped(again)


async def test_a_stop_may_be_attached_alone(running: Running, ib: IB, apple: Contract) -> None:
    parent = ib.placeOrder(apple, LimitOrder("BUY", 10, FAR_BELOW, tif="GTC", transmit=False))
    stop = ib.placeOrder(apple, StopOrder("SELL", 10, 90.0, tif="GTC", parentId=parent.order.orderId))
    await settled(ib, stop, "PreSubmitted")
    assert parent.orderStatus.status == "Submitted"


async def test_an_attached_trail_begins_where_the_market_is_when_its_parent_fills(
    running: Running, ib: IB, apple: Contract
) -> None:
    ask = quote(running, apple.conId).ask
    wanted = ask - Decimal("0.2")
    parent = ib.placeOrder(apple, LimitOrder("BUY", 10, float(wanted), tif="GTC", transmit=False))
    ib.placeOrder(apple, order("TRAIL", "SELL", auxPrice=20.0, parentId=parent.order.orderId))
    await settled(ib, parent, "Submitted")
    step(running, steps_until(running, apple.conId, lambda one: one.ask <= wanted))
    await settled(ib, parent, "Filled")
    [trail] = running.gateway.orders.open()
    assert trail.course.stop_price == quote(running, apple.conId).last - 20
