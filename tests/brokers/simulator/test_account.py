from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ib_insync import IB, Contract, MarketOrder
from ib_insync.wrapper import RequestError

from brokers.simulator.account import STARTING_CASH, Account, tariff
from brokers.simulator.listings import INSTRUMENTS, Instrument
from brokers.simulator.order_message import OrderMessage
from brokers.simulator.orders import Order
from tests.brokers.simulator.conftest import Errors, RawClient, Running, answered, settled, soon, until

BY_SYMBOL = {one.local_symbol: one for one in INSTRUMENTS}


def order(symbol: str, side: str) -> Order:
    message = OrderMessage(1, {}, {"action": side, "totalQuantity": "1"})
    return Order(message, BY_SYMBOL[symbol], "SMART", 1, 1, "DU1000001")


def trade(
    account: Account, side: str, quantity: int, price: str, *, symbol: str = "AAPL", cost: str = "0"
) -> Decimal | None:
    return account.apply(
        order(symbol, side), quantity=Decimal(quantity), price=Decimal(price), commission=Decimal(cost)
    )


def held(account: Account, symbol: str = "AAPL") -> tuple[Decimal, Decimal]:
    position = account.position(BY_SYMBOL[symbol])
    return position.quantity, position.average_cost


def test_a_purchase_opens_a_position_at_its_price_and_its_costs() -> None:
    account = Account("DU1")
    assert trade(account, "BUY", 10, "100", cost="1") is None
    assert held(account) == (Decimal(10), Decimal("100.1"))
    assert account.cash["USD"] == STARTING_CASH - 1001


def test_a_second_purchase_averages() -> None:
    account = Account("DU1")
    trade(account, "BUY", 10, "100")
    trade(account, "BUY", 30, "104")
    assert held(account) == (Decimal(40), Decimal(103))


def test_a_sale_realizes_the_difference_less_its_costs_and_leaves_the_average() -> None:
    account = Account("DU1")
    trade(account, "BUY", 10, "100")
    assert trade(account, "SELL", 4, "110", cost="1") == Decimal(39)
    assert held(account) == (Decimal(6), Decimal(100))


def test_a_closed_position_has_no_average_cost() -> None:
    account = Account("DU1")
    trade(account, "BUY", 10, "100")
    trade(account, "SELL", 10, "90")
    assert held(account) == (Decimal(0), Decimal(0))
    assert account.position(BY_SYMBOL["AAPL"]).realized_pnl == Decimal(-100)


def test_a_short_sale_is_a_negative_position_and_gains_when_the_price_falls() -> None:
    account = Account("DU1")
    trade(account, "SELL", 10, "100", cost="1")
    assert held(account) == (Decimal(-10), Decimal("99.9"))
    assert trade(account, "BUY", 10, "90") == Decimal(99)


def test_a_sale_of_more_than_is_held_turns_the_position_around() -> None:
    account = Account("DU1")
    trade(account, "BUY", 10, "100")
    assert trade(account, "SELL", 15, "110") == Decimal(100)
    assert held(account) == (Decimal(-5), Decimal(110))


def test_a_currency_pair_moves_cash_in_both_currencies_and_its_commission_is_in_dollars() -> None:
    account = Account("DU1")
    trade(account, "BUY", 20_000, "157.25", symbol="USD.JPY", cost="2")
    assert account.cash["USD"] == STARTING_CASH + 20_000 - 2
    assert account.cash["JPY"] == Decimal(-3_145_000)
    assert held(account, "USD.JPY") == (Decimal(20_000), Decimal("157.25"))


executions = st.lists(
    st.tuples(st.sampled_from(["BUY", "SELL"]), st.integers(1, 500), st.decimals("1", "500", places=2)), max_size=30
)


@given(executions)
def test_cash_and_position_always_add_up_to_the_profit(done: list[tuple[str, int, Decimal]]) -> None:
    account = Account("DU1")
    realized = sum((trade(account, side, size, str(price)) or Decimal(0) for side, size, price in done), Decimal(0))
    quantity, average = held(account)
    assert quantity == sum(size if side == "BUY" else -size for side, size, _ in done)
    assert account.cash["USD"] + quantity * average == pytest.approx(STARTING_CASH + realized)


@pytest.mark.parametrize(
    ("symbol", "quantity", "value", "expected"),
    [
        ("AAPL", "10", "1900", "1"),
        ("AAPL", "1000", "190000", "5"),
        ("AAPL", "10000", "10000", "50"),
        ("AAPL", "10000", "1000", "10"),
        ("EUR.USD", "20000", "21690", "2"),
        ("EUR.USD", "1000000", "1084500", "21.69"),
        ("SAP", "10", "1925", "3"),
    ],
)
def test_commissions_have_a_rate_a_minimum_and_a_ceiling(symbol: str, quantity: str, value: str, expected: str) -> None:
    commission = tariff(BY_SYMBOL[symbol]).commission(Decimal(quantity), Decimal(value))
    assert commission == Decimal(expected)


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
    placed = ib.placeOrder(apple, MarketOrder("BUY", 10, tif="DAY"))
    await settled(ib, placed, "Filled")
    await answered(ib)
    [position] = ib.positions()
    price = placed.orderStatus.avgFillPrice
    assert (position.contract.conId, position.position) == (265598, 10.0)
    assert position.avgCost == pytest.approx(price + 0.1)
    [item] = ib.portfolio()
    assert (item.position, item.averageCost) == (10.0, pytest.approx(price + 0.1))
    cash = {value.currency: value.value for value in ib.accountValues() if value.tag == "CashBalance"}
    assert Decimal(cash["USD"]) == STARTING_CASH - 10 * Decimal(str(price)) - 1


