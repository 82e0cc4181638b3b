from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokers.simulator.accounts import statement
from brokers.simulator.accounts.account import STARTING_CASH
from brokers.simulator.accounts.amounts import ledger_money, money, shortened
from brokers.simulator.accounts.statement import Figure
from brokers.simulator.accounts.valuation import Holding
from tests.brokers.simulator.bank import NOTHING, Bank
from tests.brokers.simulator.examples import CONTRACTS


@pytest.fixture
def bank() -> Bank:
    """All of its money is dollars, so that no foreign balance ties any up."""
    return Bank({"USD": Decimal(1_000_000)})


def test_the_summary_has_every_tag_that_ibs_page_lists_and_gateways_send() -> None:
    tags = {one.tag for one in statement.summary(Bank().valuation.worth())}
    listed = (
        "AccountType NetLiquidation TotalCashValue SettledCash AccruedCash BuyingPower EquityWithLoanValue "
        "PreviousDayEquityWithLoanValue GrossPositionValue RegTEquity RegTMargin SMA InitMarginReq MaintMarginReq "
        "AvailableFunds ExcessLiquidity Cushion FullInitMarginReq FullMaintMarginReq FullAvailableFunds "
        "FullExcessLiquidity LookAheadNextChange LookAheadInitMarginReq LookAheadMaintMarginReq "
        "LookAheadAvailableFunds LookAheadExcessLiquidity HighestSeverity DayTradesRemaining DayTradesRemainingT+1 "
        "DayTradesRemainingT+2 DayTradesRemainingT+3 DayTradesRemainingT+4 Leverage"
    )
    assert " ".join(sorted(tags)) == " ".join(sorted(listed.split()))


def test_figures_are_written_as_ib_writes_them(bank: Bank) -> None:
    bank.trade("AAPL", "122", price=Decimal("381.5"))
    assert bank.text("AccountType") == "INDIVIDUAL"
    assert bank.text("AccountCode") == "DU1"
    assert bank.text("AccountReady") == "true"
    assert bank.text("LookAheadNextChange") == "0"
    assert bank.text("DayTradesRemaining") == "-1"
    assert bank.text("NetLiquidation", "USD") == money(bank.worth.equity)
    assert bank.text("CashBalance", "BASE") == "953457.00"
    assert bank.text("ExchangeRate", "BASE") == bank.text("ExchangeRate", "USD") == "1.00"
    assert bank.text("RealCurrency", "BASE") == "USD"
    assert bank.text("AccountOrGroup", "USD") == "DU1"
    assert bank.text("Currency", "BASE") == "BASE"
    assert 0 < Decimal(bank.text("Cushion")) < 1


@pytest.mark.parametrize(
    ("amount", "in_cents", "in_ledger"),
    [
        ("0", "0.00", "0.00"),
        ("-0.001", "0.00", "-0.001"),
        ("953023.2", "953023.20", "953023.20"),
        ("7421167.74409", "7421167.74", "7421167.7441"),
        ("0.005", "0.01", "0.005"),
        ("-152.015", "-152.02", "-152.015"),
        ("100", "100.00", "100.00"),
    ],
)
def test_amounts_have_cents_and_balances_up_to_four_digits(amount: str, in_cents: str, in_ledger: str) -> None:
    assert money(Decimal(amount)) == in_cents
    assert ledger_money(Decimal(amount)) == in_ledger


@given(st.decimals("-1e9", "1e9", places=6))
def test_a_shortened_amount_is_the_same_amount_with_two_digits_at_least(amount: Decimal) -> None:
    text = shortened(amount)
    assert Decimal(text) == amount
    assert len(text.partition(".")[2]) >= 2
    assert not text.endswith("0") or len(text.partition(".")[2]) == 2


def test_the_window_goes_tag_by_tag_and_has_no_two_rows_alike() -> None:
    figures = statement.window(Bank().valuation.worth())
    keys = [(one.tag, one.currency) for one in figures]
    assert len(keys) == len(set(keys))
    assert [tag for tag, _ in keys] == sorted(tag for tag, _ in keys)
    assert [currency for tag, currency in keys if tag == "CashBalance"] == ["BASE", "CHF", "EUR", "GBP", "JPY", "USD"]


def test_the_light_window_is_the_ledger_and_the_net_liquidation_value(bank: Bank) -> None:
    worth = bank.worth
    light = set(statement.light_window(worth))
    assert light == {*statement.ledger(worth), Figure("NetLiquidation", "1000000.00", "USD")}


def test_a_stock_abroad_counts_in_its_own_currency_and_in_base() -> None:
    bank = Bank()
    bank.trade("SAP", "10", price=Decimal(190), cost="3")
    rate = bank.marks.rate("EUR")
    assert bank.figure("CashBalance", "EUR") == STARTING_CASH["EUR"] - 1903
    assert bank.figure("StockMarketValue", "EUR") == bank.mark("SAP") * 10
    assert bank.figure("StockMarketValue", "USD") == 0
    assert bank.figure("UnrealizedPnL", "EUR") == bank.mark("SAP") * 10 - 1903
    in_base = bank.figure("UnrealizedPnL", "EUR") * rate
    assert bank.figure("UnrealizedPnL", "BASE") == pytest.approx(in_base, abs=Decimal("0.0001"))
    assert bank.figure("ExchangeRate", "EUR") == round(rate, 7)


