"""Orders through the API: placed once, changed, cancelled, by a token that may."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from brokers.domain import OrderStatus
from tests.webapp.api.test_problems import problem_of
from tests.webapp.trading.examples import AAPL, placed, update
from webapp.accounts import tokens
from webapp.accounts.models import AccountShare, BrokerAccount, GatewaySession, User
from webapp.audit.models import AuditEntry
from webapp.trading import orders
from webapp.trading.models import Instrument, Order, OrderCommand

pytestmark = pytest.mark.django_db


@pytest.fixture
def trader(alice: User) -> Client:
    """Reads and trades with a token of alice's."""
    token = tokens.create(alice, "trader", scopes=["read", "trade"])
    return Client(headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def address(ready_account: BrokerAccount, aapl: Instrument) -> str:
    return f"/api/v1/accounts/{ready_account.pk}/orders"


def body(**changes: Any) -> dict[str, Any]:
    """A limit order for 10 AAPL with an id of its own."""
    return {
        "client_order_id": str(uuid.uuid4()),
        "con_id": AAPL,
        "side": "BUY",
        "order_type": "LMT",
        "quantity": "10",
        "limit_price": "190.5",
        **changes,
    }


def worked(account: BrokerAccount) -> Order:
    """An order that left and that the broker works."""
    order = placed(account)
    OrderCommand.objects.update(state=OrderCommand.State.SENT)
    orders.apply_update(account_id=account.pk, update=update(order))
    return order


def post(client: Client, address: str, sent: Any) -> Any:
    return client.post(address, json.dumps(sent), content_type="application/json")


def patch(client: Client, address: str, sent: Any) -> Any:
    return client.patch(address, json.dumps(sent), content_type="application/json")


def test_an_order_is_placed_and_reads_as_everywhere(trader: Client, address: str, ready_account: BrokerAccount) -> None:
    sent = body()
    response = post(trader, address, sent)
    assert response.status_code == 201
    order = orders.of(ready_account.user).get()
    assert response.json() == {"account": str(ready_account.pk), **orders.as_body(order)}
    assert response.json()["status"] == "PENDING"
    assert trader.get(f"{address}/{sent['client_order_id']}").json() == response.json()


def test_the_same_client_order_id_and_body_gives_the_same_order(trader: Client, address: str) -> None:
    sent = body()
    first, second = post(trader, address, sent), post(trader, address, {**sent, "quantity": "10.0"})
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert OrderCommand.objects.count() == 1


@pytest.mark.parametrize("changed", [{"quantity": "11"}, {"side": "SELL"}, {"limit_price": "190.51"}])
def test_another_body_under_a_taken_id_is_a_conflict(trader: Client, address: str, changed: dict[str, str]) -> None:
    sent = body()
    post(trader, address, sent)
    problem = problem_of(post(trader, address, {**sent, **changed}), 409)
    assert problem["type"] == "urn:gatehouse:problem:order_conflict"
    assert Order.objects.count() == 1


def test_the_same_order_is_found_when_the_session_has_gone_since(
    trader: Client, address: str, ready_account: BrokerAccount
) -> None:
    sent = body()
    post(trader, address, sent)
    GatewaySession.objects.update(state="STOPPED")
    assert post(trader, address, sent).status_code == 200
    problem = problem_of(post(trader, address, body()), 409)
    assert problem["type"] == "urn:gatehouse:problem:session_not_ready"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"client_order_id": "mine-1"}, "client_order_id"),
        ({"con_id": "AAPL"}, "con_id"),
        ({"con_id": 1}, "con_id"),
        ({"side": "HOLD"}, "side"),
        ({"quantity": 10}, "quantity"),
        ({"quantity": 0.5}, "quantity"),
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "1e3"}, "quantity"),
        ({"quantity": "-1"}, "quantity"),
        ({"limit_price": "190.505"}, "limit_price"),
        ({"limit_price": None}, "limit_price"),
        ({"limit_prize": "190.5"}, "limit_prize"),
        ({"time_in_force": "FOREVER"}, "time_in_force"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_placed(
    trader: Client, address: str, changed: dict[str, Any], field: str
) -> None:
    problem = problem_of(post(trader, address, body(**changed)), 422)
    assert [error["field"] for error in problem["errors"]] == [field]
    assert not Order.objects.exists()


@pytest.mark.parametrize("sent", ["", "{", "[]", '"text"', "null", "[" * 3000])
def test_what_is_no_order_is_no_fault_of_ours(trader: Client, address: str, sent: str) -> None:
    response = trader.post(address, sent, content_type="application/json")
    assert response.status_code in (400, 422)
    problem_of(response, response.status_code)


def test_a_token_that_reads_places_changes_and_cancels_nothing(
    program: Client, address: str, ready_account: BrokerAccount
) -> None:
    order = placed(ready_account)
    one = f"{address}/{order.client_order_id}"
    for refused in (post(program, address, body()), patch(program, one, {"quantity": "11"}), program.delete(one)):
        problem = problem_of(refused, 403)
        assert (problem["type"], problem["scope"]) == ("urn:gatehouse:problem:scope_missing", "trade")
    assert OrderCommand.objects.count() == 1
    assert program.get(one).status_code == 200


def test_an_order_that_the_broker_works_is_changed(trader: Client, address: str, ready_account: BrokerAccount) -> None:
    order = worked(ready_account)
    response = patch(trader, f"{address}/{order.client_order_id}", {"limit_price": "191"})
    assert response.status_code == 202
    assert (response.json()["limit_price"], response.json()["change_requested"]) == ("190.5", True)
    assert OrderCommand.objects.get(verb="MODIFY").limit_price == 191


def test_an_order_is_cancelled_once_however_often_it_is_asked(
    trader: Client, address: str, ready_account: BrokerAccount
) -> None:
    order = worked(ready_account)
    for _ in range(2):
        response = trader.delete(f"{address}/{order.client_order_id}")
        assert (response.status_code, response.json()["cancel_requested"]) == (202, True)
    assert OrderCommand.objects.filter(verb="CANCEL").count() == 1


def test_an_order_that_is_over_can_not_be_cancelled(trader: Client, address: str, ready_account: BrokerAccount) -> None:
    order = placed(ready_account)
    orders.apply_update(account_id=ready_account.pk, update=update(order, status=OrderStatus.FILLED))
    problem = problem_of(trader.delete(f"{address}/{order.client_order_id}"), 409)
    assert problem["type"] == "urn:gatehouse:problem:order_not_open"


def test_an_order_that_does_not_exist_is_404(trader: Client, address: str) -> None:
    one = f"{address}/{uuid.uuid4()}"
    for answer in (trader.get(one), patch(trader, one, {"quantity": "11"}), trader.delete(one)):
        problem_of(answer, 404)


def test_the_audit_log_names_the_token_that_placed_an_order(trader: Client, address: str, alice: User) -> None:
    post(trader, address, body())
    entry = AuditEntry.objects.get(action="order_placed")
    assert (entry.via, entry.actor, entry.token) == ("api", alice.username, "trader")


def test_all_open_orders_are_cancelled_at_once(trader: Client, address: str, ready_account: BrokerAccount) -> None:
    first, second = worked(ready_account), placed(ready_account)
    orders.apply_update(account_id=ready_account.pk, update=update(perm_id=77))
    response = trader.delete(address)
    assert response.status_code == 202
    ids = {str(first.client_order_id), str(second.client_order_id)}
    assert (set(response.json()["client_order_ids"]), response.json()["elsewhere"]) == (ids, 1)


def test_a_preview_needs_a_session_and_writes_nothing_down(trader: Client, address: str) -> None:
    preview = address.replace("/orders", "/previews")
    assert problem_of(post(trader, preview, body(quantity="0")), 422)["errors"][0]["field"] == "quantity"
    problem_of(post(trader, preview, body()), 503)  # no worker is there to ask
    GatewaySession.objects.update(state="STOPPED")
    problem = problem_of(post(trader, preview, body()), 409)
    assert problem["type"] == "urn:gatehouse:problem:session_not_ready"
    assert not Order.objects.exists()


def test_a_bracket_is_placed_whole(trader: Client, address: str) -> None:
    assert post(trader, address, body(take_profit_price="200", stop_loss_price="180")).status_code == 201
    listed = trader.get("/api/v1/orders").json()["items"]
    assert sorted(str(one["attached_as"]) for one in listed) == ["None", "STOP_LOSS", "TAKE_PROFIT"]


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("trader", 201)])
def test_whoever_an_account_is_shared_with_does_what_the_role_allows(
    address: str, ready_account: BrokerAccount, bob: User, role: str, status: int
) -> None:
    AccountShare.objects.create(account=ready_account, user=bob, role=role, accepted_at=timezone.now())
    token = tokens.create(bob, "trader", scopes=["read", "trade"])
    his = Client(headers={"Authorization": f"Bearer {token}"})
    response = post(his, address, body())
    assert response.status_code == status
    assert his.get("/api/v1/orders").status_code == 200
    if status == 403:
        assert problem_of(response, 403)["type"] == "urn:gatehouse:problem:not_allowed"
