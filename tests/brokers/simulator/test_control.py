"""The control port: one JSON object a line, and nobody but this machine."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from brokers.simulator.scenario.control import LONGEST_LINE, Control
from brokers.simulator.scenario.scenario import Scenario
from tests.brokers.simulator.conftest import HOST, RawClient, Running, soon


class Controller:
    """A client of the control port."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._writer.get_extra_info("peername")
        return host, port

    async def say(self, line: bytes) -> dict[str, Any]:
        self._writer.write(line + b"\n")
        answer: dict[str, Any] = json.loads(await soon(self._reader.readline()))
        return answer

    async def do(self, verb: str, **arguments: Any) -> dict[str, Any]:
        return await self.say(json.dumps({"do": verb, **arguments}).encode())

    async def is_closed(self) -> bool:
        with contextlib.suppress(ConnectionError):
            return await soon(self._reader.read()) == b""
        return True

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await soon(self._writer.wait_closed())


@pytest.fixture
async def control(running: Running) -> AsyncIterator[Control]:
    one = Control(running.scenario)
    yield one
    await soon(one.close())


@pytest.fixture
async def controller(control: Control) -> AsyncIterator[Controller]:
    port = await control.listen(0)
    one = Controller(*await asyncio.open_connection(HOST, port))
    yield one
    await one.close()


async def test_a_verb_is_done_and_answered(running: Running, raw: RawClient, controller: Controller) -> None:
    await raw.start()
    assert await controller.do("drop_link") == {"ok": True}
    assert (await raw.receive())[3] == "1100"
    assert not running.gateway.link.is_up
    assert [(row["verb"], row["by"]) for row in running.rows("scenario")] == [("drop_link", "control")]


async def test_what_a_verb_tells_is_in_its_answer(running: Running, controller: Controller) -> None:
    assert (await controller.do("state"))["port"] == running.port
    assert await controller.do("restart") == {"ok": True, "port": running.port}


async def test_what_is_wrong_is_answered_and_the_connection_lives_on(running: Running, controller: Controller) -> None:
    answer = await controller.do("drop_lnk")
    assert answer["ok"] is False
    assert answer["error"].startswith("no verb is called 'drop_lnk' (did you mean 'drop_link'?); known are: ")
    assert await controller.say(b'{"what": 1}') == {"ok": False, "error": "do is the name of a verb, not None"}
    assert await controller.do("delay", ms="x") == {
        "ok": False,
        "error": "ms of delay is a whole number from 0, not 'x'",
    }
    assert (await controller.do("restore_link"))["error"] == "the link is up; drop_link takes it down"
    assert await controller.do("delay", ms=0) == {"ok": True}


@pytest.mark.parametrize("line", [b"POST / HTTP/1.1", b"[]", b"\xff\xfe", b"7", b"x" * (2 * LONGEST_LINE)])
async def test_what_is_no_verb_ends_the_connection_after_it_was_told_why(controller: Controller, line: bytes) -> None:
    answer = await controller.say(line)
    assert answer["ok"] is False
    assert "line" in answer["error"]
    assert await controller.is_closed()


async def test_two_controllers_do_not_wait_for_each_other(running: Running, control: Control) -> None:
    port = await control.listen(0)
    first, second = [Controller(*await asyncio.open_connection(HOST, port)) for _ in range(2)]
    waiting = asyncio.create_task(first.do("restart", seconds=3600))
    assert (await second.do("help"))["ok"] is True
    waiting.cancel()
    await asyncio.wait([waiting])
    await first.close()
    await second.close()


async def test_it_listens_on_the_loopback_interface_alone(control: Control) -> None:
    await control.listen(0)
    assert control._listener is not None
    assert [listener.getsockname()[0] for listener in control._listener.sockets] == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"do": "step", "count": 1e99999999}', "count of step is a whole number from 1 to 10000, not 1E+99999999"),
        (b'{"do": "step", "count": "Infinity"}', "count of step is a whole number from 1 to 10000"),
        (b'{"do": "freeze", "instrument": "' + b"9" * 5000 + b'"}', "no instrument is called '999"),
        (b'{"do": "fill_elsewhere", "instrument": "AAPL", "side": "BUY", "quantity": 1e300}', "quantity of fill_elsew"),
        (b'{"do": "fill_elsewhere", "instrument": "AAPL", "side": "BUY", "quantity": 1e-13}', "with at most 12 decima"),
        (b'{"do": "quote", "instrument": "AAPL", "bid": 1e13}', "bid of quote is a decimal number above 0, at most 1"),
        (b'{"do": "quote", "instrument": "AAPL", "bid_size": "NaN"}', "bid_size of quote is a decimal number from 0"),
    ],
)
async def test_a_number_out_of_this_world_is_answered_and_the_connection_lives_on(
    controller: Controller, line: bytes, said: str
) -> None:
    answer = await controller.say(line)
    assert answer["ok"] is False
    assert said in answer["error"]
    assert (await controller.do("state"))["ok"] is True


async def test_the_largest_and_the_smallest_amount_can_be_given(controller: Controller) -> None:
    assert (await controller.do("quote", instrument="AAPL", bid_size=10**12, ask_size="0.000000000001"))["ok"] is True


async def test_a_verb_that_fails_is_answered_and_logged_and_the_connection_lives_on(
    controller: Controller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_args: object, **_kwargs: object) -> None:
        raise LookupError("what nobody thought of")

    with monkeypatch.context() as faulty:
        faulty.setattr(Scenario, "perform", fail)
        answer = await controller.do("help")
    assert answer["ok"] is False
    assert "what nobody thought of" in answer["error"]
    assert "Traceback" in caplog.text
    assert (await controller.do("help"))["ok"] is True
