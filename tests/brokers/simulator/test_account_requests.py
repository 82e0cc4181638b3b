from __future__ import annotations

from decimal import Decimal

import pytest
from ib_insync import IB, Contract, MarketOrder
from ib_insync.wrapper import RequestError

from brokers.simulator.accounts.account import STARTING_CASH
from tests.brokers.simulator.conftest import Errors, RawClient, Running, answered, settled, soon, until
from tests.brokers.simulator.trading import bought, sold

ACCOUNT = "DU1000001"
VODAFONE = 29612256
IBM = 8314


async def test_the_minimum_commission_is_the_orders_and_not_each_executions(
    running: Running, ib: IB, apple: Contract
) -> None:
    displayed = running.gateway.market.quote(apple.conId).ask_size
    wanted = int(displayed) + 100
    placed = ib.placeOrder(apple, MarketOrder("BUY", wanted, tif="DAY"))
    while len(running.rows("execution")) < 1:
        await answered(ib)
    while running.gateway.orders.open():
        running.gateway.market.step()
    await settled(ib, placed, "Filled")
    paid = sum(Decimal(row["amount"]) for row in running.rows("commission"))
    assert paid == max(Decimal(1), wanted * Decimal("0.005")).quantize(Decimal("0.01"))


async def test_a_fill_moves_positions_portfolio_and_cash(running: Running, ib: IB, apple: Contract) -> None:
    price = await bought(ib, apple, 10)
    await answered(ib)
    [position] = ib.positions()
    assert (position.contract.conId, position.position) == (265598, 10.0)
    assert position.avgCost == pytest.approx(price + 0.1)
    [item] = ib.portfolio()
    assert (item.position, item.averageCost) == (10.0, pytest.approx(price + 0.1))
    assert item.marketValue == pytest.approx(item.marketPrice * 10)
    cash = {value.currency: value.value for value in ib.accountValues() if value.tag == "CashBalance"}
    assert Decimal(cash["USD"]) == STARTING_CASH["USD"] - 10 * Decimal(str(price)) - 1


async def test_shares_quoted_in_pence_are_a_position_in_pounds(ib: IB) -> None:
    price = await bought(ib, Contract(conId=VODAFONE, exchange="SMART"), 1000)
    await answered(ib)
    [position], [item] = ib.positions(), ib.portfolio()
    assert position.avgCost == pytest.approx(price / 100 + 0.003)
    assert item.marketValue == pytest.approx(item.marketPrice * 1000, abs=0.01)
    assert item.unrealizedPNL == pytest.approx(item.marketValue - position.avgCost * 1000, abs=0.01)
    cash = {value.currency: Decimal(value.value) for value in ib.accountValues() if value.tag == "CashBalance"}
    assert float(STARTING_CASH["GBP"] - cash["GBP"]) == pytest.approx(price * 10 + 3)


async def test_a_commission_comes_in_the_currency_of_what_was_traded(ib: IB) -> None:
    placed = ib.placeOrder(Contract(conId=14204, exchange="SMART"), MarketOrder("BUY", 10, tif="DAY"))
    await until(ib, lambda: bool(placed.fills and placed.fills[0].commissionReport.execId))
    assert (placed.fills[0].commissionReport.currency, placed.fills[0].commissionReport.commission) == ("EUR", 3.0)


async def test_a_closed_position_is_told_as_zero_once(running: Running, ib: IB, apple: Contract) -> None:
    told: list[float] = []
    shown: list[float] = []
    ib.positionEvent += lambda position: told.append(position.position)
    ib.updatePortfolioEvent += lambda item: shown.append(item.position)
    await bought(ib, apple, 10)
    assert await sold(ib, apple, 10) < 0
    running.gateway.market.step()
    running.gateway.accounts.refresh()
    await answered(ib)
    assert told == [10.0, 0.0]
    assert shown == [10.0, 0.0]
    assert ib.positions() == ib.portfolio() == []


async def test_a_client_that_comes_later_is_told_nothing_of_what_is_closed(
    running: Running, ib: IB, apple: Contract
) -> None:
    await bought(ib, apple, 10)
    await sold(ib, apple, 10)
    late = await running.raw()
    await late.start(2)
    late.send(61, 1)
    late.send(6, 2, 1, ACCOUNT)
    received = await late.receive_until(lambda fields: fields[0] == "54")
    assert received[0] == ["62", "1"]
    assert not [fields for fields in received if fields[0] == "7"]


async def test_an_opening_execution_has_no_realized_profit(running: Running, ib: IB, apple: Contract) -> None:
    await bought(ib, apple, 10)
    await sold(ib, apple, 10)
    opening, closing = running.rows("commission")
    assert opening["realized_pnl"] is None
    assert Decimal(closing["realized_pnl"]) < 0


