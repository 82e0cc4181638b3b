"""Each field of a ticket, with what is wrong in it said beside it, and nothing written."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import instrument_row
from tests.webapp.trading.examples import fields, update
from webapp.accounts.models import AccountEvent, BrokerAccount
from webapp.trading import orders
from webapp.trading.models import Instrument, Order, OrderCommand
from webapp.trading.orders import OrderInvalid
from webapp.trading.orders.checks import FieldRefused, read_client_order_id
from webapp.trading.orders.tickets import TicketFields

pytestmark = pytest.mark.django_db


def errors_of(account: BrokerAccount, **changes: Any) -> dict[str, str]:
    with pytest.raises(OrderInvalid) as refusal:
        orders.place(account=account, **fields(**changes))
    assert not Order.objects.exists()
    assert not OrderCommand.objects.exists()
    assert not AccountEvent.objects.exists()
    return refusal.value.errors


WRONG = [
    ("quantity", "", "Enter a quantity"),
    ("quantity", None, "Enter a quantity"),
    ("quantity", "0", "more than 0, not 0"),
    ("quantity", "-5", "more than 0, not -5"),
    ("quantity", "1.5", "The nearest valid: 1 and 2"),
    ("quantity", "0.5", "trades from 1 up"),
    ("quantity", "NaN", "“NaN” is not a number"),
    ("quantity", "Infinity", "“Infinity” is not a number"),
    ("quantity", "1e9999", "“1e9999” is not a number"),
    ("quantity", Decimal("NaN"), "“NaN” is not a number"),
    ("quantity", Decimal("1e9999"), "is not a number"),
    ("quantity", "9" * 30, "too large"),
    ("quantity", "1.00000000001", "too fine"),
    ("quantity", "ten", "“ten” is not a number"),
    ("quantity", 10.0, "is not a number"),
    ("limit_price", "", "needs a limit price"),
    ("limit_price", None, "needs a limit price"),
    ("limit_price", "0", "more than 0, not 0"),
    ("limit_price", "-1", "more than 0, not -1"),
    ("limit_price", "190.505", "The nearest valid: 190.50 and 190.51"),
    ("limit_price", "0.001", "The nearest valid: 0.01."),
    ("limit_price", "1e2", "“1e2” is not a number"),
    ("side", "HOLD", "“HOLD” is not a known side. It is BUY or SELL"),
    ("side", "buy", "BUY or SELL"),
    ("side", None, "BUY or SELL"),
    ("order_type", "PEG MID", "“PEG MID” is not a known order type. It is MKT or LMT or STP or STP LMT or TRAIL"),
    ("time_in_force", "", "It is DAY or GTC or IOC"),
    ("con_id", "4711", "There is no instrument “4711”"),
    ("con_id", "", "not an instrument's number"),
    ("con_id", "AAPL", "“AAPL” is not an instrument's number"),
    ("con_id", "-1", "not an instrument's number"),
    ("con_id", "9" * 25, "not an instrument's number"),
    ("con_id", "٢٦٥٥٩٨", "not an instrument's number"),
    ("client_order_id", "", "is not an order id"),
    ("client_order_id", None, "is not an order id"),
    ("client_order_id", "1", "“1” is not an order id"),
    ("client_order_id", "0d22c1fe60274cd189bc460000000000", "is not an order id"),
    ("client_order_id", "{0d22c1fe-6027-4cd1-89bc-460000000000}", "is not an order id"),
    ("client_order_id", "urn:uuid:0d22c1fe-6027-4cd1-89bc-460000000000", "is not an order id"),
    ("client_order_id", "0d22c1fe-6027-4cd1-89bc-460000000000\n", "is not an order id"),
]


@pytest.mark.parametrize(("field", "value", "says"), WRONG)
def test_a_wrong_field_has_its_error_beside_it_and_nothing_is_written(
    ready_account: BrokerAccount, aapl: Instrument, field: str, value: object, says: str
) -> None:
    errors = errors_of(ready_account, **{field: value})
    assert list(errors) == [field]
    assert says in errors[field]


def test_a_market_order_takes_no_limit_price(ready_account: BrokerAccount, aapl: Instrument) -> None:
    assert "takes no limit price, and got “190.50”" in errors_of(ready_account, order_type="MKT")["limit_price"]


def test_all_errors_are_shown_at_once(ready_account: BrokerAccount, aapl: Instrument) -> None:
    errors = errors_of(ready_account, quantity="-1", limit_price="x", side="", client_order_id="")
    assert set(errors) == {"quantity", "limit_price", "side", "client_order_id"}


def test_a_fractional_size_is_taken_where_the_instrument_trades_in_fractions(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    Instrument.objects.update(size_increment=Decimal("0.0001"), min_size=Decimal("0.0001"))
    placed = orders.place(account=ready_account, **fields(quantity="0.0003"))
    assert placed.order.quantity == Decimal("0.0003")


def test_the_size_above_is_the_only_one_offered_when_the_one_below_is_too_small(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    Instrument.objects.update(size_increment=Decimal(100), min_size=Decimal(200))
    assert "The nearest valid: 300." in errors_of(ready_account, quantity="299.5")["quantity"].replace("200 and ", "")
    assert "trades from 200 up" in errors_of(ready_account, quantity="150")["quantity"]


def test_a_price_may_lie_on_a_fine_increment(ready_account: BrokerAccount, eurusd: Instrument) -> None:
    placed = orders.place(
        account=ready_account, **fields(con_id=str(eurusd.con_id), quantity="20000", limit_price="1.08505")
    )
    assert placed.order.limit_price == Decimal("1.08505")


TIERED = [
    {"exchanges": ["XETRA"], "increments": [["0", "0.0001"]]},
    {"exchanges": ["SMART", "IBIS"], "increments": [["0", "0.005"], ["100", "0.02"], ["200", "0.05"]]},
]


@pytest.mark.parametrize("price", ["99.995", "100", "192.48", "200", "200.05"])
def test_a_price_on_the_step_that_holds_there_is_taken(
    ready_account: BrokerAccount, aapl: Instrument, price: str
) -> None:
    Instrument.objects.update(price_rules=TIERED, price_increment=Decimal("0.0001"))
    placed = orders.place(account=ready_account, **fields(limit_price=price))
    assert placed.order.limit_price == Decimal(price)


@pytest.mark.parametrize(
    ("price", "step", "nearest"),
    [("192.49", "0.02", "192.48 and 192.50"), ("200.02", "0.05", "200.00 and 200.05"), ("0.001", "0.005", "0.005")],
)
def test_a_price_off_the_step_that_holds_there_names_the_nearest_ones(
    ready_account: BrokerAccount, aapl: Instrument, price: str, step: str, nearest: str
) -> None:
    Instrument.objects.update(price_rules=TIERED, price_increment=Decimal("0.0001"))
    error = errors_of(ready_account, limit_price=price)["limit_price"]
    assert f"price increment of {step} that holds there. The nearest valid: {nearest}." in error


@pytest.mark.parametrize("security_type", ["IND", "CONTFUT"])
def test_what_has_no_counterparty_can_not_be_ordered(
    ready_account: BrokerAccount, aapl: Instrument, security_type: str
) -> None:
    Instrument.objects.update(security_type=security_type)
    assert "can be watched, not ordered" in errors_of(ready_account)["con_id"]


@given(st.text() | st.integers() | st.none() | st.binary())
def test_only_the_canonical_shape_is_an_order_id(value: object) -> None:
    try:
        found = read_client_order_id(value)
    except FieldRefused:
        return
    assert str(found) == str(value).lower()


def test_an_order_id_may_come_as_a_value() -> None:
    given_id = uuid.uuid4()
    assert read_client_order_id(given_id) == given_id
    assert read_client_order_id(str(given_id).upper()) == given_id


junk = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.decimals(), st.text(max_size=80))


@given(quantity=junk, limit_price=junk, con_id=junk, side=junk)
def test_junk_ends_in_errors_beside_fields_and_in_nothing_else(
    quantity: object, limit_price: object, con_id: object, side: object
) -> None:
    ticket = TicketFields(
        **fields(quantity=quantity, limit_price=limit_price, con_id=con_id, side=side)  # no instrument is known here
    )
    with pytest.raises(OrderInvalid) as refusal:
        ticket.checked()
    assert "con_id" in refusal.value.errors
    assert set(refusal.value.errors) <= {"quantity", "limit_price", "con_id", "side"}
    assert all(len(text) < 250 for text in refusal.value.errors.values())


def of_kind(security_type: str) -> Instrument:
    row: Instrument = instrument_row(
        con_id=9001,
        symbol="CL",
        local_symbol="CLF7",
        display_symbol="CLF7",
        security_type=security_type,
        exchange="NYMEX",
        currency="USD",
        price_increment=Decimal("0.05"),
        multiplier=Decimal(1000),
    )
    return row


@pytest.mark.parametrize("security_type", ["BAG", "FUT"])
@pytest.mark.parametrize("price", ["0", "-0.05", "-37.65"])
def test_a_combination_and_a_future_may_be_asked_for_at_zero_and_below(
    ready_account: BrokerAccount, security_type: str, price: str
) -> None:
    instrument = of_kind(security_type)
    order = orders.place(account=ready_account, **fields(con_id=instrument.con_id, limit_price=price)).order
    assert orders.as_body(order)["limit_price"] == price
    orders.apply_update(
        account_id=ready_account.pk, update=update(order, con_id=instrument.con_id, limit_price=Decimal(price))
    )
    order.refresh_from_db()
    assert order.limit_price == Decimal(price)


def test_a_price_below_zero_keeps_to_the_steps(ready_account: BrokerAccount) -> None:
    error = errors_of(ready_account, con_id=of_kind("FUT").con_id, limit_price="-37.63")["limit_price"]
    assert "increment of 0.05" in error
    assert "The nearest valid: -37.65 and -37.60." in error


@pytest.mark.parametrize("security_type", ["OPT", "FOP", "CFD", "STK", "BOND"])
def test_of_anything_else_a_price_of_zero_or_less_is_refused_with_what_may_have_one(
    ready_account: BrokerAccount, security_type: str
) -> None:
    error = errors_of(ready_account, con_id=of_kind(security_type).con_id, limit_price="-1")["limit_price"]
    assert error.endswith("not -1. Combinations and futures alone may trade at zero or below.")
