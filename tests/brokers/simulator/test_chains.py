from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokers.simulator.catalogue.catalogue import Catalogue
from brokers.simulator.catalogue.chains import Chains
from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.catalogue.listings.contract_ids import FIRST, Derived, pack, unpack
from brokers.simulator.catalogue.listings.futures import CL, ES, FUTURES, GC, YEN, ZT, FutureSeries
from brokers.simulator.catalogue.listings.instrument import Instrument
from brokers.simulator.catalogue.listings.options import OPTIONS, OptionSeries
from brokers.simulator.catalogue.listings.pricing import INTEREST, years_until
from brokers.simulator.orders.message import CONTRACT

TODAY = date(2026, 11, 23)
ALL = (*FUTURES, *OPTIONS)
BY_CLASS = {series.trading_class: series for series in OPTIONS}
DAYS = st.dates(date(2024, 1, 1), date(2036, 12, 31))
SPY_CON_ID = 756733
LARGEST_INTEGER = 2**31 - 1


def on(day: date) -> Calendar:
    return Calendar(lambda: datetime(day.year, day.month, day.day, 18, tzinfo=UTC))


def listed(series: FutureSeries | OptionSeries, today: date = TODAY) -> list[Instrument]:
    return [series.instrument(contract, today) for contract in series.listed(today)]


@settings(deadline=None)
@given(
    series=st.integers(0, 31),
    expiry=st.dates(date(2020, 1, 1), date(2042, 6, 5)),
    is_put=st.booleans(),
    steps=st.integers(0, 2047),
)
def test_a_contract_id_says_which_contract_it_is(series: int, expiry: date, steps: int, *, is_put: bool) -> None:
    contract = Derived(series, expiry, is_put, steps)
    con_id = pack(contract)
    assert unpack(con_id) == contract
    assert FIRST <= con_id <= LARGEST_INTEGER


@pytest.mark.parametrize(
    "contract",
    [Derived(32, TODAY), Derived(1, date(2019, 12, 31)), Derived(1, date(2050, 1, 1)), Derived(12, TODAY, True, 2048)],
)
def test_a_contract_that_ids_have_no_room_for_is_refused(contract: Derived) -> None:
    with pytest.raises(ValueError, match="no contract id"):
        pack(contract)


@pytest.mark.parametrize("con_id", [0, -1, 265598, FIRST - 1, LARGEST_INTEGER + 1])
def test_an_id_of_ibs_own_is_no_derived_one(con_id: int) -> None:
    assert unpack(con_id) is None


@settings(deadline=None)
@given(con_id=st.integers(FIRST, LARGEST_INTEGER))
def test_any_id_is_a_contract_or_none(con_id: int) -> None:
    found = Chains(on(TODAY)).get(con_id)
    assert found is None or found.con_id == con_id


def test_everything_listed_has_an_id_of_its_own_and_is_found_by_it() -> None:
    catalogue = Catalogue(calendar=on(TODAY))
    found = [one for series in ALL for one in listed(series)]
    assert len({one.con_id for one in found}) == len(found) > 5000
    for one in found:
        again = catalogue.get(one.con_id)
        assert again is not None
        assert (again.local_symbol, again.expiry, again.strike) == (one.local_symbol, one.expiry, one.strike)


@settings(max_examples=30, deadline=None)
@given(first=DAYS, second=DAYS)
def test_an_id_means_the_same_contract_on_every_day(first: date, second: date) -> None:
    contract = next(iter(BY_CLASS["SPY"].listed(first)))
    one, other = (BY_CLASS["SPY"].instrument(contract, day) for day in (first, second))
    assert (one.con_id, one.local_symbol, one.expiry) == (other.con_id, other.local_symbol, other.expiry)
    assert Chains(on(second)).get(one.con_id) is not None


@settings(max_examples=30, deadline=None)
@given(series=st.sampled_from(ALL), today=DAYS)
def test_what_is_listed_has_not_expired_and_falls_on_a_trading_day(
    series: FutureSeries | OptionSeries, today: date
) -> None:
    expiries = {contract.expiry for contract in series.listed(today)}
    assert len(expiries) >= 3
    assert min(expiries) >= today
    assert not any(series.hours.is_closed(expiry) for expiry in expiries)
    assert all(series.knows(contract) for contract in series.listed(today))


@settings(deadline=None)
@given(today=DAYS)
def test_what_expired_is_remembered_for_two_years(today: date) -> None:
    expired = [contract.expiry for contract in ES.expired(today)]
    assert len(expired) in (8, 9)
    assert max(expired) < today
    assert 640 < (today - min(expired)).days < 770


@pytest.mark.parametrize(
    ("series", "local_symbols", "expiry"),
    [
        (ES, ["ESZ6", "ESH7", "ESM7", "ESU7", "ESZ7", "ESH8"], "20261218"),
        (ZT, ["ZTZ6", "ZTH7", "ZTM7"], "20261231"),
        (YEN, ["6JZ6", "6JH7", "6JM7", "6JU7"], "20261214"),
        (GC, ["GCZ6", "GCG7", "GCJ7", "GCM7", "GCQ7", "GCV7"], "20261229"),
    ],
    ids=lambda value: value.trading_class if isinstance(value, FutureSeries) else None,
)
def test_futures_are_named_and_end_as_their_exchanges_say(
    series: FutureSeries, local_symbols: list[str], expiry: str
) -> None:
    found = listed(series)
    assert [one.local_symbol for one in found] == local_symbols
    assert found[0].expiry == expiry


