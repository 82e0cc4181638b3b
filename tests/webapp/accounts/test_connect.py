from __future__ import annotations

import pytest

from tests.webapp.accounts.conftest import LOGIN
from webapp.accounts.connect import connect_account
from webapp.accounts.models import BrokerAccount, Credential, GatewaySession
from webapp.accounts.refusals import AccountInvalid
from webapp.accounts.sealing import SealingFailed
from workers.unsealing import Opener


def connect(user, **changes) -> BrokerAccount:
    return connect_account(**{"user": user, "name": "Mine", "trading_mode": "paper", **LOGIN, **changes})


@pytest.mark.django_db
def test_connecting_stores_the_login_and_wishes_the_session_to_run(alice, keysets):
    account = connect(alice)
    assert (account.user, account.name, account.trading_mode) == (alice, "Mine", "paper")
    assert Opener().login_of(account.id).password == LOGIN["password"]
    assert account.session.desired_state == GatewaySession.objects.get().desired_state == "RUNNING"
    assert account.events.get().body["state"] == "STOPPED"


@pytest.mark.django_db(transaction=True)
def test_connecting_calls_for_a_worker_once_the_rows_are_there(alice, keysets, tasks_sent):
    account = connect(alice)
    assert tasks_sent() == [("workers.tasks.open_session", [str(account.id)])]


@pytest.mark.django_db
def test_every_wrong_field_is_named_at_once_and_nothing_is_written(alice, keysets):
    with pytest.raises(AccountInvalid) as refusal:
        connect(alice, name=" ", trading_mode="moon", username="", password="")
    assert set(refusal.value.errors) == {"name", "trading_mode", "username", "password"}
    assert not BrokerAccount.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["x" * 61, "a\x00b", "a\nb"])
def test_a_name_that_does_not_fit_is_refused(alice, keysets, name):
    with pytest.raises(AccountInvalid) as refusal:
        connect(alice, name=name)
    assert set(refusal.value.errors) == {"name"}


@pytest.mark.django_db(transaction=True)
def test_when_the_login_can_not_be_sealed_no_account_is_left_and_no_worker_is_called(alice, keysets, tasks_sent):
    keysets.public.unlink()
    with pytest.raises(SealingFailed):
        connect(alice)
    assert not BrokerAccount.objects.exists()
    assert not Credential.objects.exists()
    assert tasks_sent() == []
