"""A change of an order: opened from its row, reviewed in words, sent; every refusal beside what it is about."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from webapp.accounts.models import BrokerAccount
from webapp.trading import orders
from webapp.trading.models import Instrument, Order, OrderCommand

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def order(ready_account: BrokerAccount, aapl: Instrument) -> Order:
    """One that the broker works."""
    placed = orders.place(
        account=ready_account,
        client_order_id=uuid.uuid4(),
        con_id=aapl.con_id,
        side="SELL",
        order_type="STP LMT",
        quantity=10,
        stop_price="180",
        limit_price="179.5",
        outside_rth=True,
    )
    OrderCommand.objects.update(state="SENT")
    Order.objects.update(status="SUBMITTED", ib_status="Submitted")
    return placed.order


@pytest.fixture
def address(order: Order) -> str:
    return f"/accounts/{order.account_id}/orders/{order.client_order_id}/modify/"


@pytest.fixture
def opened(browser: Client, address: str, elements: Callable[[Any], Any]) -> Callable[[], dict[str, str]]:
    """Every field of the form as it is painted now."""

    def fields() -> dict[str, str]:
        return held_by(elements(browser.get(address, headers=HTMX)))

    return fields


@pytest.fixture
def change(browser: Client, address: str, opened: Callable[[], dict[str, str]]) -> Callable[..., Any]:
    """Posts what the form held at the start, with `fields` changed, to the change's own address or its review's."""
    held = opened()
    return lambda path="", **fields: browser.post(address + path, held | fields, headers=HTMX)


def held_by(form: Any) -> dict[str, str]:
    """What a form sends on, by the page's tags; of a choice, the one that is selected."""
    inputs = [one for one in form.all("input") if one.get("type") != "checkbox" or "checked" in one]
    [time_in_force] = [one["value"] for one in form.all("option") if "selected" in one] or ["DAY"]
    return {"time_in_force": time_in_force} | {one["name"]: one.get("value") or "" for one in inputs}


def changes() -> list[OrderCommand]:
    return list(OrderCommand.objects.filter(verb="MODIFY"))


def test_the_form_has_the_fields_of_the_orders_type_with_its_terms(
    browser: Client, order: Order, elements: Callable[[Any], Any]
) -> None:
    response = browser.get(f"/accounts/{order.account_id}/orders/{order.client_order_id}/modify/", headers=HTMX)
    fields = {field["name"]: field.get("value") for field in elements(response).all("input")}
    assert (fields["quantity"], fields["stop_price"], fields["limit_price"]) == ("10", "180.00", "179.50")
    assert "trailing_amount" not in fields
    assert "order_type" not in fields
    assert "Sell 10 AAPL with a stop at 180.00 and a limit of 179.50" in response.content.decode()


def test_a_review_says_what_it_was_and_what_it_shall_be_and_writes_nothing(change: Callable[..., Any]) -> None:
    text = change("review/", quantity="20", stop_price="181").content.decode()
    assert "Instead of: Sell 10 AAPL with a stop at 180.00" in text
    assert "Sell 20 AAPL with a stop at 181.00 and a limit of 179.50, day order, also outside regular hours" in text
    assert "<strong>PAPER</strong>" in text
    assert "Send the change (PAPER)" in text
    assert changes() == []


def test_a_change_asks_for_what_differs_alone_and_shows_that_it_is_under_way(change: Callable[..., Any]) -> None:
    response = change(quantity="20", stop_price="180.00")
    [command] = changes()
    assert response.status_code == 200
    assert (command.quantity, command.stop_price, command.outside_rth) == (Decimal(20), None, None)
    assert re.search(r"data-changing\s*>Changing", response.content.decode())


def test_a_tick_that_was_taken_away_is_asked_for(change: Callable[..., Any]) -> None:
    change(outside_rth="")
    [command] = changes()
    assert command.outside_rth is False


@pytest.mark.parametrize("path", ["", "review/"])
@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("quantity", "-1", "must be more than 0"),
        ("stop_price", "180.001", "is not on the price increment"),
        ("time_in_force", "FOK", "have the time in force FOK"),
        ("quantity", "10", "This changes nothing"),
    ],
)
def test_a_refusal_stands_beside_its_field_and_keeps_what_was_typed(
    change: Callable[..., Any], elements: Callable[[Any], Any], path: str, field: str, value: str, says: str
) -> None:
    response = change(path, **{field: value})
    [wrong] = elements(response).with_attribute("aria-invalid")
    assert response.status_code == 422
    assert says in response.content.decode()
    assert wrong["name"] == field
    assert changes() == []


def test_an_order_that_is_over_offers_no_change(browser: Client, order: Order, change: Callable[..., Any]) -> None:
    Order.objects.update(status="FILLED")
    page = browser.get(f"/accounts/{order.account_id}/orders/{order.client_order_id}/modify/", headers=HTMX)
    assert "be changed now: it is filled" in page.content.decode()
    assert change(quantity="20").status_code == 409
    assert change("review/", quantity="20").status_code == 409


def test_a_second_change_waits_for_the_answer_to_the_first(change: Callable[..., Any]) -> None:
    change(quantity="20")
    assert change(quantity="20").status_code == 200
    response = change(quantity="30")
    assert response.status_code == 409
    assert "Another change of this order is under way" in response.content.decode()
    assert len(changes()) == 1


