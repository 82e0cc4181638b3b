from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.simulator.accounts.account import (
    STARTING_CASH,
    Account,
    Position,
    account_codes,
    starting_cash,
    trading_day,
)
from brokers.simulator.accounts.tariffs import commission_currency, tariff
from brokers.simulator.catalogue.listings import Instrument
from tests.brokers.simulator.examples import CONTRACTS

DOLLARS = STARTING_CASH["USD"]


def trade(
    account: Account, side: str, quantity: int | str, price: str, *, of: str = "AAPL", cost: str = "0"
) -> Decimal | None:
    change = Decimal(quantity) if side == "BUY" else -Decimal(quantity)
    return account.book(CONTRACTS[of], change=change, price=Decimal(price), commission=Decimal(cost))


def held(account: Account, of: str = "AAPL") -> tuple[Decimal, Decimal]:
    position = account.position(CONTRACTS[of])
    return position.quantity, position.average_cost


def gained(account: Account, currency: str) -> Decimal:
    return account.cash[currency] - STARTING_CASH.get(currency, Decimal(0))


@pytest.fixture
def account() -> Account:
    return Account("DU1")


def test_a_purchase_opens_a_position_at_its_price_and_its_costs(account: Account) -> None:
    assert trade(account, "BUY", 10, "100", cost="1") is None
    assert held(account) == (Decimal(10), Decimal("100.1"))
    assert gained(account, "USD") == -1001


def test_a_second_purchase_averages(account: Account) -> None:
    trade(account, "BUY", 10, "100")
    trade(account, "BUY", 30, "104")
    assert held(account) == (Decimal(40), Decimal(103))


def test_a_sale_realizes_the_difference_less_its_costs_and_leaves_the_average(account: Account) -> None:
    trade(account, "BUY", 10, "100")
    assert trade(account, "SELL", 4, "110", cost="1") == Decimal(39)
    assert held(account) == (Decimal(6), Decimal(100))


def test_a_closed_position_has_no_average_cost(account: Account) -> None:
    trade(account, "BUY", 10, "100")
    trade(account, "SELL", 10, "90")
    assert held(account) == (Decimal(0), Decimal(0))
    assert account.position(CONTRACTS["AAPL"]).realized_pnl == Decimal(-100)


def test_a_short_sale_is_a_negative_position_and_gains_when_the_price_falls(account: Account) -> None:
    trade(account, "SELL", 10, "100", cost="1")
    assert held(account) == (Decimal(-10), Decimal("99.9"))
    assert trade(account, "BUY", 10, "90") == Decimal(99)


def test_a_sale_of_more_than_is_held_turns_the_position_around(account: Account) -> None:
    trade(account, "BUY", 10, "100")
    assert trade(account, "SELL", 15, "110", cost="3") == Decimal(98)
    assert held(account) == (Decimal(-5), Decimal("109.8"))
    assert account.position(CONTRACTS["AAPL"]).entry == Decimal(110)


def test_a_currency_pair_moves_cash_in_both_currencies_and_its_commission_is_in_dollars(account: Account) -> None:
    trade(account, "BUY", 20_000, "157.25", of="USD.JPY", cost="2")
    assert gained(account, "USD") == 20_000 - 2
    assert gained(account, "JPY") == Decimal(-3_145_000)
    assert held(account, "USD.JPY") == (Decimal(20_000), Decimal("157.25"))


def test_shares_that_are_quoted_in_pence_are_paid_in_pounds(account: Account) -> None:
    trade(account, "BUY", 1000, "72.50", of="VOD", cost="3")
    assert gained(account, "GBP") == Decimal("-728")
    assert held(account, "VOD") == (Decimal(1000), Decimal("0.728"))
    assert trade(account, "SELL", 1000, "82.50", of="VOD", cost="3") == Decimal(94)


def test_an_option_is_paid_with_its_multiplier_and_its_average_cost_has_it(account: Account) -> None:
    trade(account, "BUY", 2, "1.50", of="SPY CALL", cost="1.30")
    assert gained(account, "USD") == Decimal("-301.30")
    assert held(account, "SPY CALL") == (Decimal(2), Decimal("150.65"))


def test_a_future_costs_its_commission_and_pays_its_gain_when_it_is_closed(account: Account) -> None:
    trade(account, "BUY", 2, "5500", of="ES", cost="4.50")
    assert gained(account, "USD") == Decimal("-4.50")
    assert held(account, "ES") == (Decimal(2), Decimal("275002.25"))
    assert trade(account, "SELL", 1, "5510", of="ES", cost="2.25") == Decimal("495.50")
    assert gained(account, "USD") == Decimal("-4.50") + 500 - Decimal("2.25")


