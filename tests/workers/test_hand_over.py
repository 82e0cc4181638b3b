"""Sessions that move: calls that reach every worker, and gateways that nobody wants."""

from __future__ import annotations

from typing import Any

import pytest

import workers.host
import workers.looking
from brokers.domain import SessionState
from tests.workers.conftest import Place, eventually, listeners, reach, session_of
from webapp.accounts import credentials, sessions
from webapp.accounts.models import BrokerAccount, GatewaySession
from workers import host, supervision, tasks

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def only_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker looks for sessions by itself: what it takes, it was called to."""
    monkeypatch.setattr(workers.looking, "LOOK_EVERY", 3600.0)


@pytest.mark.usefixtures("only_calls")
def test_a_worker_that_shuts_down_calls_the_next_one_at_once(place: Place, ready: BrokerAccount) -> None:
    gateway = place.gateway_pid(ready)
    place.new_host("worker-2")
    eventually(lambda: listeners() == 2, "both listen")
    place.hosts[0].stop()
    eventually(lambda: session_of(ready).owner == "worker-2", "the other worker holds it")
    reach(ready, SessionState.READY)
    assert place.gateway_pid(ready) == gateway


@pytest.mark.usefixtures("only_calls")
def test_a_task_that_reached_a_full_worker_is_taken_by_another(
    place: Place, account: BrokerAccount, keysets: Any
) -> None:
    credentials.store(account=account, username="demo", password="demo")
    place.new_host("free")
    host.install(place.new_host("full", capacity=0))
    eventually(lambda: listeners() == 2, "both listen")
    GatewaySession.objects.update(desired_state=GatewaySession.Desired.RUNNING)
    try:
        tasks.open_session(str(account.id))
    finally:
        host.install(None)
    eventually(lambda: session_of(account).owner == "free", "the one with room holds it")


def test_a_sweep_ends_the_gateway_of_an_account_that_is_gone(
    place: Place, ready: BrokerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers.host, "OLD_ENOUGH", 0.0)
    assert place.hosts[0].sweep() == []
    assert place.runs(ready)
    place.hosts[0].stop()
    account_id, folder = ready.id, place.folder(ready)
    ready.delete()
    assert place.new_host("worker-2").sweep() == [f"account-{account_id}"]
    assert not folder.exists()


def test_a_sweep_ends_what_is_not_wanted_and_keeps_its_files(
    place: Place, ready: BrokerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers.host, "OLD_ENOUGH", 0.0)
    place.hosts[0].stop()
    GatewaySession.objects.update(desired_state=GatewaySession.Desired.STOPPED)
    assert place.new_host("worker-2").sweep() == [f"account-{ready.id}"]
    assert not place.runs(ready)
    assert place.ledger(ready)


def test_supervision_says_that_a_worker_was_lost_and_raises_alerts(
    ready_account: BrokerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks.open_session, "apply_async", lambda *_arguments, **_options: None)
    tasks.supervise_sessions()
    session = session_of(ready_account)
    assert (session.state, session.state_reason) == ("STOPPED", "Its worker was lost. Another one takes it over.")
    assert supervision.wanted_without_owner() == [ready_account.id]
    assert sessions.raise_alerts() == []
