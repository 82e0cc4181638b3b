from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from brokers.simulator.market.path import QUARTERS_A_DAY, QUARTERS_A_SECOND, Path, Stretch, join

MOMENTS = st.integers(-40_000 * QUARTERS_A_DAY, 40_000 * QUARTERS_A_DAY)
LENGTHS = st.integers(1, 3 * QUARTERS_A_DAY)


def path(key: str = "7/265598") -> Path:
    return Path(key, home=300_000, daily_range=9_000)


@settings(max_examples=60, deadline=None)
@given(start=MOMENTS, first=LENGTHS, second=LENGTHS)
def test_two_stretches_make_the_one_that_spans_both(start: int, first: int, second: int) -> None:
    whole = path().over(start, start + first + second)
    parts = [path().over(start, start + first), path().over(start + first, start + first + second)]
    assert join(part for part in parts if part is not None) == whole


@settings(max_examples=40, deadline=None)
@given(start=MOMENTS, length=st.integers(1, 700))
def test_a_stretch_is_what_its_every_moment_comes_to(start: int, length: int) -> None:
    one = path()
    assert one.over(start, start + length) == join(one.at(quarter) for quarter in range(start, start + length))


@settings(max_examples=60, deadline=None)
@given(quarter=MOMENTS)
def test_a_moment_is_one_trade_of_one_lot_at_least(quarter: int) -> None:
    at = path().at(quarter)
    assert at.open == at.high == at.low == at.close > 0
    assert (at.trades, at.volume >= 1) == (1, True)


@settings(max_examples=40, deadline=None)
@given(second=st.integers(-(10**9), 10**9))
def test_a_second_begins_where_the_one_before_ended(second: int) -> None:
    first = path().at(second * QUARTERS_A_SECOND)
    assert first.open == path().at(second * QUARTERS_A_SECOND - 1).close


def test_a_moment_does_not_depend_on_what_was_looked_at_before() -> None:
    busy = path()
    looked_at = [busy.at(quarter * 997) for quarter in range(3_000)]
    assert len(set(looked_at)) > 100
    assert busy.at(123_456_789) == path().at(123_456_789)


def test_another_key_is_another_path() -> None:
    assert path().over(0, QUARTERS_A_DAY) != path("8/265598").over(0, QUARTERS_A_DAY)


def test_a_price_of_hardly_any_units_still_has_a_path() -> None:
    tiny = Path("1/1", home=2, daily_range=1)
    whole = tiny.over(0, QUARTERS_A_DAY)
    assert isinstance(whole, Stretch)
    assert whole.low <= whole.open <= whole.high
    assert tiny.over(0, 0) is None