def test_oil_ends_in_the_month_before_the_one_it_is_named_for() -> None:
    first = listed(CL)[0]
    assert (first.local_symbol, first.contract_month, first.expiry) == ("CLF7", "202701", "20261221")


def test_a_later_future_on_an_index_is_dearer() -> None:
    prices = [one.start_price for one in listed(ES)]
    assert prices == sorted(prices)
    assert ES.underlying.start_price < prices[0] < prices[-1]


def test_an_expiry_on_a_closed_friday_is_on_the_day_before() -> None:
    expiries = BY_CLASS["SPY"].expiries(date(2026, 12, 20))
    assert expiries[0] == date(2026, 12, 24)
    good_friday = BY_CLASS["SPY"].expiries(date(2027, 3, 22))[0]
    assert good_friday == date(2027, 3, 25)


def test_expiries_thin_out_with_distance() -> None:
    expiries = BY_CLASS["SPY"].expiries(TODAY)
    weeks = [(expiry - TODAY).days // 7 for expiry in expiries]
    assert weeks[:6] == [0, 1, 2, 3, 4, 5]
    assert 6 not in weeks
    assert expiries[-1].month == 1


def test_far_expiries_have_the_coarse_strikes_alone() -> None:
    series = BY_CLASS["SPY"]
    near, far = (
        set(series.strikes_on(expiry, TODAY)) for expiry in series.expiries(TODAY)[:: len(series.expiries(TODAY)) - 1]
    )
    assert far < near
    assert all(strike % 5 == 0 for strike in far)


def test_a_weekly_option_on_a_future_is_named_for_its_week_and_turns_into_the_next_future() -> None:
    found = {one.trading_class: one for one in reversed(listed(BY_CLASS["EW"]))}
    assert sorted(found) == ["EW1", "EW2", "EW3", "EW4"]
    assert (found["EW4"].expiry, found["EW4"].under_symbol) == ("20261127", "ESZ6")
    third = found["EW3"]
    assert (third.expiry, third.under_symbol) == ("20270115", "ESH7")
    quarterly = listed(BY_CLASS["ES"])[0]
    assert (quarterly.expiry, quarterly.under_symbol) == ("20261218", "ESZ6")


@settings(max_examples=30, deadline=None)
@given(series=st.sampled_from(OPTIONS), today=DAYS, data=st.data())
def test_an_option_is_worth_what_it_will_pay_at_least_and_its_underlying_at_most(
    series: OptionSeries, today: date, data: st.DataObject
) -> None:
    option = series.instrument(data.draw(st.sampled_from(list(series.listed(today)))), today)
    under = Catalogue(calendar=on(today)).get(option.under_con_id)
    assert under is not None
    assert option.last_day is not None
    discount = exp(-INTEREST * years_until(option.last_day, today))
    # A future is paid for at the end, as the strike is.
    got = float(under.start_price) * (discount if option.security_type == "FOP" else 1)
    paid = float(option.strike) * discount
    inside = got - paid if option.right == "C" else paid - got
    increment = float(option.market_rule.increment(option.start_price))
    assert inside - increment <= option.start_price <= under.start_price + Decimal(increment)
    assert option.market_rule.allows(option.start_price)
    assert option.start_price > 0


def test_a_contract_keeps_its_first_price_while_the_days_pass() -> None:
    now = datetime(2026, 11, 23, 18, tzinfo=UTC)
    chains = Chains(Calendar(lambda: now))
    con_id = listed(BY_CLASS["SPY"])[0].con_id
    before = chains.get(con_id)
    now = datetime(2026, 11, 25, 18, tzinfo=UTC)
    assert chains.get(con_id) is before


def test_the_list_is_that_of_the_day() -> None:
    now = datetime(2026, 12, 18, 18, tzinfo=UTC)
    catalogue = Catalogue(calendar=Calendar(lambda: now))
    wanted = _contract(symbol="ES", secType="FUT")
    assert catalogue.find(wanted)[0].instrument.local_symbol == "ESZ6"
    now = datetime(2026, 12, 19, 18, tzinfo=UTC)
    assert catalogue.find(wanted)[0].instrument.local_symbol == "ESH7"
    [expired] = [one for one in catalogue.find(wanted | {"includeExpired": "1"}) if one.instrument.expiry == "20261218"]
    assert expired.instrument.local_symbol == "ESZ6"


def _contract(**fields: str) -> dict[str, str]:
    return dict.fromkeys(CONTRACT, "") | fields


def test_parameters_name_only_what_is_listed() -> None:
    catalogue = Catalogue(calendar=on(TODAY))
    under = catalogue.get(SPY_CON_ID)
    assert under is not None
    rows = catalogue.option_parameters(under)
    options = listed(BY_CLASS["SPY"])
    assert {row.exchange for row in rows} == set(options[0].venue.exchanges)
    for row in rows:
        assert set(row.expirations) == {one.expiry for one in options}
        assert set(row.strikes) == {one.strike for one in options}
    assert catalogue.option_parameters(under, "CBOE") == [row for row in rows if row.exchange == "CBOE"]
    assert catalogue.option_parameters(under, "NOWHERE") == []
