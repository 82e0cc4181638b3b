"""A worker and beat as production runs them: processes of their own, and signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from django.db import connection

from brokers.domain import SessionState
from tests.services import ROOT
from tests.workers.conftest import DEADLINE, Place, eventually, reach, session_of, told_states
from webapp.accounts import credentials
from webapp.accounts.models import BrokerAccount, GatewaySession
from workers.host import Taken

pytestmark = pytest.mark.django_db(transaction=True)

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(place: Place, keysets: SimpleNamespace) -> Iterator[Start]:
    """Starts `celery -A workers.app ...` on this test's database, keys and folder; ends what a test leaves."""
    started: list[subprocess.Popen[bytes]] = []

    def celery(*arguments: str) -> subprocess.Popen[bytes]:
        with (place.var / f"celery-{len(started)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "workers.app", *arguments],
                cwd=ROOT,
                env={**os.environ, **environment(place.var, keysets)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        started.append(process)
        return process

    yield celery
    for process in started:
        process.kill()
        process.wait(DEADLINE)


def environment(var: Path, keysets: SimpleNamespace) -> dict[str, str]:
    database = urlsplit(os.environ["GATEHOUSE_DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    return {
        "GATEHOUSE_DATABASE_URL": database.geturl(),
        "GATEHOUSE_PUBLIC_KEYSET": str(keysets.public),
        "GATEHOUSE_PRIVATE_KEYSET": str(keysets.private),
        "GATEHOUSE_VAR": str(var),
    }


def test_a_worker_opens_what_is_wanted_and_leaves_it_to_the_next_when_it_is_shut_down(
    place: Place, start: Start, wanted: BrokerAccount
) -> None:
    worker = start("worker")
    reach(wanted, SessionState.READY)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(DEADLINE) == 0
    session = session_of(wanted)
    assert session.state == SessionState.STOPPED
    assert session.desired_state == GatewaySession.Desired.RUNNING
    assert session.owner == ""
    assert place.runs(wanted)


def test_after_a_kill_9_another_worker_takes_the_session_and_finds_its_gateway(
    place: Place, start: Start, wanted: BrokerAccount
) -> None:
    lost = start("worker")
    reach(wanted, SessionState.READY)
    gateway, fence = place.gateway_pid(wanted), session_of(wanted).fence
    lost.kill()
    lost.wait(DEADLINE)

    start("worker")
    start("beat")
    eventually(lambda: session_of(wanted).fence > fence, "another worker holds the session")
    eventually(lambda: told_states(wanted)[-3:] == ["LOGGING_IN", "SYNCING", "READY"], "READY under another worker")
    assert place.gateway_pid(wanted) == gateway


def test_a_worker_that_was_stopped_past_its_lease_and_wakes_up_reaches_the_gateway_no_more(
    place: Place, start: Start, wanted: BrokerAccount
) -> None:
    stalled = start("worker")
    reach(wanted, SessionState.READY)
    gateway = place.gateway_pid(wanted)
    stalled.send_signal(signal.SIGSTOP)
    before = len(told_states(wanted))

    newer = place.new_host("worker-2")
    eventually(lambda: newer.open(wanted.id) is Taken.TAKEN, "the lease runs out and is taken")
    told = ["SYNCING", "LOGGING_IN", "SYNCING", "READY"]
    eventually(lambda: told_states(wanted)[before:] == told, "READY under another worker")
    assert connections(place, wanted) == ["opened", "closed", "opened"]

    stalled.send_signal(signal.SIGCONT)
    log = place.var / "celery-0.log"
    eventually(lambda: "leaving its session" in log.read_text(), "the first worker lets go")
    stalled.send_signal(signal.SIGTERM)
    assert stalled.wait(DEADLINE) == 0
    assert connections(place, wanted) == ["opened", "closed", "opened"]
    assert place.gateway_pid(wanted) == gateway
    assert session_of(wanted).owner == "worker-2"
    assert session_of(wanted).state == SessionState.READY


def connections(place: Place, account: BrokerAccount) -> list[str]:
    """What became of the connections to the account's gateway, by its own ledger."""
    return [row["event"] for row in place.ledger(account, "connection")]


def test_no_password_stands_in_what_a_worker_logs_or_starts(place: Place, start: Start, wanted: BrokerAccount) -> None:
    canary = "canary-2b7e151628aed2a6"
    credentials.store(account=wanted, username=canary, password=f"not-{canary[::-1]}")
    worker = start("worker")
    reach(wanted, SessionState.AUTH_FAILED)
    worker.send_signal(signal.SIGTERM)
    worker.wait(DEADLINE)
    written = [path for path in place.var.rglob("*") if path.is_file() and path.parent.name != "keys"]
    assert [path for path in written if canary[::-1].encode() in path.read_bytes()] == []
