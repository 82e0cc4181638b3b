from __future__ import annotations

from datetime import date
from decimal import Decimal
from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokers.simulator.catalogue.listings.pricing import INTEREST, Forward, Option, Share, smile, years_until

PRICES = st.floats(1, 1000)
STRIKES = st.floats(10, 500)
YEARS = st.floats(1e-6, 3)
VOLATILITIES = st.floats(0.05, 1)


@settings(deadline=None)
@given(price=PRICES, strike=STRIKES, years=YEARS, volatility=VOLATILITIES, carry=st.sampled_from([0.0, INTEREST]))
def test_a_put_and_a_call_keep_their_parity(
    price: float, strike: float, years: float, volatility: float, carry: float
) -> None:
    call, put = (Option(strike, right, volatility, carry).value(price, years) for right in ("C", "P"))
    forward = price * exp(carry * years)
    assert call - put == pytest.approx((forward - strike) * exp(-INTEREST * years), abs=1e-6)


@settings(deadline=None)
@given(price=PRICES, more=st.floats(0.01, 100), strike=STRIKES, years=st.floats(0, 3), volatility=VOLATILITIES)
def test_a_call_rises_with_its_underlying_and_a_put_falls(
    price: float, more: float, strike: float, years: float, volatility: float
) -> None:
    call, put = (Option(strike, right, volatility) for right in ("C", "P"))
    assert (call.falls, put.falls) == (False, True)
    assert call.value(price, years) <= call.value(price + more, years) + 1e-9
    assert put.value(price, years) >= put.value(price + more, years) - 1e-9


@pytest.mark.parametrize("right", ["C", "P"])
@pytest.mark.parametrize("carry", [0.0, INTEREST])
def test_an_options_greeks_are_how_its_price_moves(right: str, carry: float) -> None:
    def option(volatility: float = 0.25) -> Option:
        return Option(190.0, right, volatility, carry)

    greeks = option().greeks(187.0, 0.5)
    assert greeks is not None
    near, at, far = (option().value(price, 0.5) for price in (186.99, 187.0, 187.01))
    assert float(greeks.delta) == pytest.approx((far - near) / 0.02, abs=1e-4)
    assert float(greeks.gamma) == pytest.approx((far - 2 * at + near) / 0.0001, abs=1e-4)
    assert float(greeks.vega) == pytest.approx(option(0.26).value(187.0, 0.5) - at, abs=1e-2)
    assert greeks.theta < 0
    assert (greeks.volatility, float(greeks.price)) == (Decimal("0.2500"), pytest.approx(at, abs=1e-4))
    assert option().greeks(187.0, 0.0) is None


def test_more_time_and_a_nearer_strike_cost_more() -> None:
    def price(strike: float, years: float) -> float:
        return Option(strike, "C", 0.3).value(100, years)

    assert price(110, 0.1) < price(110, 1)
    assert price(110, 0.5) < price(105, 0.5) < price(100, 0.5)


@pytest.mark.parametrize(("right", "price", "worth"), [("C", 100, 10), ("C", 80, 0), ("P", 80, 10), ("P", 100, 0)])
def test_without_time_an_option_is_worth_what_is_in_the_money(right: str, price: float, worth: float) -> None:
    assert Option(90, right, 0.3).value(price, 0) == worth


def test_a_future_is_its_index_and_the_interest_until_then() -> None:
    assert Forward().value(100, 0) == 100
    assert Forward().value(100, 1) == pytest.approx(104.081, abs=0.001)


def test_a_share_of_a_price_does_not_age() -> None:
    assert Share(0.1).value(5480, 0) == Share(0.1).value(5480, 2) == pytest.approx(548)
    assert not Share().ages


def test_a_smile_is_lowest_above_the_money_and_highest_far_below_it() -> None:
    below, near, above, far = (smile(0.2, Decimal(strike), Decimal(100)) for strike in (75, 100, 115, 125))
    assert near == pytest.approx(0.2)
    assert below > near > far > above > 0.15


def test_years_are_counted_to_the_last_day_and_some_of_it() -> None:
    today = date(2026, 11, 23)
    assert years_until(date(2027, 11, 23), today) == 1
    assert 0 < years_until(today, today) < 1 / 365
    assert years_until(date(2026, 11, 22), today) == 0
