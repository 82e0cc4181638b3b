"""Every act that the log promises, done through the door that people use, and no secret in any of them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from webapp.accounts import credentials, live_trading, restarts, sessions, tokens
from webapp.accounts.connect import connect_account
from webapp.accounts.models import BrokerAccount, User
from webapp.audit.models import AuditEntry
from webapp.trading import limits, orders
from webapp.trading.kill_switch import engaging
from webapp.trading.models import Instrument, Order
from webapp.trading.refusals import SessionNotReady

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-passphrase-1"


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    """Tries are counted by address, which all tests share."""
    cache.clear()
    yield
    cache.clear()


def told() -> list[tuple[str, str, str, str]]:
    """Action, who, subject and text, oldest first."""
    return list(AuditEntry.objects.order_by("id").values_list("action", "actor", "subject", "text"))


def newest() -> AuditEntry:
    return AuditEntry.objects.order_by("-id")[0]


def test_signing_up_in_out_and_a_new_password() -> None:
    client = Client()
    client.post("/auth/signup/", {"username": "dora", "password1": PASSWORD, "password2": PASSWORD})
    change = {"oldpassword": PASSWORD, "password1": f"{PASSWORD}2", "password2": f"{PASSWORD}2"}
    client.post("/auth/password/change/", change)
    client.post("/auth/logout/")
    assert {(action, actor) for action, actor, _, _ in told()} == {
        ("signed_up", "dora"),
        ("login", "dora"),
        ("password_changed", "dora"),
        ("logout", "dora"),
    }
    assert PASSWORD not in str(list(AuditEntry.objects.values()))


def test_a_refused_sign_in_names_the_user_it_was_for_and_nobody_as_the_actor(alice: User) -> None:
    Client().post("/auth/login/", {"login": "alice", "password": "wrong"})
    assert told() == [("login_failed", "", "alice", "The password was wrong.")]


def test_what_was_typed_as_an_unknown_username_is_not_kept(alice: User) -> None:
    Client().post("/auth/login/", {"login": "my-bank-password", "password": "wrong"})
    [(action, actor, subject, text)] = told()
    assert (action, actor, subject) == ("login_failed", "", "")
    assert "my-bank-password" not in text


def test_an_account_is_connected_and_its_login_entered_without_a_trace_of_it(alice: User, keysets: Any) -> None:
    login = {"username": "broker-name", "password": "correct horse battery"}
    connected = connect_account(user=alice, name="Mine", trading_mode="paper", **login)
    credentials.store(account=connected, **login)
    assert [action for action, *_ in told()] == [
        "account_connected",
        "credentials_changed",
        "session_start",
        "credentials_changed",
    ]
    kept = str(list(AuditEntry.objects.values()))
    assert "broker-name" not in kept
    assert "horse" not in kept


def test_a_session_is_started_and_stopped(account: BrokerAccount) -> None:
    sessions.request_start(account.id)
    sessions.request_stop(account.id)
    restarts.choose(account=account, at="22:15")
    assert [(action, text) for action, _, _, text in told()] == [
        ("session_start", ""),
        ("session_stop", ""),
        ("restart_time_changed", "At 22:15."),
    ]


@pytest.fixture
def placed(ready_account: BrokerAccount, aapl: Instrument) -> Order:
    limits.set_limits(account=ready_account, fresh_quote=False)
    return place(ready_account, aapl, uuid.uuid4())


def place(account: BrokerAccount, instrument: Instrument, client_order_id: uuid.UUID) -> Order:
    return orders.place(
        account=account,
        client_order_id=str(client_order_id),
        con_id=str(instrument.con_id),
        side="BUY",
        order_type="LMT",
        quantity="10",
        limit_price="187.31",
    ).order


def test_an_order_is_told_once_however_often_it_is_sent(placed: Order, aapl: Instrument) -> None:
    assert placed.client_order_id is not None
    place(placed.account, aapl, placed.client_order_id)
    entries = AuditEntry.objects.filter(action="order_placed")
    assert [(e.subject, e.text) for e in entries] == [(str(placed.client_order_id), "BUY 10 AAPL LMT 187.31 DAY")]


def test_a_change_tells_both_terms_and_a_cancel_the_order(placed: Order) -> None:
    assert placed.client_order_id is not None
    placed.commands.update(state="SENT")
    Order.objects.update(status="SUBMITTED", ib_status="Submitted")
    placed.broker_orders.create(account=placed.account, perm_id=1, broker_order_id=1, status="SUBMITTED")
    orders.modify(account=placed.account, client_order_id=placed.client_order_id, quantity="5", limit_price="180")
    assert newest().text == "To BUY 5 AAPL LMT 180 DAY, from BUY 10 AAPL LMT 187.31 DAY"
    orders.cancel(account=placed.account, client_order_id=placed.client_order_id)
    assert (newest().action, newest().subject) == ("order_cancelled", str(placed.client_order_id))


def test_an_order_that_was_refused_is_not_told_as_placed(account: BrokerAccount, aapl: Instrument) -> None:
    with pytest.raises(SessionNotReady):
        place(account, aapl, uuid.uuid4())
    assert told() == []


def test_limits_are_told_before_and_after(account: BrokerAccount) -> None:
    limits.set_limits(account=account, max_quantity="100")
    details = newest().details
    assert (details["before"]["max_quantity"], details["after"]["max_quantity"]) == (None, "100")
    assert json.dumps(details)


def test_the_kill_switch_is_told_of_one_and_of_all(account: BrokerAccount, alice: User) -> None:
    engaging.engage(account=account, by=alice, reason="A storm.")
    engaging.release(account=account)
    engaging.release(account=account)
    engaging.engage_for_all(by=alice)
    engaging.release_for_all()
    engaging.release_for_all()
    assert [(action, subject) for action, _, subject, _ in told()] == [
        ("kill_switch_engaged", ""),
        ("kill_switch_released", ""),
        ("kill_switch_engaged", "all accounts"),
        ("kill_switch_released", "all accounts"),
    ]


def test_live_trading_is_told_when_it_is_turned(account: BrokerAccount, alice: User) -> None:
    BrokerAccount.objects.update(trading_mode="live")
    account.refresh_from_db()
    live_trading.turn_on(account=account, by=alice, password="alice-password")
    live_trading.turn_off(account=account)
    live_trading.turn_off(account=account)
    assert [action for action, *_ in told()] == ["live_trading_on", "live_trading_off"]


def test_a_token_is_told_by_its_name_alone(alice: User) -> None:
    token = tokens.create(alice, "robot")
    assert told() == [("token_created", "alice", "robot", "")]
    assert token not in str(list(AuditEntry.objects.values()))