def test_a_future_counts_as_its_gain_and_its_value_is_nobodys(bank: Bank) -> None:
    bank.trade("ES", "1", price=bank.mark("ES") - 10)
    assert bank.figure("FuturesPNL", "USD") == bank.figure("FuturesPNL", "BASE") == 500
    assert bank.figure("TotalCashBalance", "BASE") == bank.figure("TotalCashValue") == 1_000_500
    assert bank.figure("CashBalance", "USD") == 1_000_000
    assert bank.figure("GrossPositionValue") == 0


@pytest.mark.parametrize(
    ("of", "tag"),
    [
        ("AAPL", "StockMarketValue"),
        ("SPY CALL", "OptionMarketValue"),
        ("ES CALL", "FutureOptionValue"),
        ("BOND", "CorporateBondValue"),
        ("BTC", "Cryptocurrency"),
        ("XAUUSD", "StockMarketValue"),
    ],
)
def test_each_kind_counts_under_its_own_tag(bank: Bank, of: str, tag: str) -> None:
    bank.trade(of, "2")
    assert bank.figure(tag) == bank.figure(tag, "BASE") == pytest.approx(bank.value(of) * 2)
    assert bank.figure("GrossPositionValue") == pytest.approx(bank.value(of) * 2, abs=Decimal("0.01"))


trades = st.lists(
    st.tuples(st.sampled_from(sorted(CONTRACTS)), st.integers(-50, 50).filter(bool), st.integers(0, 3)), max_size=15
)


@given(trades, st.integers(1, 5))
@settings(deadline=None)
def test_the_books_always_balance(done: list[tuple[str, int, int]], seed: int) -> None:
    bank = Bank(seed=seed)
    for of, change, steps in done:
        bank.trade(of, str(change), cost="1.23")
        for _ in range(steps):
            bank.market.step()
    worth = bank.worth
    cash = sum(amount * worth.rate(currency) for currency, amount in worth.cash.items())
    futures = worth.total(lambda one: one.unsettled if one.is_settled_in_differences else NOTHING)
    positions = worth.total(lambda one: one.value if one.is_owned else NOTHING)
    assert worth.equity == pytest.approx(cash + futures + positions)
    assert worth.equity == pytest.approx(worth.total_cash + positions)
    _check_ledger(bank, worth.cash, tolerance=Decimal("0.02"))
    _check_funds(bank)


def _check_ledger(bank: Bank, cash: dict[str, Decimal], *, tolerance: Decimal) -> None:
    """The ledger's currencies, each at its rate, are what BASE says; and BASE is what the account's own figures say."""
    for tag in ("CashBalance", "TotalCashBalance", "NetLiquidationByCurrency", "UnrealizedPnL", "RealizedPnL"):
        total = sum(bank.figure(tag, currency) * bank.marks.rate(currency) for currency in cash)
        assert bank.figure(tag, "BASE") == pytest.approx(total, abs=tolerance)
    assert bank.figure("NetLiquidationByCurrency", "BASE") == pytest.approx(
        bank.figure("NetLiquidation"), abs=tolerance
    )
    assert bank.figure("TotalCashBalance", "BASE") == pytest.approx(bank.figure("TotalCashValue"), abs=tolerance)


def _check_funds(bank: Bank) -> None:
    with_loan = bank.figure("EquityWithLoanValue")
    cent = Decimal("0.01")
    assert bank.figure("AvailableFunds") == pytest.approx(with_loan - bank.figure("InitMarginReq"), abs=cent)
    assert bank.figure("ExcessLiquidity") == pytest.approx(with_loan - bank.figure("MaintMarginReq"), abs=cent)
    assert bank.figure("BuyingPower") == pytest.approx(max(bank.figure("AvailableFunds"), NOTHING) * 4, abs=4 * cent)
    assert bank.figure("InitMarginReq") >= bank.figure("MaintMarginReq") >= 0


def test_regulation_t_is_about_securities_alone(bank: Bank) -> None:
    bank.trade("AAPL", "100")
    half = bank.value("AAPL") * 50
    for of in ("ES", "IBUS30", "BTC", "EUR.USD"):
        bank.trade(of, "1")
    assert bank.figure("RegTMargin") == pytest.approx(half, abs=Decimal("0.01"))
    assert bank.figure("InitMarginReq") > half
    bank.trade("SPY CALL", "-1")
    assert bank.figure("RegTMargin") > half


@given(trades)
@settings(deadline=None)
def test_the_days_profit_is_the_sum_of_what_is_realized_and_what_is_not(done: list[tuple[str, int, int]]) -> None:
    bank = Bank()
    for of, change, steps in done:
        bank.trade(of, str(change), cost="1.23")
        for _ in range(steps):
            bank.market.step()
    worth = bank.worth
    profit: Callable[[Holding], Decimal] = lambda one: one.unrealized_pnl + one.realized_pnl  # noqa: E731
    assert worth.total(lambda one: one.daily_pnl) == pytest.approx(worth.total(profit), abs=Decimal("0.0001"))