def test_a_bonds_price_is_percent_of_a_thousand(account: Account) -> None:
    trade(account, "BUY", 5, "98.75", of="BOND", cost="4.94")
    assert gained(account, "USD") == Decimal("-4942.44")


def test_a_fraction_of_a_coin_is_a_position(account: Account) -> None:
    trade(account, "BUY", "0.0002", "67250.25", of="BTC", cost="1.75")
    quantity, average = held(account, "BTC")
    assert (quantity, average * quantity) == (Decimal("0.0002"), Decimal("15.20005"))


def test_looking_for_a_position_makes_none(account: Account) -> None:
    assert account.quantity(CONTRACTS["AAPL"]) == 0
    assert account.positions() == []


def test_a_copy_is_an_account_of_its_own(account: Account) -> None:
    trade(account, "BUY", 10, "100")
    trade(account.copy(), "SELL", 10, "100")
    assert held(account) == (Decimal(10), Decimal(100))
    assert gained(account, "USD") == -1000


def test_a_new_day_forgets_what_is_closed_and_counts_profits_from_nothing(account: Account) -> None:
    account.begin_day(date(2026, 11, 23))
    trade(account, "BUY", 10, "100")
    trade(account, "SELL", 4, "110")
    trade(account, "BUY", 5, "30", of="INTC")
    trade(account, "SELL", 5, "31", of="INTC")
    account.begin_day(date(2026, 11, 24))
    [apple] = account.positions()
    assert (apple.quantity, apple.overnight, apple.spent, apple.realized_pnl) == (6, 6, 0, None)


def test_days_only_go_forward(account: Account) -> None:
    account.begin_day(date(2026, 11, 24))
    trade(account, "BUY", 10, "100")
    account.begin_day(date(2026, 11, 23))
    assert account.position(CONTRACTS["AAPL"]).overnight == 0


def test_the_day_is_new_yorks() -> None:
    assert trading_day(datetime(2026, 11, 24, 4, 59, tzinfo=UTC)) == date(2026, 11, 23)
    assert trading_day(datetime(2026, 11, 24, 5, 0, tzinfo=UTC)) == date(2026, 11, 24)


def test_what_was_only_opened_today_realized_nothing_and_what_was_not_traded_is_unknown(account: Account) -> None:
    assert Position(CONTRACTS["AAPL"]).realized_pnl is None
    trade(account, "BUY", 10, "100")
    assert account.position(CONTRACTS["AAPL"]).realized_pnl == 0


@pytest.mark.parametrize(
    ("first", "count", "codes"),
    [
        ("DU1000001", 1, ("DU1000001",)),
        ("DU1000001", 3, ("DU1000001", "DU1000002", "DU1000003")),
        ("U0000099", 2, ("U0000099", "U0000100")),
        ("joint", 1, ("joint",)),
    ],
)
def test_accounts_behind_one_login_are_numbered_from_the_first(first: str, count: int, codes: tuple[str, ...]) -> None:
    assert account_codes(first, count) == codes


