"""What time does to orders: hours, the day's end, auctions, and what lasts no longer than a moment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ib_insync import IB, Contract, LimitOrder, MarketOrder

from brokers.simulator.catalogue.hours import Calendar
from tests.brokers.simulator.conftest import Errors, Running, answered, left, settled, soon, started, stopped
from tests.brokers.simulator.order_scenes import Clock, order, quote, step

# Wednesday. New York: open at 14:30 UTC, closed at 21:00, extended until 01:00.
MORNING = datetime(2026, 11, 18, 15, tzinfo=UTC)
CLOSE = datetime(2026, 11, 18, 21, tzinfo=UTC)
EVENING = datetime(2026, 11, 18, 22, tzinfo=UTC)
EVENING_END = datetime(2026, 11, 19, 1, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 19, 5, tzinfo=UTC)
NIGHT = datetime(2026, 11, 19, 6, tzinfo=UTC)
NEXT_OPEN = datetime(2026, 11, 19, 14, 30, tzinfo=UTC)

FAR_BELOW = 100.0


@pytest.fixture
def clock() -> Clock:
    return Clock(MORNING)


@pytest.fixture
async def running(tmp_path: Path, clock: Clock) -> AsyncIterator[Running]:
    one = await started(tmp_path / "ledger.jsonl", calendar=Calendar(clock, always_open=False))
    yield one
    await stopped(one)


async def test_an_order_for_the_day_ends_with_it(running: Running, ib: IB, apple: Contract, clock: Clock) -> None:
    day = ib.placeOrder(apple, LimitOrder("BUY", 10, FAR_BELOW, tif="DAY"))
    longer = ib.placeOrder(apple, LimitOrder("BUY", 10, FAR_BELOW, tif="GTC"))
    evening = ib.placeOrder(apple, LimitOrder("BUY", 10, FAR_BELOW, tif="DAY", outsideRth=True))
    await settled(ib, evening, "Submitted")
    clock.pass_to(CLOSE)
    step(running)
    await settled(ib, day, "Cancelled")
    assert (longer.orderStatus.status, evening.orderStatus.status) == ("PreSubmitted", "Submitted")
    clock.pass_to(EVENING_END)
    step(running)
    await settled(ib, evening, "Cancelled")
    assert longer.orderStatus.status == "PreSubmitted"
    [gone, _] = await soon(ib.reqCompletedOrdersAsync(False))
    assert gone.orderStatus.status == "Cancelled"


async def test_a_market_that_never_closes_ends_its_days_at_midnight(
    tmp_path: Path, clock: Clock, apple: Contract
) -> None:
    running = await started(tmp_path / "open.jsonl", calendar=Calendar(clock, always_open=True))
    ib = await running.connect()
    trade = ib.placeOrder(apple, LimitOrder("BUY", 10, FAR_BELOW, tif="DAY"))
    await settled(ib, trade, "Submitted")
    clock.pass_to(CLOSE)
    step(running)
    await answered(ib)
    assert trade.isActive()
    clock.pass_to(MIDNIGHT)
    step(running)
    await settled(ib, trade, "Cancelled")
    await stopped(running)


async def test_an_order_outside_its_hours_waits_for_them_with_a_warning(
    running: Running, ib: IB, apple: Contract, clock: Clock, errors: Errors
) -> None:
    clock.pass_to(EVENING)
    trade = ib.placeOrder(apple, MarketOrder("BUY", 10, tif="DAY"))
    await settled(ib, trade, "PreSubmitted")
    await answered(ib)
    [(_, code, text)] = [one for one in errors.heard if one[0] == trade.order.orderId]
    assert code == 399
    assert "Warning: your order will not be placed at the exchange until 2026-11-19 09:30:00 US/Eastern" in text
    clock.pass_to(NEXT_OPEN)
    step(running)
    await settled(ib, trade, "Filled")


async def test_an_open_order_carries_the_warning_that_it_came_with(
    running: Running, ib: IB, apple: Contract, clock: Clock
) -> None:
    clock.pass_to(NIGHT)
    texts: list[str] = []
    ib.client.decoder.wrapper.openOrder = lambda _id, _contract, _order, state: texts.append(state.warningText)
    ib.client.placeOrder(ib.client.getReqId(), apple, MarketOrder("BUY", 10, tif="DAY"))
    await answered(ib)
    assert texts == ["your order will not be placed at the exchange until 2026-11-19 09:30:00 US/Eastern"]


async def test_orders_for_extended_hours_trade_in_them_and_others_do_not(
    running: Running, ib: IB, apple: Contract, clock: Clock
) -> None:
    clock.pass_to(EVENING)
    ask = float(quote(running, apple.conId).ask)
    regular = ib.placeOrder(apple, LimitOrder("BUY", 10, ask, tif="DAY"))
    extended = ib.placeOrder(apple, LimitOrder("BUY", 10, ask, tif="DAY", outsideRth=True))
    await settled(ib, extended, "Filled")
    assert regular.orderStatus.status == "PreSubmitted"


async def test_nothing_trades_at_night_whatever_it_allows(
    running: Running, ib: IB, apple: Contract, clock: Clock
) -> None:
    clock.pass_to(NIGHT)
    trade = ib.placeOrder(
        apple, LimitOrder("BUY", 10, float(quote(running, apple.conId).ask), tif="DAY", outsideRth=True)
    )
    await settled(ib, trade, "PreSubmitted")
    step(running, 3)
    await answered(ib)
    assert trade.orderStatus.filled == 0


async def test_a_stop_sleeps_through_the_hours_that_it_is_not_made_for(
    running: Running, ib: IB, apple: Contract, clock: Clock
) -> None:
    clock.pass_to(EVENING)
    past = float(quote(running, apple.conId).last + 5)
    regular = ib.placeOrder(apple, order("STP", "SELL", auxPrice=past))
    extended = ib.placeOrder(apple, order("STP", "SELL", auxPrice=past, outsideRth=True))
    await settled(ib, extended, "Filled")
    assert (regular.orderStatus.status, regular.orderStatus.whyHeld) == ("PreSubmitted", "trigger")


@pytest.mark.parametrize("order_type", ["MKT", "MTL", "MIT", "MOC"])
async def test_a_type_of_regular_hours_alone_is_told_that_it_stays_in_them(
    ib: IB, apple: Contract, errors: Errors, order_type: str
) -> None:
    terms = {"auxPrice": 100.0} if order_type == "MIT" else {}
    trade = ib.placeOrder(apple, order(order_type, tif="DAY", outsideRth=True, **terms))
    await answered(ib)
    assert errors.codes(trade.order.orderId) == [2109]


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("20261118-16:00:00", 60), ("20261118 12:00:00 US/Eastern", 120), ("20261118 19:00:00 Europe/Berlin", 180)],
)
async def test_a_good_till_date_is_read_in_its_zone_and_ends_the_order(
    running: Running, ib: IB, apple: Contract, clock: Clock, text: str, minutes: int
) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 10, FAR_BELOW, tif="GTD", goodTillDate=text))
    await settled(ib, trade, "Submitted")
    clock.advance(minutes=minutes - 1)
    step(running)
    await answered(ib)
    assert trade.orderStatus.status == "Submitted"
    clock.advance(minutes=1)
    step(running)
    await settled(ib, trade, "Cancelled")


async def test_fill_or_kill_takes_all_or_nothing(running: Running, ib: IB, apple: Contract, errors: Errors) -> None:
    displayed = float(quote(running, apple.conId).ask_size)
    ask = float(quote(running, apple.conId).ask)
    killed = ib.placeOrder(apple, LimitOrder("BUY", displayed + 1, ask, tif="FOK"))
    await settled(ib, killed, "Cancelled")
    assert killed.fills == []
    filled = ib.placeOrder(apple, LimitOrder("BUY", displayed, ask, tif="FOK"))
    await settled(ib, filled, "Filled")
    assert errors.codes(killed.order.orderId) == [202]


async def test_an_all_or_none_order_waits_until_it_can_have_all(running: Running, ib: IB, apple: Contract) -> None:
    now = quote(running, apple.conId)
    first = ib.placeOrder(apple, LimitOrder("BUY", float(now.ask_size), float(now.ask), tif="DAY"))
    waits = ib.placeOrder(apple, LimitOrder("BUY", 10, float(now.ask), tif="DAY", allOrNone=True))
    await settled(ib, waits, "Submitted")
    assert first.orderStatus.status == "Filled"
    assert waits.orderStatus.filled == 0


async def test_an_order_that_takes_what_there_is_waits_for_its_market_first(
    running: Running, ib: IB, apple: Contract, clock: Clock
) -> None:
    clock.pass_to(EVENING)
    trade = ib.placeOrder(apple, LimitOrder("BUY", 10, FAR_BELOW, tif="IOC"))
    await settled(ib, trade, "PreSubmitted")
    clock.pass_to(NEXT_OPEN)
    step(running)
    await settled(ib, trade, "Cancelled")


async def test_a_market_on_close_order_trades_at_the_close_and_whole(
    running: Running, ib: IB, apple: Contract, clock: Clock
) -> None:
    many = float(quote(running, apple.conId).ask_size) * 4
    trade = ib.placeOrder(apple, order("MOC", "BUY", many, tif="DAY"))
    await settled(ib, trade, "PreSubmitted")
    step(running, 5)
    await answered(ib)
    assert trade.orderStatus.filled == 0
    clock.pass_to(CLOSE)
    step(running)
    await settled(ib, trade, "Filled")
    [fill] = trade.fills
    assert (fill.execution.shares, fill.execution.price) == (many, float(quote(running, apple.conId).mark))
    assert fill.execution.time == CLOSE


@pytest.mark.parametrize(("limit", "status"), [(250.0, "Filled"), (150.0, "Cancelled")])
async def test_a_limit_on_close_order_trades_at_the_close_or_never(
    running: Running, ib: IB, apple: Contract, clock: Clock, limit: float, status: str
) -> None:
    trade = ib.placeOrder(apple, order("LOC", "BUY", tif="DAY", lmtPrice=limit))
    await settled(ib, trade, "PreSubmitted")
    clock.pass_to(CLOSE)
    step(running)
    await settled(ib, trade, status)


@pytest.mark.parametrize(
    ("order_type", "limit", "status"), [("MKT", {}, "Filled"), ("LMT", {"lmtPrice": 150.0}, "Cancelled")]
)
async def test_an_order_for_the_opening_takes_part_in_the_next_one_alone(
    running: Running, ib: IB, apple: Contract, clock: Clock, order_type: str, limit: dict[str, float], status: str
) -> None:
    trade = ib.placeOrder(apple, order(order_type, tif="OPG", **limit))
    await settled(ib, trade, "PreSubmitted")
    for moment in (CLOSE, EVENING, NIGHT):
        clock.pass_to(moment)
        step(running)
    await answered(ib)
    assert trade.orderStatus.status == "PreSubmitted"
    clock.pass_to(NEXT_OPEN)
    step(running)
    await settled(ib, trade, status)


async def test_an_order_for_the_close_can_not_be_cancelled_at_the_last_moment(
    running: Running, ib: IB, apple: Contract, clock: Clock, errors: Errors
) -> None:
    early = ib.placeOrder(apple, order("MOC", tif="DAY"))
    late = ib.placeOrder(apple, order("MOC", tif="DAY"))
    await settled(ib, late, "PreSubmitted")
    ib.cancelOrder(early.order)
    await settled(ib, early, "Cancelled")
    clock.pass_to(CLOSE.replace(hour=20, minute=55))
    ib.cancelOrder(late.order)
    ib.reqGlobalCancel()
    await answered(ib)
    assert errors.codes(late.order.orderId) == [136]
    assert len(running.gateway.orders.open()) == 1


async def test_pairs_have_no_auctions(ib: IB, euro: Contract, errors: Errors) -> None:
    close = ib.client.getReqId()
    ib.client.placeOrder(close, euro, order("MOC", quantity=20_000, tif="DAY"))
    opening = ib.client.getReqId()
    ib.client.placeOrder(opening, euro, order("MKT", quantity=20_000, tif="OPG"))
    await answered(ib)
    assert (errors.codes(close), errors.codes(opening)) == ([387], [10052])


async def test_a_market_to_limit_order_rests_at_the_price_of_its_first_execution(
    running: Running, ib: IB, apple: Contract
) -> None:
    best, second, *_ = running.gateway.market.book(apple.conId).asks
    trade = ib.placeOrder(apple, order("MTL", "BUY", float(best.size + second.size), tif="DAY"))
    await settled(ib, trade, "Submitted")
    await answered(ib)
    assert [fill.execution.price for fill in trade.fills] == [float(best.price)]
    assert (trade.orderStatus.remaining, trade.order.lmtPrice) == (float(second.size), float(best.price))


async def test_a_restart_goes_on_with_auctions_ends_and_sleepers(
    running: Running, ib: IB, apple: Contract, clock: Clock
) -> None:
    last = quote(running, apple.conId).last
    for one in (
        order("MOC", tif="DAY", orderRef="close"),
        order("LMT", tif="DAY", lmtPrice=FAR_BELOW, orderRef="day"),
        order("TRAIL", "SELL", auxPrice=20.0, orderRef="trail"),
    ):
        ib.placeOrder(apple, one)
    await answered(ib)
    await left(ib)
    await stopped(running)
    clock.pass_to(CLOSE)
    again = await started(running.ledger, calendar=Calendar(clock, always_open=False))
    sleeping = {one.order_ref: one for one in again.gateway.orders.open()}
    assert {name: one.status for name, one in sleeping.items()} == dict.fromkeys(sleeping, "PreSubmitted") | {
        "day": "Submitted"
    }
    assert sleeping["trail"].course.stop_price == last - 20
    step(again)
    assert {name: one.status for name, one in sleeping.items()} == {
        "close": "Filled",
        "day": "Cancelled",
        "trail": "PreSubmitted",
    }
    await stopped(again)
