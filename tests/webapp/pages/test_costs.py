"""What an order would bind and cost, as its confirmation says it: what isn't known is a dash and why."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from brokers.domain import OrderPreview
from tests.webapp.pages.answering import answering
from webapp.accounts.models import BrokerAccount, GatewaySession
from webapp.pages import costs
from webapp.trading import previews

HTMX = {"HX-Request": "true"}

SAID: Any = {
    "initial_margin_change": "950.004",
    "maintenance_margin_change": "-20",
    "equity_with_loan_change": None,
    "initial_margin_after": "5321.15",
    "maintenance_margin_after": None,
    "equity_with_loan_after": None,
    "margin_currency": "USD",
    "commission": "1",
    "min_commission": None,
    "max_commission": None,
    "commission_currency": "EUR",
    "warning": "",
}


def texts(**changes: str | None) -> dict[str, str | None]:
    return {line.label: line.text for line in costs.lines(SAID | changes)}


def test_costs_come_with_their_currency_and_margins_with_what_they_come_to() -> None:
    assert texts() == {
        "Commission": "1.00 EUR",
        "Initial margin": "+950.00 USD",
        "Maintenance margin": "-20.00 USD",
        "Equity with loan": None,
    }
    assert [line.after for line in costs.lines(SAID)] == [None, "5,321.15", None, None]


def test_a_range_of_commissions_is_said_as_one() -> None:
    assert texts(commission=None, min_commission="1", max_commission="2.5")["Commission"] == "1.00 to 2.50 EUR"


def test_what_the_broker_did_not_say_is_unknown() -> None:
    nothing = dict.fromkeys(SAID)
    assert set(texts(**nothing).values()) == {None}


@pytest.mark.django_db
def test_without_an_answer_the_confirmation_has_a_dash_and_why(
    browser: Client, ready_account: BrokerAccount, ticket: Any
) -> None:
    response = browser.post(f"/accounts/{ready_account.id}/ticket/preview/", ticket(), headers=HTMX)
    assert response.status_code == 200
    assert "—" in response.content.decode()
    assert "No worker is running" in response.content.decode()
    GatewaySession.objects.update(state="STOPPED")
    response = browser.post(f"/accounts/{ready_account.id}/ticket/preview/", ticket(), headers=HTMX)
    assert "is stopped" in response.content.decode()
    assert "Whether the margin suffices isn’t known." in response.content.decode()


@pytest.fixture
def preview(browser: Client, ready_account: BrokerAccount, ticket: Any) -> Callable[..., str]:
    """What the confirmation says of margin when the broker answers with these figures."""

    def asked(**changes: str | None) -> str:
        figures = OrderPreview(
            **{
                name: None if (SAID | changes)[name] is None else Decimal((SAID | changes)[name])
                for name in previews.FIGURES
            },
            commission_currency="USD",
            warning=changes.get("warning") or "",
        )
        with answering(preview=previews.figures_as_answer(figures)):
            response = browser.post(f"/accounts/{ready_account.id}/ticket/preview/", ticket(), headers=HTMX)
        return html.unescape(re.sub(r"<[^>]+>", "", response.content.decode()))

    return asked


SHORT = {"initial_margin_change": "950", "initial_margin_after": "5321.15", "equity_with_loan_after": "5000.1"}


@pytest.mark.django_db
def test_an_order_that_the_margin_does_not_suffice_for_is_warned_of_with_what_is_missing(
    preview: Callable[..., str],
) -> None:
    text = preview(**SHORT)
    assert "Not enough margin. Filled, this order would leave an equity with loan of 5,000.10" in text
    assert "against an initial margin of 5,321.15: 321.05 are missing. The broker is likely to refuse it." in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes", [{"equity_with_loan_after": "5321.15"}, {"initial_margin_change": "-10"}, {"initial_margin_change": "0"}]
)
def test_enough_margin_and_what_binds_no_more_are_not_warned_of(
    preview: Callable[..., str], changes: dict[str, str]
) -> None:
    text = preview(**SHORT | changes)
    assert "margin suffices" not in text
    assert "Not enough margin" not in text


@pytest.mark.django_db
@pytest.mark.parametrize("unsaid", ["equity_with_loan_after", "initial_margin_after"])
def test_it_is_said_that_nobody_can_tell_whether_the_margin_suffices(preview: Callable[..., str], unsaid: str) -> None:
    text = preview(**SHORT | {unsaid: None})
    assert "Whether the margin suffices isn’t known." in text
    assert "Not enough margin" not in text


@pytest.mark.django_db
def test_the_brokers_own_warning_is_said_as_such(preview: Callable[..., str]) -> None:
    assert "The broker warns: Your order size is large." in preview(warning="Your order size is large.")


@pytest.mark.django_db
def test_an_order_that_the_broker_would_refuse_is_said_to_be_one(
    browser: Client, ready_account: BrokerAccount, ticket: Any
) -> None:
    with answering(preview={"reason": "Order rejected - reason: insufficient equity (IB 201)"}):
        response = browser.post(f"/accounts/{ready_account.id}/ticket/preview/", ticket(), headers=HTMX)
    text = response.content.decode()
    assert "message error" in text
    assert "The broker would not take this order: Order rejected - reason: insufficient equity (IB 201)" in text
