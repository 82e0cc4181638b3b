"""What would be refused when it is sent is refused at the review, as far as it can be judged then."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from webapp.accounts.models import BrokerAccount, GatewaySession
from webapp.trading import limits, orders
from webapp.trading.kill_switch import engaging
from webapp.trading.models import Order, OrderCommand

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
Ticket = Callable[..., dict[str, str]]
Review = Callable[[dict[str, str]], Any]
Forbid = Callable[[BrokerAccount], Any]


def engage(account: BrokerAccount) -> None:
    engaging.engage(account=account, by=account.user)


def limit(account: BrokerAccount) -> None:
    limits.set_limits(account=account, max_quantity="5")


def stop(account: BrokerAccount) -> None:
    GatewaySession.objects.update(state="STOPPED", state_reason="Stopped by its owner.")


FORBIDDEN = pytest.mark.parametrize(
    ("forbid", "status", "says"),
    [
        (engage, 422, "The kill switch of Paper is engaged"),
        (limit, 422, "over this account's limit of 5 per order. Nothing was sent."),
        (stop, 503, "The session of Paper is stopped, and takes orders only when it is ready."),
    ],
)


@FORBIDDEN
def test_a_ticket_that_would_be_refused_is_not_offered_to_be_sent_and_keeps_what_was_typed(
    ready_account: BrokerAccount,
    review: Review,
    ticket: Ticket,
    elements: Callable[[Any], Any],
    forbid: Forbid,
    status: int,
    says: str,
) -> None:
    form = ticket()
    assert 'id="ticket-review"' in review(form).content.decode()
    forbid(ready_account)
    response = review(form)
    assert response.status_code == status
    assert says in html.unescape(response.content.decode())
    assert 'id="ticket-review"' not in response.content.decode()
    typed = {field["name"]: field.get("value") for field in elements(response).all("input")}
    assert (typed["quantity"], typed["client_order_id"]) == ("10", form["client_order_id"])
    assert not Order.objects.exists()


@pytest.fixture
def change(browser: Client, ready_account: BrokerAccount, place: Review, ticket: Ticket) -> Callable[[], Any]:
    """Reviews a change of an order that the broker works."""
    form = ticket()
    place(form)
    OrderCommand.objects.update(state="SENT")
    Order.objects.update(status="SUBMITTED")
    seen = {f"seen_{name}": value or "" for name, value in orders.terms_as_body(Order.objects.get()).items()}
    address = f"/accounts/{ready_account.id}/orders/{form['client_order_id']}/modify/review/"
    return lambda: browser.post(address, {**form, **seen, "seen_outside_rth": "", "quantity": "20"}, headers=HTMX)


@FORBIDDEN
def test_a_change_that_would_be_refused_is_not_offered_to_be_sent(
    ready_account: BrokerAccount, change: Callable[[], Any], forbid: Forbid, status: int, says: str
) -> None:
    assert 'id="change-review"' in change().content.decode()
    forbid(ready_account)
    response = change()
    assert response.status_code == status
    assert says in html.unescape(response.content.decode())
    assert 'id="change-review"' not in response.content.decode()
    assert not OrderCommand.objects.filter(verb="MODIFY").exists()


def test_what_was_reviewed_in_time_is_judged_again_when_it_is_sent(
    ready_account: BrokerAccount, review: Review, place: Review, ticket: Ticket
) -> None:
    form = ticket()
    assert review(form).status_code == 200
    limit(ready_account)
    assert place(form).status_code == 422
    assert not Order.objects.exists()