async def test_a_closed_position_is_told_as_zero(ib: IB, apple: Contract) -> None:
    told: list[float] = []
    ib.positionEvent += lambda position: told.append(position.position)
    await settled(ib, ib.placeOrder(apple, MarketOrder("BUY", 10, tif="DAY")), "Filled")
    closing = ib.placeOrder(apple, MarketOrder("SELL", 10, tif="DAY"))
    await until(ib, lambda: bool(closing.fills and closing.fills[0].commissionReport.execId))
    await answered(ib)
    assert told == [10.0, 0.0]
    assert ib.positions() == []
    assert closing.fills[0].commissionReport.realizedPNL < 0


async def test_an_opening_execution_has_no_realized_profit(running: Running, ib: IB, apple: Contract) -> None:
    await settled(ib, ib.placeOrder(apple, MarketOrder("BUY", 10, tif="DAY")), "Filled")
    await settled(ib, ib.placeOrder(apple, MarketOrder("SELL", 10, tif="DAY")), "Filled")
    opening, closing = running.rows("commission")
    assert opening["realized_pnl"] is None
    assert Decimal(closing["realized_pnl"]) < 0


async def test_a_summary_has_tags_in_the_base_currency_and_balances_in_each(ib: IB, euro: Contract) -> None:
    await settled(ib, ib.placeOrder(euro, MarketOrder("BUY", 30_000, tif="DAY")), "Filled")
    values = await soon(ib.accountSummaryAsync())
    by_key = {(value.tag, value.currency): value.value for value in values}
    for tag in ("NetLiquidation", "TotalCashValue", "BuyingPower", "AvailableFunds"):
        assert Decimal(by_key[tag, "USD"]) > 0
    assert by_key["CashBalance", "EUR"] == "30000.00"
    assert Decimal(by_key["CashBalance", "BASE"]) == Decimal(by_key["TotalCashValue", "USD"])
    assert by_key["AccountType", ""] == "INDIVIDUAL"
    assert {value.account for value in values} == {"DU1000001"}


async def test_a_summary_brings_the_tags_that_were_asked_for(raw: RawClient) -> None:
    await raw.start()
    raw.send(62, 1, 9, "All", "NetLiquidation,BuyingPower,$LEDGER:USD")
    received = await raw.receive_until(lambda fields: fields[0] == "64")
    assert received[-1] == ["64", "1", "9"]
    tags = [(fields[4], fields[6]) for fields in received[:-1]]
    assert ("NetLiquidation", "USD") in tags
    assert ("BuyingPower", "USD") in tags
    assert ("CashBalance", "USD") in tags
    assert not [tag for tag in tags if tag[1] == "BASE" or tag[0] == "AvailableFunds"]


async def test_a_third_summary_of_a_client_is_refused(raw: RawClient) -> None:
    await raw.start()
    for request_id in (1, 2, 3):
        raw.send(62, 1, request_id, "All", "NetLiquidation")
    received = await raw.receive_until(lambda fields: fields[0] == "4")
    assert received[-1][2:4] == ["3", "322"]
    raw.send(63, 1, 1)
    raw.send(62, 1, 3, "All", "NetLiquidation")
    assert (await raw.receive())[0] == "63"


async def test_an_unknown_group_is_refused(raw: RawClient) -> None:
    await raw.start()
    raw.send(62, 1, 1, "Friends", "NetLiquidation")
    assert (await raw.receive())[2:4] == ["1", "321"]


async def test_another_account_is_refused(ib: IB) -> None:
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
    await settled(ib, ib.placeOrder(apple, MarketOrder("BUY", 200, tif="DAY")), "Filled")
    await answered(ib)
    told: list[str] = []
    ib.accountValueEvent += lambda value: told.append(value.tag)
    mark = running.gateway.market.quote(apple.conId).mark
    while running.gateway.market.quote(apple.conId).mark == mark:
        running.gateway.market.step()
    running.gateway.accounts.refresh()
    await answered(ib)
    assert {"NetLiquidation", "UnrealizedPnL"} <= set(told)


async def test_profit_and_loss_is_told_for_the_account_and_for_a_position(
    running: Running, ib: IB, apple: Contract
) -> None:
    await settled(ib, ib.placeOrder(apple, MarketOrder("BUY", 10, tif="DAY")), "Filled")
    account, single = ib.reqPnL("DU1000001"), ib.reqPnLSingle("DU1000001", "", 265598)
    await answered(ib)
    assert single.position == 10
    assert single.unrealizedPnL == account.unrealizedPnL < 0
    ib.cancelPnL("DU1000001")
    ib.cancelPnLSingle("DU1000001", "", 265598)
    await answered(ib)


async def test_positions_of_several_accounts_are_answered_for_the_one_there_is(
    raw: RawClient, running: Running
) -> None:
    ib = await running.connect(2)
    await settled(ib, ib.placeOrder(Contract(conId=8314), MarketOrder("BUY", 5, tif="DAY")), "Filled")
    await raw.start()
    raw.send(74, 1, 3, "DU1000001", "")
    received = await raw.receive_until(lambda fields: fields[0] == "72")
    assert received[0][:6] == ["71", "1", "3", "DU1000001", "8314", "IBM"]


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda one: one.local_symbol)
async def test_every_currency_has_a_rate(running: Running, instrument: Instrument) -> None:
    assert running.gateway.valuation.rate(instrument.currency) > 0
    if instrument.is_currency_pair:
        assert running.gateway.valuation.rate(instrument.symbol) > 0
