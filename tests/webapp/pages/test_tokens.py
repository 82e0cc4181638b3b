"""The page on which a user makes and revokes their API tokens."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from webapp.accounts import tokens
from webapp.accounts.models import ApiToken, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def alices_browser(alice: User) -> Client:
    browser = Client()
    browser.force_login(alice)
    return browser


def test_a_token_is_made_and_shown_this_once(alices_browser: Client, alice: User) -> None:
    form = {"name": "Nightly export", "scopes": ["read"], "days": "30"}
    response = alices_browser.post("/tokens/", form)
    assert response.status_code == 201
    assert "no-store" in response["Cache-Control"]
    (shown,) = re.findall(r"gh_[\w-]{43}", response.content.decode())
    token = tokens.authenticate(shown)
    assert token is not None
    assert (token.user, token.name, token.scopes) == (alice, "Nightly export", ["read"])
    assert token.expires_at - timezone.now() <= timedelta(days=30)
    again = alices_browser.get("/tokens/").content.decode()
    assert "Nightly export" in again
    assert shown not in again


def test_what_is_wrong_with_a_token_stands_at_its_field(alices_browser: Client) -> None:
    response = alices_browser.post("/tokens/", {"name": " ", "days": "900"})
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"name", "scopes", "days"}
    assert not ApiToken.objects.exists()


def test_when_a_token_was_used_last_is_said_as_exactly_as_it_is_known(
    alices_browser: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens.create(alice, "export")
    assert "never used" in alices_browser.get("/tokens/").content.decode()
    ApiToken.objects.update(last_used_at=timezone.now())
    assert "</time> or within a minute after it" in alices_browser.get("/tokens/").content.decode()
    monkeypatch.setattr(tokens, "USE_RECORDED_EVERY", timedelta(minutes=5))
    assert "</time> or within 5 minutes after it" in alices_browser.get("/tokens/").content.decode()


def test_a_revoked_token_is_gone(alices_browser: Client, alice: User) -> None:
    text = tokens.create(alice, "export")
    response = alices_browser.post(f"/tokens/{ApiToken.objects.get().pk}/revoke/", follow=True)
    assert "“export” is revoked" in response.content.decode()
    assert tokens.authenticate(text) is None


def test_the_page_says_when_a_token_was_used_and_that_it_has_expired(alices_browser: Client, alice: User) -> None:
    text = tokens.create(alice, "export")
    assert "never used" in alices_browser.get("/tokens/").content.decode()
    tokens.authenticate(text)
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(days=1))
    page = alices_browser.get("/tokens/").content.decode()
    assert "never used" not in page
    assert "expired" in page


def test_nobody_sees_or_revokes_anothers_tokens(alices_browser: Client, bob: User) -> None:
    tokens.create(bob, "his-own-export")
    assert "his-own-export" not in alices_browser.get("/tokens/").content.decode()
    assert alices_browser.post(f"/tokens/{ApiToken.objects.get().pk}/revoke/").status_code == 404
    assert ApiToken.objects.exists()
