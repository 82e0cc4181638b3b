"""A login that has run out: the port stays closed until a person confirms it, whatever else is done meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from brokers.simulator.api.server import Server
from brokers.simulator.gateway import Gateway
from brokers.simulator.login import Broker, SecondFactor, SecondFactorMissed
from brokers.simulator.scenario.scenario import Scenario, VerbRefused
from brokers.simulator.scenario.verbs import clients
from tests.brokers.simulator.conftest import HOST, Running, became, soon, turns
from tests.brokers.simulator.test_clients import is_refused


class Stage:
    """A gateway in this process whose end, with its status, is written down."""

    def __init__(self) -> None:
        self.ends: list[int] = []
        self.said: list[str] = []
        self.gateway = Gateway(account="DU1000001", seed=7, ledger=None, read_only=False)
        self.server = Server(self.gateway)
        self.scenario = Scenario(say=self.said.append, end=self.ends.append)

    async def begin(self) -> None:
        self.scenario.begin(self.gateway, self.server)
        await self.server.listen(HOST, 0)

    async def do(self, verb: str, **arguments: Any) -> dict[str, Any]:
        return await soon(self.scenario.do(verb, **arguments))

    async def expire(self) -> None:
        await self.do("expire_login", attempts=1, seconds=600)
        await became(lambda: self.scenario.broker.is_waiting)

    async def approve(self) -> None:
        await self.do("approve")
        await became(lambda: self.server.is_listening or bool(self.ends))

    async def close(self) -> None:
        await soon(self.scenario.close())
        await soon(self.server.close())


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    one = Stage()
    await one.begin()
    yield one
    await one.close()


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("accept_connections", {}),
        ("restart", {}),
        ("move_port", {}),
        ("refuse_connections", {"seconds": 0}),
        ("expire_login", {}),
    ],
)
async def test_nothing_but_its_approval_opens_the_port(stage: Stage, verb: str, arguments: dict[str, Any]) -> None:
    port = stage.server.port
    await stage.expire()
    with pytest.raises(VerbRefused, match=r"the login has expired.*approve confirms it"):
        await stage.do(verb, **arguments)
    assert not stage.server.is_listening
    assert (await stage.do("state"))["login_expired"] is True
    await stage.approve()
    assert (stage.server.port, stage.ends) == (port, [])
    assert (await stage.do("state"))["login_expired"] is False


async def test_connections_that_were_refused_for_a_while_are_not_accepted_before_the_approval(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    await stage.scenario.do("refuse_connections", seconds=0)
    await stage.scenario.do("expire_login")
    await turns()
    assert not stage.server.is_listening
    assert "a step of the scenario failed" not in caplog.text
    await stage.approve()
    assert (stage.server.is_listening, stage.ends) == (True, [])


@pytest.fixture
def restarted(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """A restart takes until this is set, however many seconds it was told to."""
    event = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        await event.wait()

    monkeypatch.setattr(clients, "asyncio", SimpleNamespace(sleep=sleep))
    return event


async def test_a_restart_under_way_does_not_open_the_port_of_an_expired_login(
    stage: Stage, restarted: asyncio.Event
) -> None:
    restart = asyncio.create_task(stage.scenario.do("restart"))
    await became(lambda: not stage.server.is_listening)
    await stage.expire()
    restarted.set()
    with pytest.raises(VerbRefused, match="the login has expired"):
        await soon(restart)
    await stage.approve()
    assert (stage.server.is_listening, stage.ends) == (True, [])


async def test_a_restart_that_ends_after_the_approval_finds_the_port_open(
    stage: Stage, restarted: asyncio.Event
) -> None:
    restart = asyncio.create_task(stage.scenario.do("restart"))
    await became(lambda: not stage.server.is_listening)
    await stage.expire()
    await stage.approve()
    restarted.set()
    assert await soon(restart) == {"port": stage.server.port}
    assert (stage.server.is_listening, stage.ends) == (True, [])


async def test_two_restarts_at_once_open_the_port_once(stage: Stage) -> None:
    port = {"port": stage.server.port}
    assert await soon(asyncio.gather(*(stage.scenario.do("restart") for _ in range(2)))) == [port, port]
    assert stage.said == [f"listening on {stage.server.address}"]


async def test_a_login_that_expires_while_the_port_opens_closes_it(stage: Stage) -> None:
    await stage.do("refuse_connections")
    opening = asyncio.create_task(stage.scenario.do("accept_connections"))
    await asyncio.sleep(0)
    await stage.expire()
    await soon(opening)
    assert not stage.server.is_listening
    await stage.approve()
    assert (stage.server.is_listening, stage.ends) == (True, [])


async def test_refusing_connections_works_again_after_the_approval(running: Running) -> None:
    await running.scenario.do("expire_login")
    await became(lambda: running.scenario.broker.is_waiting)
    await running.scenario.do("approve")
    await became(lambda: running.server.is_listening)
    await running.scenario.do("refuse_connections")
    assert await is_refused(running)


async def test_a_login_can_not_expire_before_it_is_done() -> None:
    stage = Stage()
    stage.scenario.begin(stage.gateway, stage.server)
    with pytest.raises(VerbRefused, match="second_factor makes it wait"):
        await stage.do("expire_login")
    await stage.close()


async def test_of_two_logins_that_wait_the_end_of_one_leaves_the_other_to_be_answered() -> None:
    broker = Broker(lambda _line: None)
    broker.ask(SecondFactor(attempts=1, seconds=0.01))
    first = asyncio.create_task(broker.admit())
    await became(lambda: broker.is_waiting)
    broker.ask(SecondFactor(attempts=1, seconds=600))
    second = asyncio.create_task(broker.admit())
    with pytest.raises(SecondFactorMissed):
        await soon(first)
    await became(lambda: broker.is_waiting)
    broker.answer(approved=True)
    await soon(second)
