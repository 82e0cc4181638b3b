"""bob walks every address there is, with the ids of what is alice's, and finds that none of it exists.

The addresses come from the resolver and the sockets' routes, so a new one is walked from the day it is added: one with
a parameter that isn't known here fails until alice has something for it to name.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.apps import apps
from django.conf import settings
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.conftest import user_named
from webapp.accounts import sharing, tokens
from webapp.accounts.models import BrokerAccount, GatewaySession, User
from webapp.live.routing import program_urlpatterns, websocket_urlpatterns
from webapp.trading.models import Execution, Instrument, Order, Position, Watchlist, WatchlistItem

METHODS = ("get", "head", "post", "put", "patch", "delete")
NOT_THERE, NO_SUCH_METHOD, NO_TOKEN, NOTHING_YET = 404, 405, 401, 204

# Of an order that his account doesn't have: a ticket whose answer was lost asks until it is there.
SAYS_NOTHING_YET = {"accounts/<uuid:account_id>/orders/<uuid:client_order_id>/placed/"}

# Addresses with a parameter that names nothing of a tenant's.
OF_NOBODY = {
    "api/v1/<path:rest>": "answers 404 to everybody",
    "api/<path:rest>": "answers 404 to everybody",
    "api/v1/instruments/<int:con_id>": "instruments are everybody's",
}


@dataclass(frozen=True, slots=True)
class Address:
    """`route` as the resolver writes it; `parameters` in order."""

    route: str
    parameters: tuple[str, ...]
    application: str

    def with_ids(self, ids: dict[str, object]) -> str:
        path = self.route
        for converter in ("uuid", "uuidstr", "int", "str", "path", "slug"):
            for name in self.parameters:
                path = path.replace(f"<{converter}:{name}>", str(ids[name]))
        return "/" + path


def addresses(patterns: list[Any], prefix: str = "", application: str = "") -> Iterator[Address]:
    for entry in patterns:
        route = prefix + str(entry.pattern).removeprefix("^")
        if isinstance(entry, URLResolver):
            yield from addresses(entry.url_patterns, route, entry.app_name or application)
        elif isinstance(entry, URLPattern):
            yield Address(route, tuple(entry.pattern.converters), application)


EVERY = list(addresses(get_resolver().url_patterns))
# Closed to whoever is no administrator, owners included: `desk/test_doors.py` walks each of the desk's addresses.
OFFICES = ("admin", "desk")
OURS = [
    address
    for address in EVERY
    if address.application not in OFFICES and not address.route.startswith("auth/") and address.route not in OF_NOBODY
]
NAMING = [address for address in OURS if address.parameters]
LISTING = [address for address in OURS if not address.parameters]
ADMIN = [address for address in EVERY if address.application == "admin"]


def route_of(address: Address) -> str:
    return address.route or "/"


@pytest.fixture
def hers(ready_account: BrokerAccount, aapl: Instrument) -> dict[str, object]:
    """One of everything that alice can have, by the name that addresses give its id."""
    order = place(ready_account, aapl)
    fill(order)
    Position.objects.create(
        account=ready_account, account_code="DU1000001", instrument=aapl, quantity=5, average_cost=Decimal("187.31")
    )
    watchlist = Watchlist.objects.create(user=ready_account.user, name="hers-and-nobody-elses")
    WatchlistItem.objects.create(watchlist=watchlist, instrument=aapl)
    charlie = user_named("charlie")
    share = sharing.invite(account=ready_account, username="charlie", role="trader")
    charlies = BrokerAccount.objects.create(user=charlie, name="Charlies", trading_mode="paper")
    invitation = sharing.invite(account=charlies, username="alice", role="viewer")
    return {
        "account_id": ready_account.id,
        "client_order_id": order.client_order_id,
        "order_key": order.client_order_id,
        "watchlist_id": watchlist.id,
        "con_id": aapl.con_id,
        "token_id": tokens.authenticate(tokens.create(ready_account.user, "hers")).pk,  # type: ignore[union-attr]
        "share_id": share.id,
        "invitation_id": invitation.id,
    }


def place(account: BrokerAccount, instrument: Instrument) -> Order:
    return Order.objects.create(
        account=account,
        client_order_id=uuid.uuid4(),
        instrument=instrument,
        account_code="DU1000001",
        side="BUY",
        quantity=5,
        limit_price=Decimal("187.31"),
        status="SUBMITTED",
        ib_status="Submitted",
    )


def fill(order: Order) -> None:
    Execution.objects.create(
        account=order.account,
        exec_id="0000e0d5.hers.01.01",
        order=order,
        order_ref=str(order.client_order_id),
        account_code=order.account_code,
        instrument=order.instrument,
        side=order.side,
        quantity=order.quantity,
        price=Decimal("187.31"),
        executed_at=datetime(2026, 1, 5, 15, 30, tzinfo=UTC),
        commission=Decimal("1.07"),
        commission_currency="USD",
    )


def signed_in(user: User) -> Client:
    """With a session and a token of this user, so that it passes whichever door an address has."""
    token = tokens.create(user, "walk", scopes=["read", "trade"])
    tokens.authenticate(token)  # its use is recorded now, and not during the walk
    client = Client(headers={"Authorization": f"Bearer {token}"})
    client.force_login(user)
    return client


def walk(client: Client, path: str, ids: dict[str, object], methods: tuple[str, ...] = METHODS) -> dict[str, int]:
    """The status by method. The instrument is named each time, since some addresses answer 404 without one."""
    named = {"con_id": ids["con_id"]}
    in_query = {m: getattr(client, m)(path, query_params=named).status_code for m in methods if m != "post"}
    return in_query | ({"post": client.post(path, named).status_code} if "post" in methods else {})


def body_of(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def everything_of_the_tenants() -> dict[str, list[dict[str, Any]]]:
    models: list[type[Model]] = [
        *apps.get_app_config("accounts").get_models(),
        *apps.get_app_config("trading").get_models(),
    ]
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}  # type: ignore[attr-defined]


def test_the_walk_knows_what_every_parameter_names(hers: dict[str, object]) -> None:
    unknown = {address.route: set(address.parameters) - set(hers) for address in NAMING}
    assert {route: names for route, names in unknown.items() if names} == {}
    assert len(NAMING) >= 12


@pytest.mark.parametrize("address", NAMING, ids=route_of)
def test_what_is_hers_is_not_there_for_an_outsider(address: Address, hers: dict[str, object], bob: User) -> None:
    client = signed_in(bob)
    before = everything_of_the_tenants()

    statuses = walk(client, address.with_ids(hers), hers)

    assert set(statuses.values()) <= {NOT_THERE, NO_SUCH_METHOD}, statuses
    assert NOT_THERE in statuses.values(), statuses
    assert everything_of_the_tenants() == before


@pytest.mark.parametrize("address", NAMING, ids=route_of)
def test_it_is_there_for_its_owner(address: Address, hers: dict[str, object], alice: User) -> None:
    """Or the walk above would prove nothing."""
    statuses = walk(signed_in(alice), address.with_ids(hers), hers, ("get", "post", "delete"))

    assert set(statuses.values()) - {NOT_THERE, NO_SUCH_METHOD}, statuses


@pytest.mark.parametrize("address", NAMING, ids=route_of)
def test_what_is_hers_is_not_there_for_a_stranger(address: Address, hers: dict[str, object]) -> None:
    before = everything_of_the_tenants()
    for method in METHODS:
        response = getattr(Client(), method)(address.with_ids(hers))
        to_sign_in = response.status_code == 302 and response["Location"].startswith("/auth/login/")
        assert to_sign_in or response.status_code in (401, 403, NOT_THERE, NO_SUCH_METHOD), method
    assert everything_of_the_tenants() == before


@pytest.mark.parametrize("address", LISTING, ids=route_of)
def test_a_list_holds_nothing_of_hers(address: Address, hers: dict[str, object], bob: User) -> None:
    text = body_of(signed_in(bob).get(address.with_ids({}))).decode()

    marks = [str(hers[name]) for name in ("account_id", "client_order_id", "watchlist_id")]
    assert [mark for mark in [*marks, "hers", "DU1000001", "187.31"] if mark in text] == []


@pytest.mark.parametrize("address", ADMIN, ids=route_of)
def test_the_admin_is_closed_to_who_is_no_administrator(address: Address, hers: dict[str, object], bob: User) -> None:
    ids = dict.fromkeys(address.parameters, hers["account_id"]) | {"content_type_id": 1, "app_label": "accounts"}
    response = signed_in(bob).get(address.with_ids(ids).replace("(?P<app_label>auth|accounts|trading)/$", "accounts/"))

    assert response.status_code in (200, 302, 403, NOT_THERE)
    if response.status_code == 200:
        assert address.route in ("admin/login/", "admin/jsi18n/")
    assert str(hers["account_id"]).encode() not in body_of(response) or response.status_code == 302


@pytest.fixture
def his(bob: User) -> BrokerAccount:
    account = BrokerAccount.objects.create(user=bob, name="His", trading_mode="paper", account_codes=["DU2000002"])
    GatewaySession.objects.create(account=account, state="READY", desired_state="RUNNING")
    return account


# An instrument is everyone's, and its page on an account of his is his.
NOBODYS = {"con_id"}
CROSSED = [a for a in NAMING if "account_id" in a.parameters and len(set(a.parameters) - NOBODYS) > 1]
OF_INSTRUMENTS = [a for a in NAMING if set(a.parameters) == {"account_id", "con_id"}]


@pytest.mark.parametrize("address", CROSSED, ids=route_of)
def test_what_is_hers_is_not_behind_an_account_of_his(
    address: Address, hers: dict[str, object], his: BrokerAccount
) -> None:
    client = signed_in(his.user)
    before = everything_of_the_tenants()

    statuses = walk(client, address.with_ids(hers | {"account_id": his.id}), hers)

    nothing = NOTHING_YET if route_of(address) in SAYS_NOTHING_YET else NOT_THERE
    assert set(statuses.values()) <= {nothing, NO_SUCH_METHOD}, statuses
    assert nothing in statuses.values(), statuses
    assert everything_of_the_tenants() == before


@pytest.mark.parametrize("address", OF_INSTRUMENTS, ids=route_of)
def test_what_is_hers_is_not_on_his_page_of_the_same_instrument(
    address: Address, hers: dict[str, object], his: BrokerAccount
) -> None:
    text = body_of(signed_in(his.user).get(address.with_ids(hers | {"account_id": his.id}))).decode()

    marks = (str(hers["account_id"]), str(hers["client_order_id"]), "hers", "DU1000001", "187.31")
    assert [mark for mark in marks if mark in text] == []


@pytest.mark.parametrize(
    "address",
    [
        "/accounts/{his}/trade/?watchlist={watchlist_id}",
        "/accounts/{his}/search/?q=AAPL&watchlist={watchlist_id}",
        "/api/v1/fills?account={account_id}",
        "/api/v1/fills/export?account={account_id}",
        "/api/v1/orders?account={account_id}",
        "/api/v1/positions?account={account_id}",
        "/api/v1/account-values?account={account_id}",
    ],
)
def test_what_is_hers_is_not_there_when_a_query_names_it(
    address: str, hers: dict[str, object], his: BrokerAccount
) -> None:
    response = signed_in(his.user).get(address.format(his=his.id, **hers))

    assert response.status_code == NOT_THERE


def test_the_same_client_order_id_on_his_account_is_an_order_of_his(
    hers: dict[str, object], his: BrokerAccount
) -> None:
    """An id is unique per account, so that nobody learns from a refusal which ids others have used."""
    form = {
        "client_order_id": hers["client_order_id"],
        "con_id": hers["con_id"],
        "side": "SELL",
        "order_type": "LMT",
        "quantity": "1",
        "limit_price": "187.31",
        "time_in_force": "DAY",
    }
    before = Order.objects.filter(account_id=hers["account_id"]).values().get()

    response = signed_in(his.user).post(f"/accounts/{his.id}/orders/", form)

    assert response.status_code == 201
    assert Order.objects.filter(account_id=hers["account_id"]).values().get() == before
    assert Order.objects.get(account=his).side == "SELL"


SOCKETS = [address for address in addresses(websocket_urlpatterns) if address.parameters]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["bob", None])
@pytest.mark.parametrize("address", SOCKETS, ids=route_of)
async def test_her_socket_does_not_exist_for_an_outsider(
    address: Address, name: str | None, hers: dict[str, object], bob: User
) -> None:
    assert await knock(address.with_ids(hers), bob if name else None) == NOT_THERE


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("address", SOCKETS, ids=route_of)
async def test_her_socket_opens_for_her(address: Address, hers: dict[str, object], alice: User) -> None:
    assert await knock(address.with_ids(hers), alice) == 101


# They name nothing of hers in their addresses: what they may watch is asked of them by the account's id.
PROGRAMS = list(addresses(program_urlpatterns))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("address", PROGRAMS, ids=route_of)
@pytest.mark.parametrize("name", ["bob", None])
async def test_a_programs_socket_opens_with_a_token_alone(
    address: Address, name: str | None, hers: dict[str, object], bob: User
) -> None:
    assert await knock(address.with_ids(hers), bob if name else None) == NO_TOKEN


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("address", PROGRAMS, ids=route_of)
@pytest.mark.parametrize(("name", "is_there"), [("bob", False), ("alice", True)])
async def test_her_account_is_there_on_a_programs_socket_for_her_alone(
    address: Address, name: str, is_there: bool, hers: dict[str, object], bob: User
) -> None:
    token = await sync_to_async(lambda: tokens.create(User.objects.get(username=name), "walk", scopes=["read"]))()
    program = communicator(address.with_ids(hers), [(b"authorization", f"Bearer {token}".encode())])
    await program.send_input({"type": "websocket.connect"})
    assert (await program.receive_output(timeout=10))["type"] == "websocket.accept"
    wanted = {"type": "subscribe", "account": str(hers["account_id"]), "after": 0}
    await program.send_input({"type": "websocket.receive", "text": json.dumps(wanted)})
    heard = [json.loads((await program.receive_output(timeout=10))["text"]) for _ in range(2)]
    await hang_up(program)
    assert [said["type"] for said in heard] == ["hello", "subscribed" if is_there else "error"]
    assert is_there or heard[1]["code"] == "no_such_account"


async def knock(path: str, user: User | None) -> int:
    """As a browser on our own page would: 101 when it opens, else the status."""
    headers = [(b"origin", b"http://testserver")]
    if user:
        headers.append((b"cookie", await sync_to_async(session_cookie)(user)))
    browser = communicator(path, headers)
    await browser.send_input({"type": "websocket.connect"})
    first = await browser.receive_output(timeout=10)
    if first["type"] != "websocket.accept":
        browser.stop()
        return int(first["status"])
    await hang_up(browser)
    return 101


async def hang_up(opened: ApplicationCommunicator) -> None:
    await opened.send_input({"type": "websocket.disconnect", "code": 1000})
    await opened.wait(timeout=10)


def communicator(path: str, headers: list[tuple[bytes, bytes]]) -> ApplicationCommunicator:
    """Through the whole ASGI stack."""
    from webapp.asgi import application

    scope = {
        "type": "websocket",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"testserver"), *headers],
        "subprotocols": [],
        "extensions": {"websocket.http.response": {}},
    }
    return ApplicationCommunicator(application, scope)


def session_cookie(user: User) -> bytes:
    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}".encode()
