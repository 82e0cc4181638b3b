from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.trading import amounts
from webapp.trading.amounts import AmountInvalid

columns = st.decimals(
    min_value=Decimal("-1e17"), max_value=Decimal("1e17"), places=10, allow_nan=False, allow_infinity=False
)
steps = st.sampled_from([Decimal(text) for text in ("0.01", "0.05", "0.00005", "0.0078125", "0.25", "1", "100")])


@given(columns)
def test_a_written_amount_reads_back_as_the_same_one(value: Decimal) -> None:
    assert amounts.parse(amounts.plain(value)) == value


@given(columns)
def test_a_written_amount_has_no_exponent_and_no_padding(value: Decimal) -> None:
    text = amounts.plain(value)
    assert set(text) <= set("-0123456789.")
    assert not text.endswith(".")
    assert "." not in text or not text.endswith("0")


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**17), max_value=10**17))
def test_what_is_fitted_is_within_half_a_step_of_the_value_and_stays_put(value: Decimal) -> None:
    fitted = amounts.fitted(value)
    assert abs(fitted - value) <= Decimal("0.5e-10")
    assert amounts.fitted(fitted) == fitted


@given(columns, steps)
def test_the_neighbours_of_a_value_are_multiples_around_it(value: Decimal, step: Decimal) -> None:
    below, above = amounts.neighbours(value, step)
    assert below <= value <= above
    assert amounts.is_multiple(below, step)
    assert amounts.is_multiple(above, step)
    assert above - below == (0 if amounts.is_multiple(value, step) else step)


@given(st.text())
def test_any_text_is_an_amount_that_a_column_holds_or_is_refused(text: str) -> None:
    try:
        value = amounts.parse(text)
    except AmountInvalid:
        return
    assert amounts.fitted(value) == value
    assert text.strip().isascii()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("190.5000000000", "190.5"),
        ("0E-10", "0"),
        ("-0", "0"),
        ("1E+3", "1000"),
        ("5E-8", "0.00000005"),
        ("100", "100"),
        ("-12.30", "-12.3"),
    ],
)
def test_amounts_are_written_plainly(value: str, text: str) -> None:
    assert amounts.plain(Decimal(value)) == text


@pytest.mark.parametrize("text", ["10", " 10 ", "10.", "+10", "010", "10.0000000000"])
def test_usual_ways_to_write_ten_are_read(text: str) -> None:
    assert amounts.parse(text) == 10


@pytest.mark.parametrize(
    "value",
    [
        "",
        ".",
        "-",
        "NaN",
        "sNaN",
        "Infinity",
        "-inf",
        "1e3",
        "1e9999",
        "1_000",
        "1,000",
        "0x10",
        "ten",
        "١٠",
        "1\x00",
        "9" * 19,
        "0.00000000001",
        "1" * 5000,
        Decimal("NaN"),
        Decimal("Infinity"),
        Decimal("1e999999"),
        Decimal("1e-999999"),
        10**400,
        1.5,
        True,
        None,
        [],
    ],
)
def test_what_is_no_amount_is_refused_with_a_short_reason(value: object) -> None:
    with pytest.raises(AmountInvalid) as refusal:
        amounts.parse(value)
    assert 0 < len(str(refusal.value)) < 200


def test_a_refusal_shows_a_long_or_unprintable_value_safely() -> None:
    assert amounts.shown("x" * 50) == "“" + "x" * 40 + "…”"
    assert "\x1b" not in amounts.shown("\x1b[31m")


@pytest.mark.parametrize("value", ["1e18", "NaN", "Infinity"])
def test_what_no_column_holds_is_not_fitted(value: str) -> None:
    with pytest.raises(AmountInvalid):
        amounts.fitted(Decimal(value))
