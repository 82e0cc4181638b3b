from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ib_insync import CommissionReport, Contract, Execution, OptionComputation, Ticker

from brokers.domain import MarketDataType, OrderSide, SecurityType
from brokers.interactive_brokers import convert

MOMENT = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
# What IB can put on the wire and a float can carry: 15 digits, steps down to 1e-08.
wire_numbers = st.decimals(
    min_value=Decimal("-9999999"), max_value=Decimal("9999999"), allow_nan=False, allow_infinity=False, places=8
)


@given(wire_numbers)
def test_a_number_survives_the_way_over_the_library_s_float(number: Decimal) -> None:
    assert convert.to_decimal(float(str(number))) == number


@given(wire_numbers)
def test_a_number_that_goes_out_comes_back_the_same(number: Decimal) -> None:
    assert convert.to_decimal(convert.to_float(number)) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_decimal_is_written_plainly_and_equals_the_float_it_came_from(value: float) -> None:
    number = convert.to_decimal(value)
    if number is None:
        assert value in (convert.UNSET_DOUBLE, convert.UNSET_INTEGER)
        return
    assert float(number) == value
    assert "E" not in str(number) or abs(number) < Decimal("1e-6")


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_value_that_a_float_can_t_carry_exactly_is_never_sent_rounded(value: Decimal) -> None:
    try:
        sent = convert.to_float(value)
    except ValueError:
        return
    assert Decimal(repr(sent)) == value


@pytest.mark.parametrize(
    "unset", [None, float("nan"), float("inf"), -float("inf"), 1.7976931348623157e308, 2147483647, "", "nan", "n/a"]
)
def test_what_ib_left_unset_is_none(unset: float | str | None) -> None:
    assert convert.to_decimal(unset) is None


@pytest.mark.parametrize("unset", ["1.7976931348623157E308", "2147483647"])
def test_what_ib_left_unset_in_text_is_none(unset: str) -> None:
    assert convert.to_decimal(unset) is None


@pytest.mark.parametrize(
    ("tick", "exact"),
    [(0.01, "0.01"), (1 / 128, "0.0078125"), (1 / 256, "0.00390625"), (5e-07, "0.0000005"), (1e-08, "0.00000001")],
)
def test_tick_sizes_are_exact(tick: float, exact: str) -> None:
    assert convert.to_decimal(tick) == Decimal(exact)


def test_zero_is_a_number_and_not_unset() -> None:
    assert convert.to_decimal(0.0) == Decimal(0)
    assert convert.to_decimal(-0.0) == Decimal(0)
    assert not convert.to_decimal(-0.0).is_signed()  # type: ignore[union-attr]


def test_minus_one_on_a_bid_means_that_there_is_none() -> None:
    quote = convert.quote(
        Ticker(bid=-1.0, bidSize=0.0, ask=10.5, askSize=300.0),
        con_id=1,
        security_type=SecurityType.STK,
        received_at=MOMENT,
    )
    assert (quote.bid, quote.bid_size) == (None, None)
    assert (quote.ask, quote.ask_size) == (Decimal("10.5"), Decimal(300))


def test_a_currency_pair_has_no_last_trade() -> None:
    ticker = Ticker(bid=1.1, bidSize=1e6, ask=1.10005, askSize=1e6, last=1.1, lastSize=5.0, close=1.09)
    quote = convert.quote(ticker, con_id=1, security_type=SecurityType.CASH, received_at=MOMENT)
    assert (quote.last, quote.last_size) == (None, None)
    assert quote.mark == Decimal("1.100025")


@pytest.mark.parametrize(("number", "kind"), [(1, "live"), (2, "frozen"), (3, "delayed"), (4, "delayed_frozen")])
def test_a_quote_says_what_kind_of_data_came(number: int, kind: str) -> None:
    quote = convert.quote(Ticker(marketDataType=number), con_id=1, security_type=SecurityType.STK, received_at=MOMENT)
    assert quote.market_data_type is MarketDataType(kind)


def test_nothing_that_never_came_is_zero() -> None:
    quote = convert.quote(Ticker(), con_id=1, security_type=SecurityType.STK, received_at=MOMENT)
    assert {quote.bid, quote.bid_size, quote.ask, quote.ask_size, quote.last, quote.last_size, quote.close} == {None}


