"""What an order would cost and tie up, by kind of instrument; each commission in its own currency."""

from __future__ import annotations

from decimal import Decimal

import pytest
from ib_insync import IB, Contract, Forex, Future, LimitOrder, MarketOrder, Order, Stock

from tests.brokers.simulator.conftest import Errors, Running, answered, settled, soon, until
from tests.brokers.simulator.order_scenes import quote

SAP = Stock("SAP", "IBIS", "EUR", conId=14204)


async def previewed(ib: IB, contract: Contract, order: Order):
    return await soon(ib.whatIfOrderAsync(contract, order))


async def front_future(ib: IB) -> Contract:
    return (await ib.reqContractDetailsAsync(Future("ES", exchange="CME", currency="USD")))[0].contract


async def test_a_share_ties_up_half_of_its_value_and_costs_its_commission(
    running: Running, ib: IB, apple: Contract
) -> None:
    state = await previewed(ib, apple, MarketOrder("BUY", 400, tif="DAY"))
    assert float(state.initMarginChange) == pytest.approx(float(quote(running, apple.conId).mark) * 200, rel=1e-6)
    assert float(state.maintMarginChange) == pytest.approx(float(state.initMarginChange) / 2, rel=1e-6)
    assert (state.commission, state.commissionCurrency) == (2.0, "USD")


async def test_what_was_and_what_changes_make_what_becomes_to_the_cent(ib: IB, apple: Contract) -> None:
    for quantity in range(1, 12, 2):
        state = await previewed(ib, apple, MarketOrder("BUY", quantity, tif="DAY"))
        for name in ("initMargin", "maintMargin", "equityWithLoan"):
            was, change, becomes = (Decimal(getattr(state, name + when)) for when in ("Before", "Change", "After"))
            assert was + change == becomes, f"{name} of {quantity}"


async def test_a_future_ties_up_so_much_a_contract_and_moves_no_equity_but_its_commission(ib: IB) -> None:
    state = await previewed(ib, await front_future(ib), MarketOrder("BUY", 2, tif="DAY"))
    assert (float(state.initMarginChange), float(state.maintMarginChange)) == (28600, 26000)
    assert float(state.equityWithLoanChange) == -state.commission == -4.5


async def test_a_european_share_is_charged_in_euro(running: Running, ib: IB) -> None:
    state = await previewed(ib, SAP, LimitOrder("BUY", 100, 190.0, tif="DAY"))
    assert (state.commission, state.commissionCurrency) == (9.5, "EUR")
    trade = ib.placeOrder(SAP, MarketOrder("BUY", 10, tif="DAY"))
    await until(ib, lambda: bool(trade.fills and trade.fills[0].commissionReport.execId))
    report = trade.fills[0].commissionReport
    assert (report.commission, report.currency) == (3.0, "EUR")


async def test_a_pair_is_charged_in_dollars_whatever_its_currencies(running: Running, ib: IB) -> None:
    yen = Forex("USDJPY")
    state = await previewed(ib, yen, MarketOrder("BUY", 1_000_000, tif="DAY"))
    assert (state.commission, state.commissionCurrency) == (pytest.approx(20.0, abs=0.01), "USD")


async def test_what_the_account_has_no_means_for_is_worked_out_and_then_refused(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    state = await previewed(ib, apple, MarketOrder("BUY", 1_000_000, tif="DAY"))
    assert float(state.initMarginAfter) > float(state.equityWithLoanAfter)
    await answered(ib)
    [(code, text)] = [(code, text) for about, code, text in errors.heard if about > 0]
    assert code == 201
    assert "EQUITY WITH LOAN VALUE" in text
    assert [row["code"] for row in running.rows("refusal")] == [201]
    assert running.rows("status") == running.rows("execution") == []


async def test_what_closes_a_position_frees_its_margin(running: Running, ib: IB, apple: Contract) -> None:
    bought = ib.placeOrder(apple, MarketOrder("BUY", 100, tif="DAY"))
    await settled(ib, bought, "Filled")
    state = await previewed(ib, apple, MarketOrder("SELL", 100, tif="DAY"))
    assert float(state.initMarginChange) == pytest.approx(-float(quote(running, apple.conId).mark) * 50, rel=1e-6)


async def test_an_order_filled_in_parts_pays_its_minimum_once(running: Running, ib: IB, apple: Contract) -> None:
    first, *_ = running.gateway.market.book(apple.conId).asks
    trade = ib.placeOrder(apple, MarketOrder("BUY", float(first.size) + 10, tif="DAY"))
    await until(ib, lambda: len(trade.fills) == 2 and all(fill.commissionReport.execId for fill in trade.fills))
    charged = sum(Decimal(row["amount"]) for row in running.rows("commission"))
    assert charged == max(Decimal(1), (first.size + 10) * Decimal("0.005")).quantize(Decimal("0.01"))


async def test_a_what_if_of_a_sleeping_order_is_answered_too(ib: IB, apple: Contract) -> None:
    stop = Order(action="SELL", totalQuantity=10, orderType="STP", auxPrice=150.0, tif="GTC")
    assert (await previewed(ib, apple, stop)).commission == 1.0
