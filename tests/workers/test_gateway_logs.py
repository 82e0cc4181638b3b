"""A gateway's log, asked of whichever worker has it."""

from __future__ import annotations

import pytest
from django.test import Client

from brokers.domain import SessionState
from tests.workers.conftest import Place, eventually, listeners, reach, session_of
from webapp.accounts import credentials, gateway_log, sessions
from webapp.accounts.models import BrokerAccount, User

pytestmark = pytest.mark.django_db(transaction=True)


def test_its_owner_and_an_administrator_read_it_with_the_login_masked(
    place: Place, wanted: BrokerAccount, bob: User
) -> None:
    credentials.store(account=wanted, username="wanda", password="adnaw")
    place.new_host().open(wanted.id)
    reach(wanted, SessionState.READY)
    with (place.folder(wanted) / "gateway.log").open("a") as log:
        log.write("hello wanda, your password is adnaw\n")
    charlie = User.objects.create_superuser(username="charlie", password="charlie-password")
    admins = f"/desk/accounts/{wanted.id}/log/"
    for reader, address in ((wanted.user, f"/accounts/{wanted.id}/log/"), (charlie, admins)):
        page = page_of(reader, address)
        assert "login has completed" in page
        assert "hello ***, your password is ***" in page
        assert "adnaw" not in page
    assert "hello" not in page_of(bob, admins)


def page_of(user: User, address: str) -> str:
    browser = Client()
    browser.force_login(user)
    return browser.get(address).content.decode()


def test_a_worker_that_never_saw_the_login_masks_it_too(place: Place, wanted: BrokerAccount) -> None:
    credentials.store(account=wanted, username="wanda", password="adnaw")
    place.new_host().open(wanted.id)
    reach(wanted, SessionState.READY)
    place.hosts[0].stop()
    with (place.folder(wanted) / "gateway.log").open("a") as log:
        log.write("hello wanda, your password is adnaw\n")
    place.new_host("onlooker", capacity=0)
    eventually(lambda: listeners() == 1, "the onlooker listens")
    assert "hello ***, your password is ***" in gateway_log.read(wanted.id).lines


def test_a_refused_login_leaves_a_log_though_nobody_holds_the_session(place: Place, wanted: BrokerAccount) -> None:
    credentials.store(account=wanted, username="demo", password="wrong")
    place.new_host().open(wanted.id)
    reach(wanted, SessionState.AUTH_FAILED)
    eventually(lambda: session_of(wanted).owner == "", "the lease is given back")
    assert any(line.startswith("login failed") for line in gateway_log.read(wanted.id).lines)


def test_a_log_whose_login_can_not_be_masked_is_not_shown(place: Place, ready: BrokerAccount) -> None:
    ready.credential.delete()
    read = gateway_log.read(ready.id)
    assert read.lines == []
    assert "can't be masked" in read.why_none


def test_without_a_worker_it_says_so(place: Place, wanted: BrokerAccount) -> None:
    sessions.request_stop(wanted.id)
    assert "No worker is running" in gateway_log.read(wanted.id).why_none