def test_a_change_with_real_money_needs_the_typed_word(change: Callable[..., Any]) -> None:
    BrokerAccount.objects.update(trading_mode="live", live_trading_since=timezone.now())
    refused = change(quantity="20")
    assert refused.status_code == 422
    assert "type LIVE" in refused.content.decode()
    assert changes() == []
    assert change(quantity="20", confirmation="LIVE").status_code == 200


def trailing(order: Order, **terms: Any) -> None:
    """Makes it a trailing stop; the broker moves its stop price."""
    alone = {"stop_price": None, "limit_price": None, "outside_rth": False}
    first = {"trailing_amount": Decimal(2), "trail_stop_price": Decimal(180)}
    Order.objects.filter(pk=order.pk).update(order_type="TRAIL", **alone | first | terms)


def test_a_trailing_stop_that_moved_meanwhile_is_not_moved_back(
    browser: Client, order: Order, address: str, opened: Callable[[], dict[str, str]]
) -> None:
    trailing(order)
    held = opened()
    Order.objects.update(trail_stop_price=Decimal(185))
    assert "from 185.00" in browser.post(f"{address}review/", held | {"quantity": "20"}, headers=HTMX).content.decode()
    assert browser.post(address, held | {"quantity": "20"}, headers=HTMX).status_code == 200
    [command] = changes()
    assert (command.quantity, command.trail_stop_price) == (Decimal(20), None)


def test_a_trailing_stop_is_not_set_from_a_price_that_it_has_left(
    browser: Client, order: Order, address: str, opened: Callable[[], dict[str, str]]
) -> None:
    trailing(order)
    held = opened()
    Order.objects.update(trail_stop_price=Decimal(185))
    response = browser.post(address, held | {"trail_stop_price": "182"}, headers=HTMX)
    assert response.status_code == 409
    assert "its first stop price is 185.00 now" in response.content.decode()
    assert changes() == []


@pytest.mark.parametrize("path", ["", "review/"])
@pytest.mark.parametrize(
    ("elsewhere", "says"),
    [
        ({"limit_price": Decimal("178.5")}, "its limit price is 178.50 now"),
        ({"quantity": 15}, "its quantity is 15 now"),
        ({"time_in_force": "GTC"}, "its time in force is GTC now"),
        ({"outside_rth": False}, "its leave to trade outside regular hours is not given now"),
    ],
)
def test_what_was_changed_elsewhere_meanwhile_is_said_and_not_undone(
    browser: Client,
    address: str,
    change: Callable[..., Any],
    elements: Callable[[Any], Any],
    elsewhere: dict[str, Any],
    says: str,
    path: str,
) -> None:
    Order.objects.update(**elsewhere)
    response = change(path, stop_price="181")
    assert response.status_code == 409
    assert says in response.content.decode()
    assert changes() == []
    # What was typed stands there still, beside what the order has now: sent again, it changes that alone.
    browser.post(address, held_by(elements(response)), headers=HTMX)
    [command] = changes()
    assert orders.asked_by(command) == {"stop_price": Decimal(181)}


def test_a_form_that_does_not_say_what_it_was_painted_with_changes_nothing(browser: Client, address: str) -> None:
    fields = {"quantity": "20", "stop_price": "180", "limit_price": "179.5", "time_in_force": "DAY"}
    assert browser.post(address, fields, headers=HTMX).status_code == 409
    assert changes() == []


def test_a_date_that_nobody_touched_keeps_its_seconds(
    browser: Client, address: str, opened: Callable[[], dict[str, str]]
) -> None:
    Order.objects.update(time_in_force="GTD", good_till_date=datetime(2099, 1, 5, 20, 0, 30, tzinfo=UTC))
    held = opened()
    assert held["good_till"] == "2099-01-05T20:00"
    browser.post(address, held | {"quantity": "20"}, headers=HTMX)
    [command] = changes()
    assert orders.asked_by(command) == {"quantity": Decimal(20)}


def test_a_date_by_another_clock_is_another_date(
    browser: Client, address: str, opened: Callable[[], dict[str, str]]
) -> None:
    Order.objects.update(time_in_force="GTD", good_till_date=datetime(2099, 1, 5, 20, 0, 30, tzinfo=UTC))
    browser.post(address, opened() | {"time_zone": "America/New_York"}, headers=HTMX)
    [command] = changes()
    assert orders.asked_by(command) == {"good_till_date": datetime(2099, 1, 6, 1, 0, tzinfo=UTC)}


def test_the_review_sends_on_what_the_form_was_painted_with(
    browser: Client, address: str, change: Callable[..., Any], elements: Callable[[Any], Any]
) -> None:
    reviewed = held_by(elements(change("review/", quantity="20")))
    Order.objects.update(limit_price=Decimal("178.5"))
    assert browser.post(address, reviewed, headers=HTMX).status_code == 409
    assert changes() == []


def test_going_back_keeps_what_was_typed(change: Callable[..., Any], elements: Callable[[Any], Any]) -> None:
    fields = {
        field["name"]: field.get("value") for field in elements(change("review/", edit="1", quantity="x")).all("input")
    }
    assert fields["quantity"] == "x"


def test_what_cannot_be_changed_is_not_taken_from_the_form(change: Callable[..., Any]) -> None:
    text = change("review/", quantity="20", side="BUY", con_id="1", order_type="MKT").content.decode()
    assert "Sell 20 AAPL with a stop at 180.00" in text
