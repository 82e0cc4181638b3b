"""Signing up, in and out, changing the password; and that no form works without its CSRF token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern

from webapp.accounts.models import User
from webapp.pages.urls import urlpatterns

pytestmark = pytest.mark.django_db

PASSWORD, OTHER = "a-long-passphrase-1", "a-long-passphrase-2"


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    """Tries are counted by address, which all tests share."""
    cache.clear()
    yield
    cache.clear()


def sign_in(client: Client, password: str, **query: str) -> Any:
    return client.post("/auth/login/", {"login": "dora", "password": password}, query_params=query)


def sign_up(client: Client) -> Any:
    return client.post("/auth/signup/", {"username": "dora", "password1": PASSWORD, "password2": PASSWORD})


def test_a_user_signs_up_changes_the_password_and_comes_back_with_it() -> None:
    client = Client()
    assert sign_up(client)["Location"] == "/accounts/"
    change = {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER}
    assert client.post("/auth/password/change/", change).status_code == 302
    assert client.get("/accounts/").status_code == 200
    assert client.post("/auth/logout/")["Location"] == "/"
    assert "not correct" in sign_in(client, PASSWORD).content.decode()
    assert sign_in(client, OTHER)["Location"] == "/accounts/"


@pytest.mark.parametrize(
    "path",
    [
        "password/reset/",
        "password/reset/done/",
        "password/reset/key/1-x/",
        "password/set/",
        "email/",
        "confirm-email/",
        "login/code/confirm/",
        "reauthenticate/",
    ],
)
def test_what_would_need_mail_is_not_there(browser: Client, path: str) -> None:
    for client in (browser, Client()):
        assert client.get(f"/auth/{path}").status_code == 404


def test_the_form_for_a_new_password_offers_no_way_to_a_mail(browser: Client) -> None:
    text = browser.get("/auth/password/change/").content.decode()
    assert 'class="card entrance"' in text
    assert "reset" not in text
    assert "Forgot" not in text


def test_a_user_that_is_switched_off_reads_what_to_do() -> None:
    assert "Ask them to switch it on again." in Client().get("/auth/inactive/").content.decode()


@pytest.mark.parametrize("next_page", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"])
def test_signing_in_leads_to_no_other_site(next_page: str) -> None:
    User.objects.create_user("dora", password=PASSWORD)
    assert sign_in(Client(), PASSWORD, next=next_page)["Location"] == "/accounts/"


def test_passwords_are_not_guessed_at_will() -> None:
    User.objects.create_user("dora", password=PASSWORD)
    client = Client()
    for _ in range(5):
        sign_in(client, "wrong")
    assert "Too many failed login attempts" in sign_in(client, PASSWORD).content.decode()


def test_too_many_forms_at_once_get_a_page_that_says_what_to_do() -> None:
    client = Client()
    statuses = [client.post("/auth/signup/", {}).status_code for _ in range(20)]
    refused = client.post("/auth/signup/", {})
    assert set(statuses) == {200}
    assert refused.status_code == 429
    assert "Wait a few minutes" in refused.content.decode()
    assert "</header>" in refused.content.decode()


POSTS = [pattern for pattern in urlpatterns if isinstance(pattern, URLPattern) and pattern.name != "home"]


@pytest.mark.parametrize("pattern", POSTS, ids=lambda pattern: str(pattern.name))
def test_no_form_works_without_its_csrf_token(alice: User, pattern: URLPattern) -> None:
    """Refused before the address is looked at, so ids of nothing will do."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    path = re.sub("<int:[a-z_]+>", "1", f"/{pattern.pattern}")
    path = re.sub("<uuid:[a-z_]+>", "00000000-0000-4000-8000-000000000000", path)
    assert client.post(path).status_code == 403