async def test_what_is_realized_is_what_the_cash_lost(ib: IB, apple: Contract) -> None:
    await bought(ib, apple, 30)
    realized = await sold(ib, apple, 30)
    await answered(ib)
    values = {(value.tag, value.currency): value.value for value in ib.accountValues()}
    lost = float(Decimal(values["CashBalance", "USD"]) - STARTING_CASH["USD"])
    assert lost == pytest.approx(realized)
    assert float(values["RealizedPnL", "USD"]) == float(values["RealizedPnL", "BASE"]) == pytest.approx(realized)


async def test_an_order_beyond_the_funds_is_turned_away_and_one_that_closes_is_not(
    running: Running, ib: IB, apple: Contract
) -> None:
    await bought(ib, apple, 10)
    running.gateway.account.cash["USD"] = Decimal(-10_000_000)
    refused = ib.placeOrder(apple, MarketOrder("BUY", 1, tif="DAY"))
    await settled(ib, refused, "Inactive")
    assert await sold(ib, apple, 10) != 0


async def test_a_summary_has_tags_in_the_base_currency_and_balances_in_each(ib: IB, euro: Contract) -> None:
    await bought(ib, euro, 30_000)
    values = await soon(ib.accountSummaryAsync())
    by_key = {(value.tag, value.currency): value.value for value in values}
    for tag in ("NetLiquidation", "TotalCashValue", "BuyingPower", "AvailableFunds"):
        assert Decimal(by_key[tag, "USD"]) > 0
    assert Decimal(by_key["CashBalance", "EUR"]) == STARTING_CASH["EUR"] + 30_000
    assert round(Decimal(by_key["CashBalance", "BASE"]), 2) == Decimal(by_key["TotalCashValue", "USD"])
    assert by_key["AccountType", ""] == "INDIVIDUAL"
    assert {value.account for value in values} == {ACCOUNT}


async def test_a_summary_brings_the_tags_that_were_asked_for(raw: RawClient) -> None:
    await raw.start()
    raw.send(62, 1, 9, "All", "NetLiquidation,BuyingPower,ReqTEquity,$LEDGER:USD")
    received = await raw.receive_until(lambda fields: fields[0] == "64")
    assert received[-1] == ["64", "1", "9"]
    assert {fields[:4][-1] for fields in received[:-1]} == {ACCOUNT}
    tags = [(fields[4], fields[6]) for fields in received[:-1]]
    assert tags[:2] == [("BuyingPower", "USD"), ("NetLiquidation", "USD")]
    assert ("CashBalance", "USD") in tags
    assert not [tag for tag in tags if tag[1] != "USD" or tag[0] in ("AvailableFunds", "ReqTEquity")]


@pytest.mark.parametrize(
    ("tag", "currencies"),
    [
        ("$LEDGER", {"BASE"}),
        ("$LEDGER:EUR", {"EUR"}),
        ("$LEDGER:ALL", {"BASE", "CHF", "EUR", "GBP", "JPY", "USD"}),
        ("$LEDGER:SEK", set()),
    ],
)
async def test_a_ledger_brings_the_currencies_that_were_asked_for(
    raw: RawClient, tag: str, currencies: set[str]
) -> None:
    await raw.start()
    raw.send(62, 1, 9, "All", tag)
    received = await raw.receive_until(lambda fields: fields[0] == "64")
    assert {fields[6] for fields in received[:-1]} == currencies


async def test_a_third_summary_of_a_client_is_refused(raw: RawClient) -> None:
    await raw.start()
    for request_id in (1, 2, 3):
        raw.send(62, 1, request_id, "All", "NetLiquidation")
    received = await raw.receive_until(lambda fields: fields[0] == "4")
    assert received[-1][2:4] == ["3", "322"]
    raw.send(63, 1, 1)
    raw.send(62, 1, 3, "All", "NetLiquidation")
    assert (await raw.receive())[0] == "63"


@pytest.mark.parametrize(
    ("fields", "request_id", "code"),
    [
        ((62, 1, 1, "Friends", "NetLiquidation"), "1", "321"),
        ((6, 2, 1, "DU7"), "-1", "321"),
        ((74, 1, 2, "DU7", ""), "2", "321"),
        ((74, 1, 2, ACCOUNT, "my model"), "2", "321"),
        ((76, 1, 3, "DU7", "", 0), "3", "321"),
        ((92, 4, "DU7", ""), "4", "321"),
        ((94, 5, "DU7", "", 265598), "5", "321"),
        ((94, 5, ACCOUNT, "", 424242), "5", "2150"),
    ],
)
async def test_what_belongs_to_nobody_here_is_refused(
    raw: RawClient, fields: tuple[object, ...], request_id: str, code: str
) -> None:
    await raw.start()
    raw.send(*fields)
    assert (await raw.receive())[:4] == ["4", "2", request_id, code]


