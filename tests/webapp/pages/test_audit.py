"""What the owner of an account reads of who did what with it."""

from __future__ import annotations

import pytest
from django.test import Client

from webapp.accounts.models import BrokerAccount, User
from webapp.audit import recording as audit
from webapp.audit.acting import Origin, acting
from webapp.audit.models import Action, Via

pytestmark = pytest.mark.django_db


def act(account: BrokerAccount, by: User, via: Via, **origin: str) -> None:
    with acting(Origin(via=via, person=lambda: by, **origin)):
        audit.record(Action.SESSION_STOP, account=account, text=f"By {via}.")


def test_the_owner_reads_who_did_what_and_of_others_no_address(
    browser: Client, account: BrokerAccount, alice: User, bob: User
) -> None:
    act(account, alice, Via.PAGE, ip="192.0.2.1", user_agent="Firefox")
    act(account, bob, Via.API, ip="192.0.2.2", user_agent="curl", token="robot")
    act(account, bob, Via.DESK, ip="192.0.2.3", user_agent="Chrome")
    page = browser.get(f"/accounts/{account.id}/audit/").content.decode()
    for shown in ("192.0.2.1, Firefox", "bob, by the token robot", "an administrator", "By desk."):
        assert shown in page
    for hidden in ("192.0.2.2", "curl", "192.0.2.3", "Chrome"):
        assert hidden not in page


def test_what_is_of_another_account_or_of_none_is_not_there(browser: Client, account: BrokerAccount, bob: User) -> None:
    other = BrokerAccount.objects.create(user=bob, name="His", trading_mode="paper")
    audit.record(Action.SESSION_STOP, account=other, text="His own.")
    audit.record(Action.LOGIN_FAILED, subject="alice", text="Of no account.")
    page = browser.get(f"/accounts/{account.id}/audit/").content.decode()
    assert "Nothing yet." in page
    assert "His own." not in page


def test_older_entries_are_a_page_further(
    browser: Client, account: BrokerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.pages.views.audit.ROWS", 2)
    for number in range(3):
        audit.record(Action.SESSION_STOP, account=account, text=f"n{number}")
    first = browser.get(f"/accounts/{account.id}/audit/")
    second = browser.get(f"/accounts/{account.id}/audit/", {"before": first.context["older"]})
    assert [entry.text for entry in first.context["told"]] == ["n2", "n1"]
    assert [entry.text for entry in second.context["told"]] == ["n0"]
    assert browser.get(f"/accounts/{account.id}/audit/", {"before": "rubbish"}).status_code == 200
