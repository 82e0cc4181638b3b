from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from brokers.simulator.accounts.amounts import unit_value
from brokers.simulator.catalogue.listings import INSTRUMENTS, Instrument
from tests.brokers.simulator.bank import NOTHING, Bank
from tests.brokers.simulator.examples import CONTRACTS


@pytest.fixture
def bank() -> Bank:
    """All of its money is dollars, so that no foreign balance ties any up."""
    return Bank({"USD": Decimal(1_000_000)})


def initial_margin(bank: Bank) -> Decimal:
    return bank.worth.margin.initial


def maintenance_margin(bank: Bank) -> Decimal:
    return bank.worth.margin.maintenance


@pytest.mark.parametrize("of", sorted(CONTRACTS))
def test_a_trade_at_the_mark_leaves_the_equity_as_it_was(bank: Bank, of: str) -> None:
    bank.trade(of, "3")
    assert bank.worth.equity == pytest.approx(1_000_000, rel=Decimal("1e-9"))


@pytest.mark.parametrize("of", sorted(CONTRACTS))
@pytest.mark.parametrize("side", ["3", "-3"])
def test_the_equity_follows_the_market(bank: Bank, of: str, side: str) -> None:
    bank.trade(of, side, price=bank.mark(of) / 2)
    instrument = CONTRACTS[of]
    gain = Decimal(side) * unit_value(instrument, bank.mark(of)) / 2
    expected = 1_000_000 + gain * bank.marks.rate(instrument.currency)
    assert bank.worth.equity == pytest.approx(expected, rel=Decimal("1e-9"))
    assert bank.holding(of).unrealized_pnl == pytest.approx(gain, rel=Decimal("1e-9"))


@pytest.mark.parametrize(
    ("of", "change", "initial", "maintenance"),
    [
        ("AAPL", "100", "0.5", "0.25"),
        ("AAPL", "-100", "0.5", "0.3"),
        ("ES", "2", "0.06", "0.05"),
        ("ES", "-2", "0.06", "0.05"),
        ("IBUS30", "1", "0.05", "0.05"),
        ("XAUUSD", "10", "0.05", "0.05"),
        ("BOND", "50", "0.25", "0.2"),
        ("BTC", "1", "1", "1"),
        ("EUR.USD", "100000", "0.03", "0.02"),
    ],
)
def test_a_position_ties_up_a_share_of_its_value(
    bank: Bank, of: str, change: str, initial: str, maintenance: str
) -> None:
    bank.trade(of, change)
    value = abs(bank.value(of) * Decimal(change))
    assert initial_margin(bank) == pytest.approx(value * Decimal(initial), rel=Decimal("0.0001"))
    assert maintenance_margin(bank) == pytest.approx(value * Decimal(maintenance), rel=Decimal("0.0001"))


def test_an_option_that_is_paid_for_ties_up_no_margin_but_is_no_equity_to_borrow_on(bank: Bank) -> None:
    bank.trade("SPY CALL", "10")
    premium = bank.value("SPY CALL") * 10
    assert initial_margin(bank) == 0
    assert bank.worth.equity_with_loan == bank.worth.equity - premium
    assert bank.worth.available_funds == 1_000_000 - premium


@pytest.mark.parametrize(("option", "least"), [("SPY CALL", "54.79"), ("SPY PUT", "50")])
@pytest.mark.parametrize(("kind", "share"), [("STK", "0.2"), ("IND", "0.15")])
def test_a_written_option_ties_up_its_price_and_a_share_of_what_is_to_deliver(
    bank: Bank, option: str, least: str, kind: str, share: str
) -> None:
    instrument, at = replace(CONTRACTS[option], under_security_type=kind), bank.mark("SPY")
    bank.account.book(instrument, change=Decimal(-2), price=bank.mark(option), commission=NOTHING)
    out = max(instrument.strike - at, NOTHING) if instrument.right == "C" else max(at - instrument.strike, NOTHING)
    risk = max(at * Decimal(share) - out, Decimal(least))
    assert initial_margin(bank) == pytest.approx((bank.mark(option) + risk) * 200, rel=Decimal("0.001"))
    assert initial_margin(bank) == maintenance_margin(bank) > bank.value(option) * 2


def test_an_option_on_what_is_not_listed_is_judged_at_its_strike(bank: Bank) -> None:
    option = replace(CONTRACTS["SPY CALL"], under_con_id=0)
    bank.account.book(option, change=Decimal(-1), price=Decimal(1), commission=NOTHING)
    assert initial_margin(bank) == (bank.mark("SPY CALL") + Decimal("0.2") * 600) * 100


def test_foreign_balances_on_either_side_tie_up_a_few_percent() -> None:
    bank = Bank({"USD": Decimal(1_000_000), "EUR": Decimal(-1000), "GBP": Decimal(1000)})
    exposed = (bank.marks.rate("EUR") + bank.marks.rate("GBP")) * 1000
    assert initial_margin(bank) == exposed * Decimal("0.03")
    assert maintenance_margin(bank) == exposed * Decimal("0.02")