async def test_a_request_for_another_account_ends_with_an_error(ib: IB) -> None:
    with pytest.raises(RequestError, match="321"):
        await soon(ib.reqAccountUpdatesMultiAsync("DU7"))


async def test_figures_that_did_not_change_are_not_told_again(running: Running, ib: IB, errors: Errors) -> None:
    told: list[str] = []
    ib.accountValueEvent += lambda value: told.append(value.tag)
    running.gateway.accounts.refresh()
    await answered(ib)
    assert told == []


async def test_subscribers_hear_what_the_market_made_of_their_positions(
    running: Running, ib: IB, apple: Contract
) -> None:
    await bought(ib, apple, 200)
    await answered(ib)
    told: list[str] = []
    ib.accountValueEvent += lambda value: told.append(value.tag)
    mark = running.gateway.market.quote(apple.conId).mark
    while running.gateway.market.quote(apple.conId).mark == mark:
        running.gateway.market.step()
    running.gateway.accounts.refresh()
    await answered(ib)
    assert {"NetLiquidation", "UnrealizedPnL"} <= set(told)
    assert "AccountCode" not in told


async def test_the_account_window_ends_with_its_time_and_its_end(raw: RawClient) -> None:
    await raw.start()
    raw.send(6, 2, 1, "")
    received = await raw.receive_until(lambda fields: fields[0] == "54")
    assert received[0] == ["6", "2", "AccountCode", ACCOUNT, "", ACCOUNT]
    assert received[-2][:2] == ["8", "1"]
    assert len(received[-2][2]) == 5
    assert received[-1] == ["54", "1", ACCOUNT]


async def test_an_account_window_without_news_says_nothing_not_even_the_time(running: Running, raw: RawClient) -> None:
    await raw.start()
    raw.send(6, 2, 1, ACCOUNT)
    await raw.receive_until(lambda fields: fields[0] == "54")
    running.gateway.accounts.refresh()
    raw.send(49, 1)
    assert (await raw.receive())[0] == "49"


async def test_an_account_window_that_was_closed_stays_silent(running: Running, raw: RawClient, ib: IB) -> None:
    await raw.start(2)
    raw.send(6, 2, 1, ACCOUNT)
    await raw.receive_until(lambda fields: fields[0] == "54")
    raw.send(6, 2, 0, ACCOUNT)
    raw.send(49, 1)
    assert (await raw.receive())[0] == "49"
    await bought(ib, Contract(conId=IBM), 5)
    raw.send(49, 1)
    assert (await raw.receive())[0] == "49"


async def test_the_light_updates_are_the_ledger_and_the_net_liquidation_value(raw: RawClient) -> None:
    await raw.start()
    raw.send(76, 1, 3, ACCOUNT, "", 1)
    received = await raw.receive_until(lambda fields: fields[0] == "74")
    tags = {(fields[5], fields[7]) for fields in received[:-1]}
    assert ("NetLiquidation", "USD") in tags
    assert ("CashBalance", "JPY") in tags
    assert not {tag for tag, _ in tags} & {"AvailableFunds", "AccountCode", "BuyingPower"}
    assert received[-1] == ["74", "1", "3"]


async def test_positions_of_one_account_are_answered_and_then_told_when_they_change(
    raw: RawClient, running: Running, ib: IB
) -> None:
    await bought(ib, Contract(conId=IBM), 5)
    await raw.start(2)
    raw.send(74, 1, 3, ACCOUNT, "")
    received = await raw.receive_until(lambda fields: fields[0] == "72")
    assert received[0][:6] == ["71", "1", "3", ACCOUNT, "8314", "IBM"]
    await sold(ib, Contract(conId=IBM), 5)
    told = await raw.receive()
    assert (told[0], told[-3]) == ("71", "0")
    raw.send(75, 1, 3)
    raw.send(49, 1)
    assert (await raw.receive())[0] == "49"
    await bought(ib, Contract(conId=IBM), 5)
    raw.send(49, 1)
    assert (await raw.receive())[0] == "49"


async def test_an_account_without_a_family_is_a_star(ib: IB, raw: RawClient) -> None:
    await raw.start(2)
    raw.send(80)
    assert await raw.receive() == ["78", "1", "*", ""]
