from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from ib_insync import IB, ComboLeg, Contract, LimitOrder, MarketOrder, Option
from ib_insync.wrapper import RequestError

from brokers.simulator.catalogue.hours import Calendar
from tests.brokers.simulator.conftest import Running, answered, settled, soon, started, stopped
from tests.brokers.simulator.order_scenes import Clock, step

BEFORE, AFTER = datetime(2026, 11, 23, 18, tzinfo=UTC), datetime(2026, 11, 30, 18, tzinfo=UTC)

# The last day of what expires here, and its end where it trades.
LAST_MORNING = datetime(2026, 11, 27, 15, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 28, 5, tzinfo=UTC)


def call(strike: int) -> Option:
    return Option("SPY", "20261127", strike, "C", "SMART", currency="USD")


async def on(moment: datetime, ledger: Path) -> Running:
    return await started(ledger, calendar=Calendar(lambda: moment))


async def spread(ib: IB) -> Contract:
    low, high = await soon(ib.qualifyContractsAsync(call(545), call(550)))
    legs = [ComboLeg(one.conId, 1, action, "SMART") for one, action in ((low, "BUY"), (high, "SELL"))]
    return Contract(secType="BAG", symbol="SPY", exchange="SMART", currency="USD", comboLegs=legs)


async def test_a_gateway_starts_again_after_what_it_traded_has_expired(tmp_path: Path) -> None:
    first = await on(BEFORE, tmp_path / "ledger.jsonl")
    ib = await first.connect()
    await settled(ib, ib.placeOrder(call(545), MarketOrder("BUY", 1, tif="DAY")), "Filled")
    await settled(ib, ib.placeOrder(await spread(ib), MarketOrder("BUY", 1, tif="DAY")), "Filled")
    await stopped(first)
    again = await on(AFTER, first.ledger)
    held = {one.instrument.strike: one.quantity for one in again.gateway.account.positions()}
    assert held == {Decimal(545): 2, Decimal(550): -1}
    await stopped(again)


async def test_what_has_expired_takes_no_order(tmp_path: Path) -> None:
    first = await on(BEFORE, tmp_path / "ledger.jsonl")
    [bought] = await soon((await first.connect()).qualifyContractsAsync(call(545)))
    await stopped(first)
    again = await on(AFTER, tmp_path / "another.jsonl")
    ib = await again.connect()
    for contract in (bought, call(545)):
        trade = ib.placeOrder(contract, MarketOrder("BUY", 1, tif="DAY"))
        await settled(ib, trade, "Cancelled")
        assert [entry.errorCode for entry in trade.log if entry.errorCode] == [200]
    with pytest.raises(RequestError, match="200"):
        await soon(ib.reqContractDetailsAsync(Contract(conId=bought.conId)))
    await stopped(again)


def the_close(running: Running) -> datetime:
    """Of the last day, as the calendar has it."""
    [instrument] = {order.instrument for order in running.gateway.orders.open() if not order.legs}
    return running.gateway.calendar.next_close(instrument)


@pytest.mark.parametrize("always_open", [True, False])
@pytest.mark.parametrize("terms", [{"tif": "GTC"}, {"tif": "DAY"}, {"tif": "GTD", "goodTillDate": "20270104 10:00:00"}])
async def test_no_order_outlives_what_it_is_for(tmp_path: Path, always_open: bool, terms: dict[str, str]) -> None:
    clock = Clock(LAST_MORNING)
    running = await started(tmp_path / "ledger.jsonl", calendar=Calendar(clock, always_open=always_open))
    ib = await running.connect()
    trade = ib.placeOrder(call(545), LimitOrder("BUY", 1, 0.01, **terms))
    await settled(ib, trade, "Submitted")
    ends_at = the_close(running)
    assert (ends_at == MIDNIGHT) == always_open
    clock.pass_to(ends_at - timedelta(seconds=1))
    step(running)
    await answered(ib)
    assert trade.isActive()
    clock.pass_to(ends_at)
    step(running)
    await settled(ib, trade, "Cancelled")
    await stopped(running)


async def test_an_order_of_a_combination_ends_with_its_legs_also_after_a_restart(tmp_path: Path) -> None:
    first = await on(BEFORE, tmp_path / "ledger.jsonl")
    ib = await first.connect()
    trade = ib.placeOrder(await spread(ib), LimitOrder("BUY", 1, -50, tif="GTC"))
    await settled(ib, trade, "Submitted")
    await stopped(first)
    again = await on(AFTER, first.ledger)
    assert [order.perm_id for order in again.gateway.orders.open()] == [trade.order.permId]
    step(again)
    assert again.gateway.orders.open() == []
    assert again.rows("status")[-1]["completed"] == "Expired"
    await stopped(again)


async def test_what_never_expires_is_ordered_for_good(running: Running, ib: IB, apple: Contract) -> None:
    await settled(ib, ib.placeOrder(apple, LimitOrder("BUY", 1, 100.0, tif="GTC")), "Submitted")
    [order] = running.gateway.orders.open()
    assert order.course.expires_at is None


async def test_streams_of_every_kind_end_and_positions_are_worth_nothing(tmp_path: Path) -> None:
    clock = Clock(LAST_MORNING)
    running = await started(tmp_path / "ledger.jsonl", calendar=Calendar(clock))
    ib = await running.connect()
    [bought] = await soon(ib.qualifyContractsAsync(call(545)))
    await settled(ib, ib.placeOrder(bought, MarketOrder("BUY", 1, tif="DAY")), "Filled")
    quotes = ib.reqMktData(bought)
    ib.reqTickByTickData(bought, "BidAsk")
    await answered(ib)
    [session] = running.gateway.sessions
    assert set(session.streams.instruments().values()) == {running.gateway.catalogue.get(bought.conId)}
    [holding] = running.gateway.valuation.worth().holdings
    assert holding.is_priced
    clock.pass_to(MIDNIGHT)
    seen = quotes.time
    step(running, 20)
    await answered(ib)
    assert (quotes.time, session.streams.instruments()) == (seen, {})
    [holding] = running.gateway.valuation.worth().holdings
    assert (holding.is_priced, holding.value) == (False, Decimal(0))
    ib.cancelMktData(bought)
    await answered(ib)
    await stopped(running)
