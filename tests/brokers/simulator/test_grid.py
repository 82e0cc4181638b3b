from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokers.simulator.catalogue.listings import MARKET_RULES, MarketRule
from brokers.simulator.market.grid import FINENESS, Grid

RULES = st.sampled_from(sorted(MARKET_RULES.values(), key=lambda rule: rule.rule_id))
POINTS = st.integers(1, 10**9)


@settings(max_examples=300, deadline=None)
@given(rule=RULES, point=POINTS)
def test_the_floor_of_a_point_is_an_allowed_price(rule: MarketRule, point: int) -> None:
    grid = Grid(rule)
    floor = grid.floor(point)
    assert rule.allows(grid.price(floor))
    assert grid.price(floor) > 0
    assert floor <= max(point, grid.increment(0))
    assert grid.floor(floor) == floor


@settings(max_examples=300, deadline=None)
@given(rule=RULES, point=POINTS, count=st.integers(1, 12))
def test_prices_above_are_allowed_and_below_leads_back(rule: MarketRule, point: int, count: int) -> None:
    grid = Grid(rule)
    floor = grid.floor(point)
    above = grid.above(floor, count)
    assert rule.allows(grid.price(above))
    assert above > floor
    assert grid.below(above, count) == floor


@given(rule=RULES, edge=st.integers(0, 6), before=st.integers(0, 5), count=st.integers(1, 12))
def test_many_prices_above_are_one_above_another(rule: MarketRule, edge: int, before: int, count: int) -> None:
    """Also where the increment grows in between."""
    grid = Grid(rule)
    start = grid.floor(grid.units(rule.steps[edge % len(rule.steps)][0]) + 1)
    point = max(grid.below(start, before), grid.increment(0))
    one_by_one = point
    for _ in range(count):
        one_by_one = grid.above(one_by_one, 1)
    assert grid.above(point, count) == one_by_one
    assert rule.allows(grid.price(one_by_one))


@settings(max_examples=200, deadline=None)
@given(rule=RULES, points=st.tuples(POINTS, POINTS))
def test_a_higher_point_never_has_a_lower_price(rule: MarketRule, points: tuple[int, int]) -> None:
    grid = Grid(rule)
    low, high = (grid.price(grid.floor(point)) for point in sorted(points))
    assert low <= high


@pytest.mark.parametrize(
    ("rule_id", "price", "following"),
    [
        (1876, "9.999", "10"),
        (1876, "10", "10.002"),
        (1876, "199.98", "200"),
        (1876, "200", "200.05"),
        (74, "110.5", "110.50390625"),
        (2790, "0.00001234", "0.00001235"),
        (76, "0.0063925", "0.006393"),
    ],
)
def test_the_next_price_is_one_increment_of_its_own_above(rule_id: int, price: str, following: str) -> None:
    grid = Grid(MARKET_RULES[rule_id])
    point = grid.units(Decimal(price))
    assert grid.price(point) == Decimal(price)
    assert grid.price(grid.above(point, 1)) == Decimal(following)


def test_a_point_is_finer_than_every_increment() -> None:
    assert all(Grid(rule).increment(1) >= FINENESS for rule in MARKET_RULES.values())
