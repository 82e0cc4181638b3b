"""Workers that say they are there, and one that is drained: its sessions move, and none goes down for it."""

from __future__ import annotations

import pytest

from brokers.domain import SessionState
from tests.workers.conftest import Place, eventually, listeners, reach, session_of, told_states
from webapp.accounts import workforce
from webapp.accounts.models import BrokerAccount, GatewaySession, Worker
from webapp.audit.models import AuditEntry
from workers.host import Taken

pytestmark = pytest.mark.django_db(transaction=True)


def worker(name: str) -> Worker:
    return workforce.listed().get(name=name)


def is_listed(name: str) -> bool:
    return workforce.listed().filter(name=name, is_alive=True).exists()


def test_a_worker_is_on_the_list_while_it_lives_and_says_goodbye(place: Place, settings: object) -> None:
    place.new_host("worker-1", capacity=7)
    eventually(lambda: is_listed("worker-1"), "it is on the list")
    assert (worker("worker-1").capacity, worker("worker-1").held) == (7, 0)
    place.hosts[0].stop()
    gone = worker("worker-1")
    assert gone.stopped_at is not None
    assert not gone.is_alive


def test_a_worker_that_was_taken_off_the_list_comes_back_to_it(place: Place) -> None:
    place.new_host("worker-1")
    eventually(lambda: is_listed("worker-1"), "it is on the list")
    Worker.objects.all().delete()
    eventually(lambda: is_listed("worker-1"), "it is on the list again")


def test_a_drained_worker_hands_its_session_over_and_takes_none(place: Place, ready: BrokerAccount) -> None:
    gateway = place.gateway_pid(ready)
    place.new_host("worker-2")
    eventually(lambda: listeners() == 2 and is_listed("worker-2") and is_listed("worker-1"), "both are there")
    assert worker("worker-1").held == 1
    workforce.drain(worker("worker-1"))
    eventually(lambda: session_of(ready).owner == "worker-2", "the other worker holds it")
    reach(ready, SessionState.READY)
    assert place.gateway_pid(ready) == gateway
    GatewaySession.objects.update(owner="", lease_expires_at=None, fence=99)
    assert place.hosts[0].open(ready.id) is Taken.DRAINING


def test_a_session_that_nobody_else_has_room_for_stays_with_the_drained_worker(
    place: Place, ready: BrokerAccount
) -> None:
    place.new_host("full", capacity=0)
    eventually(lambda: is_listed("full") and is_listed("worker-1"), "both are there")
    before = told_states(ready)
    workforce.drain(worker("worker-1"))
    # A worker with room looks by itself: once it is there, the session moves, and until then it stood.
    eventually(lambda: place.hosts[0]._presence.is_draining, "the wish is heard")
    assert session_of(ready).owner == "worker-1"
    assert told_states(ready) == before
    place.new_host("worker-3")
    eventually(lambda: session_of(ready).owner == "worker-3", "the one with room holds it")


def test_a_worker_that_is_in_service_again_takes_sessions(place: Place, wanted: BrokerAccount) -> None:
    place.new_host("worker-1")
    eventually(lambda: is_listed("worker-1"), "it is on the list")
    Worker.objects.update(is_draining=True)
    workforce.undrain(worker("worker-1"))
    eventually(lambda: session_of(wanted).owner == "worker-1", "it takes the session")


def test_room_elsewhere_is_what_others_have_less_what_waits(account: BrokerAccount, settings: object) -> None:
    workforce.enrol(name="mine", version="", capacity=9)
    assert workforce.room_elsewhere("mine") == 0
    workforce.enrol(name="other", version="", capacity=3)
    assert workforce.room_elsewhere("mine") == 3
    GatewaySession.objects.update(desired_state="RUNNING")
    assert workforce.room_elsewhere("mine") == 2
    workforce.drain(worker("other"))
    assert workforce.room_elsewhere("mine") == 0


def test_only_a_worker_that_is_gone_is_taken_off_the_list() -> None:
    workforce.enrol(name="mine", version="", capacity=9)
    with pytest.raises(workforce.WorkerAlive, match="mine is at work"):
        workforce.forget(worker("mine"))
    Worker.objects.update(seen_at="2026-01-05T00:00:00Z")
    workforce.forget(worker("mine"))
    assert not Worker.objects.exists()


def test_the_wish_to_drain_is_in_the_audit_log_once() -> None:
    workforce.enrol(name="mine", version="", capacity=9)
    for _ in range(2):
        workforce.drain(worker("mine"))
    workforce.undrain(worker("mine"))
    told = list(AuditEntry.objects.order_by("id").values_list("action", "subject"))
    assert told == [("worker_drained", "mine"), ("worker_undrained", "mine")]
