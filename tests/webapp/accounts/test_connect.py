from __future__ import annotations

import pytest

from tests.webapp.accounts.conftest import LOGIN
from tests.webapp.trading.racing import race
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


@pytest.mark.django_db
@pytest.mark.parametrize("again", [LOGIN["username"], f" {LOGIN['username'].upper()} "])
def test_a_username_that_another_account_of_hers_has_is_refused_and_nothing_is_written(alice, keysets, again):
    """IB serves one session of a username: two would take the market data, and the login itself, from each other."""
    connect(alice)
    with pytest.raises(AccountInvalid) as refusal:
        connect(alice, name="The same again", username=again, password="another", trading_mode="live")
    assert list(refusal.value.errors) == ["username"]
    assert "“Mine” uses this username already" in refusal.value.errors["username"]
    assert BrokerAccount.objects.get().name == "Mine"


@pytest.mark.django_db
def test_nobody_is_told_that_a_stranger_uses_a_username(alice, bob, keysets):
    connect(alice)
    connect(bob)
    assert len(set(Credential.objects.values_list("username_digest", flat=True))) == 2


@pytest.mark.django_db
def test_a_username_is_free_again_when_its_account_is_gone(alice, keysets):
    connect(alice).delete()
    connect(alice)


@pytest.mark.django_db(transaction=True)
def test_of_racing_connections_of_one_username_one_stands(alice, keysets, tasks_sent):
    def attempt() -> bool:
        try:
            connect(alice)
        except AccountInvalid:
            return False
        return True

    assert sorted(race(attempt, times=4)) == [False, False, False, True]
    assert BrokerAccount.objects.count() == Credential.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_when_the_login_can_not_be_sealed_no_account_is_left_and_no_worker_is_called(alice, keysets, tasks_sent):
    keysets.public.unlink()
    with pytest.raises(SealingFailed):
        connect(alice)
    assert not BrokerAccount.objects.exists()
    assert not Credential.objects.exists()
    assert tasks_sent() == []