fixed_offsets = st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours)))


@given(st.datetimes(timezones=fixed_offsets))
def test_an_aware_time_is_the_same_moment_in_utc(moment: datetime) -> None:
    try:
        converted = convert.to_utc(moment)
    except OverflowError:  # the year 1 or 9999, on the other side of the calendar's end
        return
    assert converted == moment
    assert converted.tzinfo is UTC


def test_a_naive_time_is_in_the_gateway_s_zone() -> None:
    summer = datetime(2024, 7, 1, 9, 30)  # noqa: DTZ001 - the naive time is the point
    assert convert.to_utc(summer, zone=ZoneInfo("America/New_York")) == datetime(2024, 7, 1, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize(("word", "side"), [("BOT", OrderSide.BUY), ("SLD", OrderSide.SELL), ("SELL", OrderSide.SELL)])
def test_both_of_ib_s_words_for_a_side_are_read(word: str, side: OrderSide) -> None:
    assert convert.side(word) is side


def test_an_unknown_side_is_refused_rather_than_guessed() -> None:
    with pytest.raises(ValueError, match="SSHORTX"):
        convert.side("SSHORTX")


def test_an_execution_without_a_perm_id_has_none() -> None:
    report = convert.execution(
        Execution(execId="0001.01", side="BOT", shares=100.0, price=189.5, permId=0, time=MOMENT), Contract(conId=7)
    )
    assert (report.perm_id, report.quantity, report.price) == (None, Decimal(100), Decimal("189.5"))


def test_an_execution_without_its_price_is_refused() -> None:
    with pytest.raises(ValueError, match=r"0001\.01"):
        convert.execution(
            Execution(execId="0001.01", side="BOT", shares=100.0, price=convert.UNSET_DOUBLE, time=MOMENT),
            Contract(conId=7),
        )


def test_a_profit_that_ib_left_unset_is_none_and_not_zero() -> None:
    report = convert.commission(
        CommissionReport(execId="a", commission=1.05, currency="USD", realizedPNL=convert.UNSET_DOUBLE)
    )
    assert report is not None
    assert (report.commission, report.realized_pnl) == (Decimal("1.05"), None)


def test_a_commission_that_ib_left_unset_is_no_report() -> None:
    assert convert.commission(CommissionReport(execId="a", commission=convert.UNSET_DOUBLE)) is None


def test_an_account_value_that_is_no_number_is_left_out() -> None:
    assert convert.account_value("DU1", "AccountType", "INDIVIDUAL", "") is None
    value = convert.account_value("DU1", "NetLiquidation", "1000000.00", "USD")
    assert value is not None
    assert value.value == Decimal(1000000)


@given(st.text())
def test_any_text_with_a_control_character_is_found(text: str) -> None:
    assert convert.unsendable(["fine", text + "\0"]) == text + "\0"


def test_ordinary_text_can_be_sent() -> None:
    assert convert.unsendable(["AAPL", "Société Générale", "EUR.USD", "7b1c-4d"]) is None


def test_an_options_volatility_and_delta_are_those_of_the_model_to_six_digits() -> None:
    greeks = OptionComputation(0, 0.23456789, -0.48, 2.5, 0.0, 0.01, 0.02, -0.03, 190.0)
    quote = convert.quote(
        Ticker(bid=2.4, modelGreeks=greeks), con_id=1, security_type=SecurityType.OPT, received_at=MOMENT
    )
    assert (quote.implied_volatility, quote.delta) == (Decimal("0.234568"), Decimal("-0.48"))


@pytest.mark.parametrize("unset", [None, math.nan, -1.0, -2.0, convert.UNSET_DOUBLE])
def test_what_the_model_can_not_say_is_unknown(unset: float | None) -> None:
    delta = None if unset == -1.0 else unset  # a put far in the money has a delta of -1
    greeks = OptionComputation(0, unset, delta, None, None, None, None, None, None)
    quote = convert.quote(Ticker(modelGreeks=greeks), con_id=1, security_type=SecurityType.OPT, received_at=MOMENT)
    assert (quote.implied_volatility, quote.delta) == (None, None)