@pytest.mark.parametrize(("first", "count", "why"), [("joint", 2, "follows 'joint'"), ("DU1", 0, "at least one")])
def test_accounts_that_cannot_be_numbered_are_refused(first: str, count: int, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        account_codes(first, count)


def test_an_account_begins_with_several_currencies_and_no_two_are_alike() -> None:
    assert set(starting_cash(1)) == {"USD", "EUR", "GBP", "CHF", "JPY"}
    assert starting_cash(1) == STARTING_CASH
    assert starting_cash(2)["USD"] == STARTING_CASH["USD"] / 2
    assert all(amount > 0 for amount in starting_cash(9).values())


sides = st.sampled_from(["BUY", "SELL"])
executions = st.lists(
    st.tuples(sides, st.integers(1, 500), st.decimals("1", "500", places=2), st.decimals("0", "9", places=2)),
    max_size=30,
)
contracts = st.sampled_from(sorted(CONTRACTS))
Executions = list[tuple[str, int, Decimal, Decimal]]


@given(contracts, executions)
def test_cash_and_positions_always_add_up_to_the_profit(of: str, done: Executions) -> None:
    """What was realized, and what each contract still costs, is all that the cash went to."""
    account, instrument = Account("DU1"), CONTRACTS[of]
    realized = sum((trade(account, side, size, str(price), of=of) or 0 for side, size, price, _ in done), Decimal(0))
    quantity, average = held(account, of)
    paid = Decimal(0) if instrument.security_type in ("FUT", "CFD") else quantity * average
    assert quantity == sum(size if side == "BUY" else -size for side, size, _, _ in done)
    assert gained(account, instrument.currency) + paid == pytest.approx(realized)


@given(contracts, executions)
def test_what_is_bought_and_sold_again_leaves_no_position_and_its_whole_profit(of: str, done: Executions) -> None:
    account, instrument = Account("DU1"), CONTRACTS[of]
    for side, size, price, cost in done:
        trade(account, side, size, str(price), of=of, cost=str(cost))
    left = account.quantity(instrument)
    if left:
        trade(account, "SELL" if left > 0 else "BUY", str(abs(left)), "100", of=of)
    position = account.position(instrument)
    costs = sum((cost for _, _, _, cost in done), Decimal(0))
    uncounted = -costs if instrument.is_currency_pair else Decimal(0)
    paid_elsewhere = commission_currency(instrument) != instrument.currency
    change = gained(account, instrument.currency)
    assert (position.quantity, position.average_cost, position.entry) == (0, 0, 0)
    assert change - (0 if paid_elsewhere else uncounted) == pytest.approx(position.realized_pnl or Decimal(0))
    assert position.spent == pytest.approx(-(position.realized_pnl or Decimal(0)))


@given(contracts, executions.filter(bool), st.data())
def test_a_corrected_price_leaves_the_books_as_if_it_had_been_right_at_once(
    of: str, done: Executions, data: st.DataObject
) -> None:
    number = data.draw(st.integers(0, len(done) - 1))
    right, wrong = Account("DU1"), Account("DU1")
    for key, (side, size, price, cost) in enumerate(done):
        change = Decimal(size if side == "BUY" else -size)
        began = date(2026, 11, 20 + key % 7)
        for account, at in ((right, price), (wrong, price + 7 if key == number else price)):
            account.begin_day(began)
            account.book(CONTRACTS[of], change=change, price=at, commission=cost, key=str(key))
    wrong.correct(CONTRACTS[of], key=str(number), price=done[number][2])
    assert wrong.cash == pytest.approx(right.cash)
    assert [_numbers(one) for one in wrong.positions()] == [_numbers(one) for one in right.positions()]


def _numbers(position: Position) -> list[Decimal | None]:
    """But for the last of the digits, in which an average of averages may differ."""
    values = (getattr(position, one.name) for one in fields(position) if one.name != "instrument")
    return [None if number is None else round(number, 12) for number in values]


def test_a_correction_tells_what_the_execution_realized_at_its_right_price(account: Account) -> None:
    trade(account, "BUY", 10, "100")
    account.book(CONTRACTS["AAPL"], change=Decimal(-10), price=Decimal(90), commission=Decimal(1), key="e")
    assert account.correct(CONTRACTS["AAPL"], key="e", price=Decimal(95)) == -51
    with pytest.raises(LookupError, match="DU1 booked no execution f of AAPL"):
        account.correct(CONTRACTS["AAPL"], key="f", price=Decimal(95))


@given(executions)
def test_a_position_is_never_averaged_outside_its_prices(done: Executions) -> None:
    account = Account("DU1")
    for side, size, price, _ in done:
        trade(account, side, size, str(price))
    entry = account.position(CONTRACTS["AAPL"]).entry
    prices = [price for _, _, price, _ in done]
    assert not entry or min(prices) <= round(entry, 10) <= max(prices)


@pytest.mark.parametrize(
    ("of", "quantity", "value", "expected"),
    [
        ("AAPL", "10", "1900", "1"),
        ("AAPL", "1000", "190000", "5"),
        ("AAPL", "10000", "10000", "50"),
        ("AAPL", "10000", "1000", "10"),
        ("EUR.USD", "20000", "21690", "2"),
        ("EUR.USD", "1000000", "1084500", "21.69"),
        ("SAP", "10", "1925", "3"),
        ("SAP", "1000", "192500", "96.25"),
        ("VOD", "1000", "725", "3"),
        ("SPY CALL", "1", "150", "1"),
        ("SPY CALL", "10", "1500", "6.5"),
        ("ES", "4", "1100000", "9"),
        ("ES CALL", "2", "1000", "2.84"),
        ("BOND", "5", "4937.5", "4.9375"),
        ("BTC", "0.01", "672.5", "1.75"),
        ("BTC", "1", "67250", "121.05"),
        ("IBUS30", "1", "39120", "1.956"),
        ("XAUUSD", "100", "238542", "35.7813"),
    ],
)
def test_commissions_have_a_rate_a_minimum_and_a_ceiling(of: str, quantity: str, value: str, expected: str) -> None:
    commission = tariff(CONTRACTS[of]).commission(Decimal(quantity), Decimal(value))
    assert commission == Decimal(expected)


@pytest.mark.parametrize(
    ("of", "currency"), [("SAP", "EUR"), ("VOD", "GBP"), ("EUR.USD", "USD"), ("USD.JPY", "USD"), ("DAX", "EUR")]
)
def test_a_commission_is_in_the_contracts_currency_and_a_pairs_in_the_accounts(of: str, currency: str) -> None:
    instrument: Instrument = CONTRACTS[of]
    assert commission_currency(instrument) == currency
