from __future__ import annotations

import json
import sys

import pytest
from django.views.debug import ExceptionReporter

from brokers.domain import SessionState
from tests.drills.searching import places
from tests.drills.searching.needle import Needle
from tests.webapp.accounts.conftest import LOGIN
from webapp.accounts import credentials, sealing
from webapp.accounts.fingerprints import fingerprint
from webapp.accounts.models import AccountEvent, BrokerAccount, Credential, GatewaySession
from webapp.accounts.refusals import AccountInvalid
from workers.unsealing import Opener

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("secret", LOGIN.values(), ids=LOGIN.keys())
def test_no_table_holds_the_login(account, keysets, secret):
    credentials.store(account=account, **LOGIN)
    assert list(places.tables(Needle(secret))) == []


@pytest.mark.parametrize("secret", LOGIN.values(), ids=LOGIN.keys())
def test_a_login_that_was_stored_unsealed_would_be_found(account, keysets, secret):
    credentials.store(account=account, **LOGIN)
    Credential.objects.update(sealed=json.dumps(LOGIN).encode())
    assert list(places.tables(Needle(secret))) == ["table accounts_credential"]


def test_a_sealed_row_does_not_tell_how_long_the_password_is(account, keysets):
    lengths = set()
    for password in ("x", "x" * credentials.LONGEST, "\N{PILE OF POO}" * credentials.LONGEST):
        credentials.store(account=account, username="\N{PILE OF POO}" * credentials.LONGEST, password=password)
        lengths.add(len(bytes(Credential.objects.get().sealed)))
    assert len(lengths) == 1


@pytest.mark.parametrize(("username", "hint"), [("demo", "d…o"), ("ab", "a…"), ("a", "a…")])
def test_the_hint_is_the_first_and_the_last_letter_where_that_hides_something(account, keysets, username, hint):
    credentials.store(account=account, username=username, password="secret")
    assert Credential.objects.get().username_hint == hint


def test_blanks_around_a_username_are_not_part_of_it_and_those_around_a_password_are(account, keysets):
    credentials.store(account=account, username=" alice ", password=" secret ")
    login = Opener().login_of(account.id)
    assert (login.username, login.password) == ("alice", " secret ")


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("username", "", "Enter"),
        ("username", "  ", "Enter"),
        ("password", "", "Enter"),
        ("password", "hunter2\x00", "control character"),
        ("password", "hunter2\n", "control character"),
        ("username", "hunter2\x1b", "control character"),
        ("password", "hunter2" * 15, "at most 100"),
    ],
)
def test_a_login_that_can_not_be_one_is_refused_by_field_and_nothing_is_written(account, keysets, field, value, text):
    with pytest.raises(AccountInvalid) as refusal:
        credentials.store(account=account, **{**LOGIN, field: value})
    assert list(refusal.value.errors) == [field]
    assert text in refusal.value.errors[field]
    assert "hunter2" not in f"{refusal.value} {refusal.value!r}"
    assert not Credential.objects.exists()


def test_a_new_login_takes_the_place_of_the_older_one(account, keysets):
    credentials.store(account=account, **LOGIN)
    credentials.store(account=account, username="alice-again", password="another")
    assert Opener().login_of(account.id).username == "alice-again"
    assert Credential.objects.count() == 1


def test_a_new_login_ends_a_refused_ones_state_and_says_what_to_do(account, keysets):
    GatewaySession.objects.update(state=SessionState.AUTH_FAILED)
    credentials.store(account=account, **LOGIN)
    session = GatewaySession.objects.get()
    assert session.state == SessionState.STOPPED
    assert "Start the session" in session.state_reason
    assert AccountEvent.objects.get().body["state"] == "STOPPED"


def test_a_new_login_leaves_any_other_state_alone(ready_account, keysets):
    credentials.store(account=ready_account, **LOGIN)
    assert GatewaySession.objects.get().state == SessionState.READY
    assert not AccountEvent.objects.exists()


def test_when_sealing_fails_no_report_of_it_holds_the_password(account, keysets, caplog):
    keysets.public.unlink()
    try:
        credentials.store(account=account, **LOGIN)
    except sealing.SealingFailed as failure:
        report = ExceptionReporter(None, *sys.exc_info()).get_traceback_html()
        said = f"{failure} {failure!r} {caplog.text} {report}"
    assert "SealingFailed" in report
    # By name, since the report quotes this test's own lines.
    assert LOGIN["password"] not in said


@pytest.fixture
def his(bob):
    return BrokerAccount.objects.create(user=bob, name="Bobs own", trading_mode="paper")


@pytest.mark.parametrize(
    "username", ["alice-at-broker", "ALICE-at-broker", " alice-at-broker ", "\uff41lice-at-broker"]
)
def test_the_same_login_is_refused_a_second_time_and_nobody_is_named(account, his, keysets, username):
    GatewaySession.objects.create(account=his)
    credentials.store(account=account, **LOGIN)
    with pytest.raises(AccountInvalid) as refusal:
        credentials.store(account=his, username=username, password="whatever")
    assert refusal.value.errors == {"username": credentials.IN_USE}
    assert "alice" not in credentials.IN_USE
    assert not Credential.objects.filter(account=his).exists()


def test_the_same_username_is_one_login_in_both_trading_modes(account, his, keysets):
    """The broker gives market data to one of its sessions, and a live one takes it from a paper one."""
    GatewaySession.objects.create(account=his)
    credentials.store(account=account, **LOGIN)
    his.trading_mode = "live"
    with pytest.raises(AccountInvalid):
        credentials.store(account=his, **LOGIN)


def test_an_account_keeps_its_login_and_one_that_was_given_up_is_free(account, his, keysets):
    GatewaySession.objects.create(account=his)
    credentials.store(account=account, **LOGIN)
    credentials.store(account=account, username=LOGIN["username"], password="another")
    credentials.store(account=account, username="someone-else", password="another")
    credentials.store(account=his, **LOGIN)


def test_a_fingerprint_can_not_be_made_without_the_secret_key(settings):
    first = fingerprint(LOGIN["username"])
    assert fingerprint(LOGIN["username"]) == first
    settings.SECRET_KEY = "another key of fifty characters or more, as Django asks"
    assert fingerprint(LOGIN["username"]) != first


def test_logins_from_before_fingerprints_stay_and_clash_with_nothing(account, his, keysets):
    GatewaySession.objects.create(account=his)
    credentials.store(account=account, **LOGIN)
    Credential.objects.update(fingerprint=None)
    credentials.store(account=his, **LOGIN)
    Credential.objects.update(fingerprint=None)
    assert Credential.objects.count() == 2
