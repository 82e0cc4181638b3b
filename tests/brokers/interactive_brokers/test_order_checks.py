"""Orders that can't be meant, each refused in a sentence that says what is wrong and with which value."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokers.domain import Instrument, OcaType, OrderSide, PriceIncrement, PriceRule, SecurityType
from brokers.interactive_brokers.orders.checks import require_fitting, require_sound_terms, right_prices
from brokers.interactive_brokers.orders.terms import NAMES, NEEDED, TRAILS, OrderTerms
from brokers.refusals import OrderRefused
from tests.brokers.words.stage import AAPL

NOW = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
ONE = Decimal(1)

# The least that an order of each type has to say.
LEAST: dict[str, dict[str, Any]] = {
    kind: dict.fromkeys(needed, ONE) | ({"trailing_amount": ONE} if kind in TRAILS else {})
    for kind, needed in NEEDED.items()
}
PRICES = [name for name in NAMES if "price" in name or "trailing" in name]


def terms(order_type: str, **changes: Any) -> OrderTerms:
    fields = {"side": OrderSide.BUY, "quantity": Decimal(10), "time_in_force": "DAY"} | LEAST.get(order_type, {})
    return OrderTerms(**({"order_type": order_type} | fields | changes))


def refusal(asked: OrderTerms) -> str:
    with pytest.raises(OrderRefused) as refused:
        require_sound_terms(asked, now=NOW)
    return str(refused.value)


@pytest.mark.parametrize("order_type", NEEDED)
def test_each_type_is_sent_with_the_prices_that_it_needs(order_type: str) -> None:
    require_sound_terms(terms(order_type), now=NOW)


MISSING = [(kind, name) for kind, needed in NEEDED.items() for name in sorted(needed)]
NEEDLESS = [
    (kind, name)
    for kind in NEEDED
    for name in PRICES
    if name not in LEAST[kind] and not (kind in TRAILS and name in ("trailing_percent", "trail_stop_price"))
]


@pytest.mark.parametrize(("order_type", "price"), MISSING)
def test_a_price_that_is_missing_is_named(order_type: str, price: str) -> None:
    message = refusal(terms(order_type, **{price: None}))
    assert message.startswith(f"An order of type {order_type} needs a")
    assert message.split()[-2] in ("limit", "stop") or "offset" in message


@pytest.mark.parametrize(("order_type", "price"), NEEDLESS)
def test_a_price_that_the_type_has_no_use_for_is_named_with_its_value(order_type: str, price: str) -> None:
    assert refusal(terms(order_type, **{price: Decimal("7.5")})).endswith("; 7.5 was given.")


def test_every_combination_of_type_and_price_is_covered() -> None:
    assert len(NEEDED) == 11
    assert len(NEEDLESS) == 11 * 6 - sum(len(least) for least in LEAST.values()) - 2 * 2


@pytest.mark.parametrize("field", ["quantity", *PRICES])
@pytest.mark.parametrize("wrong", [150.1, 5, "150.10", True, float("nan")], ids=repr)
def test_a_number_that_is_no_decimal_is_named_with_its_value(field: str, wrong: Any) -> None:
    message = refusal(terms("LMT", **{field: wrong}))
    assert message == f"The order's {field} is {wrong!r}; it has to be a Decimal, as in Decimal('150.10')."


def test_an_order_without_a_quantity_is_refused() -> None:
    assert "quantity is None; it has to be a Decimal" in refusal(terms("LMT", quantity=None))


BRIEF, LASTING = ["IOC", "FOK", "OPG"], ["DAY", "GTC", "GTD"]
WAITING = ["STP", "STP LMT", "TRAIL", "TRAIL LIMIT", "MIT", "LIT", "MTL"]


@pytest.mark.parametrize("time_in_force", BRIEF + LASTING)
@pytest.mark.parametrize("order_type", ["MKT", "LMT"])
def test_market_and_limit_orders_have_every_time_in_force(order_type: str, time_in_force: str) -> None:
    dated = LATER if time_in_force == "GTD" else None
    require_sound_terms(terms(order_type, time_in_force=time_in_force, good_till_date=dated), now=NOW)


@pytest.mark.parametrize("time_in_force", BRIEF)
@pytest.mark.parametrize("order_type", WAITING)
def test_an_order_that_waits_can_t_be_one_for_the_moment(order_type: str, time_in_force: str) -> None:
    expected = f"An order of type {order_type} can't have the time in force {time_in_force}; it can have DAY, GTC, GTD."
    assert refusal(terms(order_type, time_in_force=time_in_force)) == expected


@pytest.mark.parametrize("time_in_force", [*BRIEF, "GTC", "GTD"])
@pytest.mark.parametrize("order_type", ["MOC", "LOC"])
def test_an_order_at_the_close_is_for_the_day(order_type: str, time_in_force: str) -> None:
    asked = terms(order_type, time_in_force=time_in_force, good_till_date=LATER)
    assert refusal(asked).endswith("it can have DAY.")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (terms("REL"), "Orders of type REL are not sent from here; MKT, LMT, STP, STP LMT,"),
        (terms("MKT", quantity=Decimal(0)), "A quantity of 0 can't be sent; it has to be a number above zero."),
        (terms("MKT", quantity=Decimal(-1)), "above zero"),
        (terms("MKT", quantity=Decimal("Infinity")), "A quantity of Infinity can't be sent"),
        (terms("MKT", quantity=Decimal("1.00000000000000000001")), "more digits"),
        (terms("MKT", quantity=Decimal("1e30")), "A quantity of 1E+30 can't be meant"),
        (terms("LMT", limit_price=Decimal("-1e15")), "A limit price of -1E+15 can't be meant"),
        (terms("LMT", limit_price=Decimal("NaN")), "A limit price of NaN can't be sent; it has to be a number."),
        (terms("LMT", limit_price=Decimal("1.00000000000000000001")), "The limit price can't be sent"),
        (terms("TRAIL", trailing_amount=None), "trails by an amount or by a percentage, not by both; neither was"),
        (terms("TRAIL", trailing_percent=ONE), "both were given"),
        (terms("TRAIL LIMIT", trailing_percent=ONE), "both were given"),
        (terms("TRAIL", trailing_amount=Decimal(0)), "A trailing amount of 0 can't be sent"),
        (
            terms("TRAIL", trailing_amount=None, trailing_percent=Decimal(100)),
            "percent of 100 reaches below",
        ),
        (terms("LMT", time_in_force="GTX"), "can't have the time in force GTX"),
        (terms("LMT", time_in_force="GTD"), "A time in force of GTD needs the date until which the order is good."),
        (terms("LMT", good_till_date=LATER), "goes with GTD, not with DAY"),
        (terms("LMT", time_in_force="GTD", good_till_date=NOW), "The date 2024-03-04 14:30:00 UTC is in the past"),
        (terms("LMT", time_in_force="GTD", good_till_date=datetime(2030, 1, 1)), "has no time zone"),  # noqa: DTZ001
        (
            terms("LOC", outside_rth=True),
            "type LOC with DAY can't also work outside regular trading hours.",
        ),
        (terms("MOC", outside_rth=True), "can't also work outside"),
        (terms("LMT", time_in_force="OPG", outside_rth=True), "An order of type LMT with OPG can't also work outside"),
        (terms("LMT", time_in_force="IOC", outside_rth=True), "can't also work outside"),
        (terms("LMT", time_in_force="FOK", outside_rth=True), "can't also work outside"),
        (terms("LMT", oca_group="a"), "An OCA group needs its type, and the type its group"),
        (terms("LMT", oca_type=OcaType.REDUCE_WITH_BLOCK), "An OCA group needs its type"),
    ],
)
def test_what_contradicts_itself_is_refused_in_a_sentence(asked: OrderTerms, message: str) -> None:
    assert message in refusal(asked)


# What is ordered


def rule(*steps: tuple[str, str], exchanges: tuple[str, ...] = ("SMART",)) -> PriceRule:
    return PriceRule(exchanges, tuple(PriceIncrement(Decimal(edge), Decimal(step)) for edge, step in steps))


PENNIES = replace(AAPL, price_rules=(rule(("0", "0.01")),))
OPTION = replace(AAPL, price_rules=(rule(("0", "0.01"), ("3", "0.05")), rule(("0", "0.10"), exchanges=("CBOE",))))
BOND = replace(AAPL, price_rules=(rule(("0", "0.0078125")),))


def misfit(asked: OrderTerms, instrument: Instrument) -> str:
    with pytest.raises(OrderRefused) as refused:
        require_fitting(asked, instrument, now=NOW)
    return str(refused.value)


@pytest.mark.parametrize(
    ("instrument", "price", "message"),
    [
        (PENNIES, "10.005", "is off the increment of 0.01 on SMART; the nearest right ones are 10.00 and 10.01."),
        (OPTION, "2.995", "the nearest right ones are 2.99 and 3.00."),
        (OPTION, "3.01", "is off the increment of 0.05 on SMART; the nearest right ones are 3.00 and 3.05."),
        (
            replace(OPTION, exchange="CBOE"),
            "2.95",
            "is off the increment of 0.10 on CBOE; the nearest right ones are 2.90 and 3.00.",
        ),
        (BOND, "99.01", "the nearest right ones are 99.0078125 and 99.0156250."),
    ],
)
@pytest.mark.parametrize("order_type", ["LMT", "LOC"])
def test_a_price_off_its_increment_is_refused_with_the_nearest_right_ones(
    order_type: str, instrument: Instrument, price: str, message: str
) -> None:
    assert misfit(terms(order_type, limit_price=Decimal(price)), instrument).endswith(message)


@pytest.mark.parametrize(("instrument", "price"), [(OPTION, "2.99"), (OPTION, "3.05"), (BOND, "99.0078125")])
def test_a_price_on_its_increment_passes(instrument: Instrument, price: str) -> None:
    require_fitting(terms("LMT", limit_price=Decimal(price)), instrument, now=NOW)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (terms("STP", stop_price=Decimal("10.005")), "stop price"),
        (terms("STP LMT", stop_price=Decimal("10.005")), "stop price"),
        (terms("MIT", stop_price=Decimal("10.005")), "stop price"),
        (terms("LIT", limit_price=Decimal("10.005")), "limit price"),
        (terms("TRAIL", trail_stop_price=Decimal("10.005")), "first stop price"),
        (terms("TRAIL", trailing_amount=Decimal("0.005")), "trailing amount"),
        (terms("TRAIL LIMIT", limit_price_offset=Decimal("0.005")), "offset from its stop to its limit"),
    ],
)
def test_every_price_of_an_order_is_judged(asked: OrderTerms, name: str) -> None:
    assert f"{name} of" in misfit(asked, PENNIES)
    assert "off the increment of 0.01" in misfit(asked, PENNIES)


def test_a_distance_can_be_as_fine_as_the_finest_step_of_the_rule() -> None:
    require_fitting(terms("TRAIL", trailing_amount=Decimal("0.03")), OPTION, now=NOW)
    assert "off the increment of 0.01" in misfit(terms("TRAIL", trailing_amount=Decimal("0.035")), OPTION)


@pytest.mark.parametrize("rules", [(), (rule(("0", "0.05"), exchanges=("CBOE",)),)])
def test_an_exchange_whose_rules_are_not_known_is_left_to_ib(rules: tuple[PriceRule, ...]) -> None:
    instrument = replace(AAPL, price_rules=rules)
    require_fitting(terms("LMT", limit_price=Decimal("10.00001")), instrument, now=NOW)
    require_fitting(terms("TRAIL", trailing_amount=Decimal("0.00001")), instrument, now=NOW)


@pytest.mark.parametrize("kind", [SecurityType.STK, SecurityType.OPT, SecurityType.CFD])
@pytest.mark.parametrize("price", ["0", "-1"])
def test_what_only_its_buyer_pays_for_always_costs_something(price: str, kind: SecurityType) -> None:
    assert "above zero" in misfit(terms("LMT", limit_price=Decimal(price)), replace(PENNIES, security_type=kind))


def test_a_future_can_cost_less_than_nothing() -> None:
    oil = replace(PENNIES, security_type=SecurityType.FUT)
    require_fitting(terms("LMT", limit_price=Decimal("-37.63")), oil, now=NOW)
    assert misfit(terms("LMT", limit_price=Decimal("-37.635")), oil).endswith("are -37.64 and -37.63.")


@pytest.mark.parametrize(
    ("quantity", "message"),
    [
        ("0.5", "A quantity of 0.5 is too small; the least of AAPL is 1."),
        ("1.5", "A quantity of 1.5 is off the increment of 1; the nearest right ones are 1 and 2."),
    ],
)
def test_a_size_that_ib_would_not_take_is_refused(quantity: str, message: str) -> None:
    assert misfit(terms("MKT", quantity=Decimal(quantity)), AAPL) == message


def test_fractions_are_sizes_where_ib_says_so() -> None:
    fractional = replace(AAPL, min_size=Decimal("0.0001"), size_increment=Decimal("0.0001"))
    require_fitting(terms("MKT", quantity=Decimal("0.0003")), fractional, now=NOW)
    assert "off the increment of 0.0001" in misfit(terms("MKT", quantity=Decimal("0.00035")), fractional)


@pytest.mark.parametrize("kind", [SecurityType.IND, SecurityType.CONTFUT])
def test_what_has_no_counterparty_can_t_be_ordered(kind: SecurityType) -> None:
    assert "instead" in misfit(terms("MKT"), replace(AAPL, security_type=kind))


def test_what_has_expired_can_t_be_ordered() -> None:
    future = replace(AAPL, security_type=SecurityType.FUT, local_symbol="ESU8", expiry=date(2018, 9, 21))
    assert misfit(terms("MKT"), future) == "ESU8 expired on 2018-09-21, so it can't be ordered."
    require_fitting(terms("MKT"), replace(future, expiry=NOW.date()), now=NOW)


@st.composite
def rules(draw: st.DrawFn) -> PriceRule:
    """Steps that grow with the price, as IB's do, and edges that both steps meet."""
    steps = sorted(draw(st.sets(st.sampled_from(["0.0001", "0.0005", "0.001", "0.01", "0.05", "0.25"]), min_size=1)))
    edges = ["0", *sorted(draw(st.sets(st.sampled_from(["1", "3", "10", "100"]), max_size=len(steps) - 1)), key=int)]
    return rule(*zip(edges, sorted(steps, key=Decimal), strict=False))


@given(rules(), st.decimals(min_value=Decimal("0.3"), max_value=Decimal(500), places=6))
def test_the_nearest_right_prices_are_right_and_nothing_right_lies_between(rule: PriceRule, price: Decimal) -> None:
    instrument = replace(AAPL, price_rules=(rule,))
    below, above = right_prices(price, instrument)
    assert below <= price <= above
    for right in (below, above):
        require_fitting(terms("LMT", limit_price=right), instrument, now=NOW)
    if below != above:
        assert above - below <= max(instrument.increment_at(below), instrument.increment_at(above))
