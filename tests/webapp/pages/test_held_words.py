"""What a review says of the position: what is held now, what would be, and that an order turns it over."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from tests.webapp.trading.quoting import quoting
from webapp.accounts.models import BrokerAccount, GatewaySession
from webapp.pages import held_words
from webapp.trading import orders
from webapp.trading.models import Instrument, Order, OrderCommand, Position

pytestmark = pytest.mark.django_db

Ticket = Callable[..., dict[str, str]]
Review = Callable[[dict[str, str]], Any]


def said(response: Any) -> tuple[str, str]:
    """The sentence of the position, and the marked one; '' for none."""
    text = html.unescape(response.content.decode())
    [held], warnings = re.findall(r"data-held>([^<]*)<", text), re.findall(r"data-turns-over><strong>([^<]*)<", text)
    return held, "".join(warnings)


def hold(account: BrokerAccount, instrument: Instrument, quantity: str) -> None:
    Position.objects.create(account=account, account_code="DU1000001", instrument=instrument, quantity=quantity)


@pytest.mark.parametrize(
    ("held", "side", "quantity", "text", "warning"),
    [
        ("0", "BUY", "10", "You hold none; after this order 10 long.", ""),
        ("0", "SELL", "100", "You hold none; after this order 100 short.", "opens a short position: it sells 100"),
        ("1", "SELL", "1", "You hold 1; after this order none.", ""),
        ("1", "SELL", "100", "You hold 1; after this order 99 short.", "goes short: it sells 99 more than you hold"),
        ("1500", "BUY", "1", "You hold 1,500; after this order 1,501 long.", ""),
        ("-5", "SELL", "5", "You are 5 short; after this order 10 short.", ""),
        ("-5", "BUY", "5", "You are 5 short; after this order none.", ""),
        ("-5", "BUY", "8", "You are 5 short; after this order 3 long.", "goes long: it buys 3 more than you are short"),
    ],
)
def test_a_review_says_what_is_held_and_marks_an_order_that_takes_it_to_the_other_side(
    ready_account: BrokerAccount,
    aapl: Instrument,
    review: Review,
    ticket: Ticket,
    held: str,
    side: str,
    quantity: str,
    text: str,
    warning: str,
) -> None:
    if held != "0":
        hold(ready_account, aapl, held)
    with quoting():
        found = said(review(ticket(side=side, quantity=quantity, order_type="MKT", limit_price="")))
    assert found[0] == text
    assert warning in found[1]
    assert bool(found[1]) == bool(warning)


def test_a_position_of_another_of_the_logins_accounts_is_not_this_ones(
    ready_account: BrokerAccount, aapl: Instrument, review: Review, ticket: Ticket
) -> None:
    Position.objects.create(account=ready_account, account_code="DU9", instrument=aapl, quantity=500)
    assert said(review(ticket(side="SELL")))[0] == "You hold none; after this order 10 short."


@pytest.mark.parametrize(
    ("session", "security_type", "why"),
    [
        ({"state": "STOPPED"}, "STK", "is stopped, and knows its positions only when it is ready."),
        ({}, "BAG", "a combination is held as its legs."),
    ],
)
def test_a_position_that_nobody_counts_is_said_to_be_unknown_and_why(
    ready_account: BrokerAccount, aapl: Instrument, session: dict[str, str], security_type: str, why: str
) -> None:
    hold(ready_account, aapl, "1")
    GatewaySession.objects.update(**session)
    aapl.security_type = security_type
    found = held_words.of_order(ready_account, aapl, side="SELL", quantity=Decimal(100))
    assert found.text.startswith("Your position is unknown: ")
    assert why in found.text
    assert found.warning == ""


def test_other_open_orders_are_said_not_to_be_counted(
    ready_account: BrokerAccount, review: Review, place: Review, ticket: Ticket
) -> None:
    place(ticket())
    assert said(review(ticket()))[0].endswith("Your other open orders in it are not counted.")
    Order.objects.update(status="FILLED")
    assert "not counted" not in said(review(ticket()))[0]


def test_the_review_of_a_change_counts_what_is_not_filled_yet(
    browser: Client, ready_account: BrokerAccount, aapl: Instrument, place: Review, ticket: Ticket
) -> None:
    form = ticket(side="SELL")
    place(form)
    OrderCommand.objects.update(state="SENT")
    Order.objects.update(status="SUBMITTED", filled_quantity=4)
    hold(ready_account, aapl, "6")
    seen = {f"seen_{name}": value or "" for name, value in orders.terms_as_body(Order.objects.get()).items()}
    changed = {**form, **seen, "seen_outside_rth": "", "quantity": "20"}
    response = browser.post(
        f"/accounts/{ready_account.id}/orders/{form['client_order_id']}/modify/review/",
        changed,
        headers={"HX-Request": "true"},
    )
    assert said(response) == (
        "You hold 6; after this order 10 short.",
        "This order goes short: it sells 10 more than you hold.",
    )
