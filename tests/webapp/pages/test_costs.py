"""What an order would bind and cost, as its confirmation says it: what isn't known is a dash and why."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from webapp.accounts.models import BrokerAccount, GatewaySession
from webapp.pages import costs

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
    }
    assert [line.after for line in costs.lines(SAID)] == [None, "5,321.15", None]


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