@pytest.mark.parametrize(
    ("of", "change", "is_affordable"),
    [
        ("AAPL", "10000", True),
        ("AAPL", "11000", False),
        ("AAPL", "-10000", True),
        ("AAPL", "-11000", False),
        ("BTC", "14", True),
        ("BTC", "15", False),
        ("EUR.USD", "20000000", True),
        ("EUR.USD", "40000000", False),
        ("ES", "40", True),
        ("ES", "100", False),
    ],
)
def test_an_account_carries_what_its_funds_are_enough_for(
    bank: Bank, of: str, change: str, is_affordable: bool
) -> None:
    assert bank.affords(of, change) is is_affordable


def test_an_option_has_to_be_paid_in_full(bank: Bank) -> None:
    premium = bank.value("SPY CALL")
    assert bank.affords("SPY CALL", 1_000_000 // premium)
    assert not bank.affords("SPY CALL", 1_000_000 // premium + 1)


@pytest.mark.parametrize("of", sorted(set(CONTRACTS) - {"EUR.USD", "USD.JPY", "EUR.GBP", "SAP", "VOD", "DAX"}))
@pytest.mark.parametrize("side", ["100", "-100"])
def test_an_account_under_water_can_still_close_what_it_holds_and_take_on_no_more(of: str, side: str) -> None:
    bank = Bank({"USD": NOTHING})
    bank.trade(of, side)
    bank.account.cash["USD"] -= 10_000_000
    assert bank.affords(of, -Decimal(side))
    assert not bank.affords(of, side)


def test_asking_what_trades_would_do_does_nothing(bank: Bank) -> None:
    dax, sap = CONTRACTS["DAX"], CONTRACTS["SAP"]
    after = bank.valuation.after([(sap, Decimal(10), Decimal(3)), (dax, Decimal(1), Decimal(2))])
    assert after.cash["EUR"] == -10 * bank.mark("SAP") - 5
    assert [one.position.quantity for one in after.holdings] == [10, 1]
    assert after.equity < bank.worth.equity == 1_000_000
    assert bank.account.positions() == []
    assert bank.account.cash == {"USD": Decimal(1_000_000)}


def test_trades_are_judged_together(bank: Bank) -> None:
    bank.account.cash["USD"] = Decimal(8_000)
    call, put = ((CONTRACTS[of], Decimal(-1), NOTHING) for of in ("SPY CALL", "SPY PUT"))
    assert bank.valuation.affords([call])
    assert bank.valuation.affords([put])
    assert not bank.valuation.affords([call, put])


def test_the_days_profit_of_what_was_bought_today_is_all_of_its_profit(bank: Bank) -> None:
    bank.trade("AAPL", "10", price=Decimal(100), cost="1")
    bank.trade("AAPL", "-4", price=Decimal(110), cost="1")
    holding = bank.holding("AAPL")
    assert holding.realized_pnl == Decimal("38.6")
    assert holding.daily_pnl == holding.unrealized_pnl + holding.realized_pnl


def test_the_days_profit_of_what_was_held_overnight_counts_from_yesterdays_close(bank: Bank) -> None:
    bank.trade("AAPL", "10", price=Decimal(100))
    bank.clock.time += timedelta(days=1)
    quote = bank.market.quote(CONTRACTS["AAPL"].con_id)
    assert bank.holding("AAPL").daily_pnl == 10 * (quote.mark - quote.close)
    assert bank.holding("AAPL").position.realized_pnl is None
    bank.trade("AAPL", "-10", price=Decimal(300), cost="1")
    assert bank.holding("AAPL").daily_pnl == 10 * (300 - quote.close) - 1
    assert bank.holding("AAPL").position.realized_pnl == 1999
    bank.clock.time += timedelta(days=1)
    assert bank.worth.holdings == []


def test_what_is_not_quoted_any_more_is_worth_nothing(bank: Bank) -> None:
    gone = replace(CONTRACTS["SPY CALL"], con_id=99)
    bank.account.book(gone, change=Decimal(-2), price=Decimal(3), commission=NOTHING)
    [holding] = bank.worth.holdings
    assert (holding.is_priced, holding.value, holding.unrealized_pnl) == (False, 0, 600)
    assert initial_margin(bank) == 0
    with pytest.raises(LookupError):
        bank.valuation.affords([(gone, Decimal(1), NOTHING)])


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda one: f"{one.local_symbol}-{one.con_id}")
def test_every_currency_has_a_rate(instrument: Instrument) -> None:
    marks = Bank().marks
    assert marks.rate(instrument.currency) > 0
    if instrument.is_currency_pair:
        assert marks.rate(instrument.symbol) > 0


def test_a_currency_without_a_pair_has_no_rate_and_says_so() -> None:
    with pytest.raises(LookupError, match="no pair prices XXX in USD"):
        Bank().marks.rate("XXX")


def test_rates_are_the_middle_of_the_pair_whichever_way_it_is_quoted() -> None:
    bank = Bank()
    assert bank.marks.rate("EUR") == bank.market.quote(12087792).middle
    assert bank.marks.rate("JPY") == 1 / bank.market.quote(15016059).middle
