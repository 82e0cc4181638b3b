"""Who gets in at the desk, who may act there, and that nobody trades for another from it or past it."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import URLPattern

from tests.webapp.trading.examples import placed
from webapp.accounts import tokens
from webapp.accounts.models import ApiToken, BrokerAccount, User, Worker
from webapp.desk.urls import urlpatterns
from webapp.trading.models import Instrument, Order, OrderCommand

pytestmark = pytest.mark.django_db

PATTERNS = [pattern for pattern in urlpatterns if isinstance(pattern, URLPattern)]
DEEDS = ("start", "stop", "restart", "suspend", "resume", "engage", "release", "drain", "undrain", "forget")


@pytest.fixture
def ids(account: BrokerAccount, bob: User) -> dict[str, object]:
    worker = Worker.objects.create(name="worker-1", capacity=5)
    return {"uuid:account_id": account.id, "int:user_id": bob.pk, "int:worker_id": worker.pk}


def address(pattern: URLPattern, ids: dict[str, object]) -> str:
    path = f"/desk/{pattern.pattern}"
    for name, value in ids.items():
        path = path.replace(f"<{name}>", str(value))
    return path


def is_deed(pattern: URLPattern) -> bool:
    return str(pattern.pattern).rstrip("/").rpartition("/")[2] in DEEDS


def by_name(pattern: URLPattern) -> str:
    return str(pattern.name)


@pytest.mark.parametrize("pattern", PATTERNS, ids=by_name)
def test_whoever_is_no_staff_finds_nothing_there(pattern: URLPattern, ids: dict[str, object], alice: User) -> None:
    client = Client()
    client.force_login(alice)
    for method in (client.get, client.post):
        assert method(address(pattern, ids)).status_code in (404, 405)
    wanted = client.post if is_deed(pattern) else client.get
    assert wanted(address(pattern, ids)).status_code == 404


@pytest.mark.parametrize("pattern", PATTERNS, ids=by_name)
def test_a_stranger_is_sent_to_sign_in(pattern: URLPattern, ids: dict[str, object]) -> None:
    method = Client().post if is_deed(pattern) else Client().get
    assert method(address(pattern, ids))["Location"].startswith("/auth/login/")


@pytest.mark.parametrize("pattern", PATTERNS, ids=by_name)
def test_staff_without_permissions_may_look_and_not_act(pattern: URLPattern, ids: dict[str, object], bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    client = Client()
    client.force_login(bob)
    method = client.post if is_deed(pattern) else client.get
    assert method(address(pattern, ids)).status_code == (403 if is_deed(pattern) else 200)


def test_staff_see_no_button_that_they_may_not_press(ids: dict[str, object], bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    client = Client()
    client.force_login(bob)
    for pattern in PATTERNS:
        if not is_deed(pattern) and not str(pattern.name).endswith("csv"):
            page = client.get(address(pattern, ids)).content.decode()
            assert 'action="/desk/' not in page, pattern.name


def test_one_permission_opens_its_own_deeds_alone(ids: dict[str, object], bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    bob.user_permissions.add(Permission.objects.get(codename="change_brokeraccount"))
    client = Client()
    client.force_login(bob)
    account = ids["uuid:account_id"]
    assert client.post(f"/desk/accounts/{account}/stop/").status_code == 302
    assert client.post(f"/desk/accounts/{account}/engage/").status_code == 403
    assert client.post("/desk/kill-switch/engage/", {"confirmation": "STOP ALL"}).status_code == 403


@pytest.mark.parametrize("pattern", PATTERNS, ids=by_name)
def test_no_form_works_without_its_csrf_token(pattern: URLPattern, ids: dict[str, object], charlie: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(charlie)
    assert client.post(address(pattern, ids)).status_code == 403


@pytest.fixture
def hers(ready_account: BrokerAccount, aapl: Instrument) -> Order:
    """Placed as she does it, so that the audit log tells of it."""
    return placed(ready_account, quantity="5", limit_price="187.31")


def test_an_administrator_neither_sees_nor_sends_anothers_orders(hers: Order, desk: Client, charlie: User) -> None:
    account = f"/accounts/{hers.account_id}"
    ticket = {"client_order_id": str(uuid.uuid4()), "con_id": str(hers.instrument_id), "side": "BUY"}
    looks = ["", "trade/", "protection/", "password/", "log/", "ticket/", "values/", "fills.csv"]
    deeds = ["orders/", f"orders/{hers.client_order_id}/cancel/", "start/", "stop/", "protection/engage/"]
    assert {path: desk.get(f"{account}/{path}").status_code for path in looks} == dict.fromkeys(looks, 404)
    assert {path: desk.post(f"{account}/{path}", ticket).status_code for path in deeds} == dict.fromkeys(deeds, 404)
    assert [command.order for command in OrderCommand.objects.all()] == [hers]


def test_an_administrators_token_reaches_nobody_elses_account(hers: Order, charlie: User) -> None:
    token = tokens.create(charlie, "mine", scopes=ApiToken.Scope.values)
    client = Client(headers={"Authorization": f"Bearer {token}"})
    assert client.get("/api/v1/orders", {"account": str(hers.account_id)}).status_code == 404
    assert client.get("/api/v1/accounts").json()["items"] == []


def test_the_desk_shows_no_order_no_money_and_no_login(hers: Order, desk: Client, keysets: Any) -> None:
    from webapp.accounts import credentials

    credentials.store(account=hers.account, username="hers-at-broker", password="correct horse")
    account = desk.get(f"/desk/accounts/{hers.account_id}/").content.decode()
    user = desk.get(f"/desk/users/{hers.account.user_id}/").content.decode()
    assert "1 known here" in account
    secrets = ("AAPL", "187.31", str(hers.client_order_id), "hers-at-broker", "correct horse", 'type="password"')
    for page in (account, user):
        assert "Order placed" in page
        assert [secret for secret in secrets if secret in page] == []
