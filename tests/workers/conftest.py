"""A session host in this process, on real PostgreSQL, Redis and gateway processes; and what tests wait for."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F

from brokers.domain import SessionState
from brokers.gateways.base import Endpoint, GatewayRuntime, GatewaySpec
from brokers.gateways.process import ProcessRuntime
from deploy.local.processes import became_true
from tests.broker_clock import set_broker_hour
from webapp.accounts import credentials, sessions
from webapp.accounts.models import AccountEvent, BrokerAccount, GatewaySession
from webapp.bus import keys, questions
from webapp.bus.redis import client
from workers.gateway import gateway_name
from workers.host import SessionHost
from workers.runtimes import runtime_named
from workers.unsealing import Opener

# Seconds. Generous: the machine may be busy, and a test that waits in vain fails anyway.
DEADLINE = 40.0


class ReadOnlyGateways(ProcessRuntime):
    """As of a user who has set the API of every gateway to read-only."""

    async def start(self, spec: GatewaySpec) -> Endpoint:
        return await super().start(replace(spec, read_only=True))


@dataclass(frozen=True, slots=True)
class Place:
    """Where one test's gateways live, and the hosts that use them."""

    var: Path
    hosts: list[SessionHost]

    def new_host(
        self,
        name: str = "worker-1",
        *,
        capacity: int = 10,
        read_only: bool = False,
        runtime: GatewayRuntime | None = None,
    ) -> SessionHost:
        """`read_only`: it starts gateways whose API may only read."""
        runtime = runtime or (ReadOnlyGateways(self.var / "gateways") if read_only else self.runtime)
        host = SessionHost(name=name, runtime=runtime, opener=Opener(), capacity=capacity)
        host.start()
        self.hosts.append(host)
        return host

    @property
    def runtime(self) -> GatewayRuntime:
        return runtime_named("process", var=self.var, keeper=self.var / "keeper.sock")

    def tell_gateway(self, account: BrokerAccount, request: dict[str, Any]) -> None:
        """Make the account's gateway do what a scenario can."""
        log = (self.folder(account) / "gateway.log").read_text()
        host, _, port = re.findall(r"control on (\S+)", log)[-1].rpartition(":")
        with socket.create_connection((host, int(port)), timeout=DEADLINE) as control:
            control.sendall(json.dumps(request).encode() + b"\n")
            answer = json.loads(control.makefile().readline())
        assert answer.get("ok"), answer

    def folder(self, account: BrokerAccount) -> Path:
        return self.var / "gateways" / gateway_name(account.id)

    def ledger(self, account: BrokerAccount, kind: str | None = None) -> list[dict[str, Any]]:
        """What the account's gateway saw, oldest first."""
        path = self.folder(account) / "ledger.jsonl"
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        rows = [json.loads(line) for line in lines if line.endswith("\n")]
        return [row for row in rows if kind is None or row["kind"] == kind]

    def gateway_pid(self, account: BrokerAccount) -> int:
        return int(json.loads((self.folder(account) / "gateway.json").read_text())["pid"])

    def runs(self, account: BrokerAccount) -> bool:
        return asyncio.run(self.runtime.find(gateway_name(account.id))) is not None


@pytest.fixture
def place(transactional_db: None, keysets: Any, tmp_path: Path, settings: Any) -> Iterator[Place]:
    settings.SIMULATOR_ARGUMENTS = ["--control-port", "0"]
    set_broker_hour(settings, 12)  # no midnight is near, whenever this runs
    place = Place(var=tmp_path, hosts=[])
    yield place
    for host in place.hosts:
        host.stop()
    asyncio.run(_stop_gateways(place))


async def _stop_gateways(place: Place) -> None:
    """What a lost worker left running."""
    for folder in (place.var / "gateways").glob("*"):
        await place.runtime.stop(folder.name)


@pytest.fixture
def wanted(account: BrokerAccount, keysets: Any) -> BrokerAccount:
    """alice's account, its login stored and its session wished to run; no worker has heard of it yet."""
    credentials.store(account=account, username="demo", password="demo")
    sessions.request_start(account.id)
    return account


@pytest.fixture
def ready(place: Place, wanted: BrokerAccount) -> BrokerAccount:
    """alice's account, held READY by the place's first host."""
    place.new_host().open(wanted.id)
    reach(wanted, SessionState.READY)
    return wanted


@pytest.fixture
def trading(ready: BrokerAccount) -> BrokerAccount:
    """READY, and AAPL is known."""
    questions.ask(ready.id, "search", {"text": "AAPL"}, deadline=10)
    return ready


def session_of(account: BrokerAccount) -> GatewaySession:
    return GatewaySession.objects.get(account=account)


def eventually(condition: Callable[[], bool], what: str) -> None:
    if not became_true(condition, deadline=DEADLINE):
        pytest.fail(f"not within {DEADLINE:g} s: {what}")


def listeners() -> int:
    """How many workers hear the doorbell by now."""
    return int(client().pubsub_numsub(keys.DOORBELL)[0][1])


def reach(account: BrokerAccount, state: SessionState) -> None:
    if not became_true(lambda: session_of(account).state == state, deadline=DEADLINE):
        session = session_of(account)
        pytest.fail(f"the session is {session.state} ({session.state_reason}), not {state}; {session.last_error}")


def told_states(account: BrokerAccount) -> list[str]:
    """The states that the account's browsers were told of, each once per change."""
    events = AccountEvent.objects.filter(account=account, kind=AccountEvent.Kind.SESSION)
    states = [event.body["state"] for event in events]
    return [state for before, state in zip([None, *states], states, strict=False) if state != before]


def lose(place: Place, account: BrokerAccount) -> None:
    """As after a kill -9 of the first worker: no farewell, the gateway runs on, and the lease is over."""
    GatewaySession.objects.filter(account=account).update(fence=F("fence") + 1, owner="")
    eventually(lambda: place.hosts[0].held == 0, "the first worker notices")
    place.hosts[0].stop()
    GatewaySession.objects.filter(account=account).update(lease_expires_at=None)


def taken_over(place: Place, account: BrokerAccount, *, read_only: bool = False) -> None:
    """Another worker opens the session and brings it to READY anew; the row may have said READY all the time."""
    before = AccountEvent.objects.filter(account=account).count()
    place.new_host("worker-2", read_only=read_only).open(account.id)
    news = AccountEvent.objects.filter(account=account, number__gt=before, kind=AccountEvent.Kind.SESSION)
    eventually(lambda: news.filter(body__state="READY").exists(), "READY under another worker")
    assert session_of(account).owner == "worker-2"
