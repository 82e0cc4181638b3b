"""A login that waits for a person, told word by word: real gateway processes that are made to ask."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from brokers.domain import TradingMode
from brokers.gateways.base import (
    GatewayError,
    GatewaySpec,
    LoggingIn,
    LoginEnded,
    LoginWord,
    SecondFactorAsked,
    SecondFactorMissed,
    SecondFactorUnanswered,
)
from brokers.gateways.process import ProcessRuntime, sweep
from brokers.gateways.waiting import until_logged_in

DEADLINE = 20.0
SPEC = GatewaySpec(name="alice-1", trading_mode=TradingMode.PAPER, username="demo", password="demo")

RuntimeThat = Callable[..., ProcessRuntime]


@pytest.fixture
async def runtime_that(tmp_path: Path) -> AsyncIterator[RuntimeThat]:
    """Its gateways do these steps, and have a control port."""

    def build(*steps: dict[str, Any]) -> ProcessRuntime:
        scenario = tmp_path / "steps.json"
        scenario.write_text(json.dumps(steps))
        arguments = ["--control-port", "0", "--scenario", str(scenario)]
        return ProcessRuntime(tmp_path / "gateways", simulator_arguments=arguments)

    yield build
    await asyncio.to_thread(sweep, tmp_path / "gateways")


async def tell_gateway(runtime: ProcessRuntime, do: str, **arguments: Any) -> None:
    log = "\n".join(await runtime.logs("alice-1"))
    reader, writer = await asyncio.open_connection("127.0.0.1", int(re.findall(r"control on \S+:(\d+)", log)[-1]))
    writer.write(json.dumps({"do": do, **arguments}).encode() + b"\n")
    assert json.loads(await reader.readline())["ok"]
    writer.close()


async def next_word(words: asyncio.Queue[LoginWord]) -> LoginWord:
    return await asyncio.wait_for(words.get(), DEADLINE)


async def test_each_attempt_is_told_with_its_deadline_until_a_person_approves(runtime_that: RuntimeThat) -> None:
    runtime = runtime_that({"do": "second_factor", "attempts": 2, "seconds": 100})
    words: asyncio.Queue[LoginWord] = asyncio.Queue()
    endpoint = await runtime.start(SPEC)
    login = asyncio.create_task(runtime.wait_logged_in(endpoint, deadline=DEADLINE, tell=words.put))
    asked = await next_word(words)
    assert isinstance(asked, SecondFactorAsked)
    assert (asked.attempt, asked.attempts) == (1, 2)
    assert timedelta(seconds=50) < asked.until - datetime.now(UTC) <= timedelta(seconds=100)
    await tell_gateway(runtime, "deny")
    assert await next_word(words) == SecondFactorUnanswered(1, 2)
    asked = await next_word(words)
    assert isinstance(asked, SecondFactorAsked)
    assert asked.attempt == 2
    await tell_gateway(runtime, "approve")
    await asyncio.wait_for(login, DEADLINE)


async def test_a_second_factor_that_nobody_confirmed_is_told_from_every_other_end(runtime_that: RuntimeThat) -> None:
    runtime = runtime_that({"do": "second_factor", "attempts": 1, "seconds": 0.1})
    with pytest.raises(SecondFactorMissed, match="Nobody confirmed"):
        await runtime.wait_logged_in(await runtime.start(SPEC), deadline=DEADLINE)


async def test_a_person_is_given_the_time_that_the_broker_gives(runtime_that: RuntimeThat) -> None:
    runtime = runtime_that({"do": "second_factor", "attempts": 1, "seconds": 2})
    with pytest.raises(SecondFactorMissed):
        await runtime.wait_logged_in(await runtime.start(SPEC), deadline=1.5)


async def test_a_login_that_the_broker_ends_is_waited_for_anew(runtime_that: RuntimeThat) -> None:
    runtime = runtime_that()
    endpoint = await runtime.start(SPEC)
    await runtime.wait_logged_in(endpoint, deadline=DEADLINE)
    await tell_gateway(runtime, "expire_login")
    words: asyncio.Queue[LoginWord] = asyncio.Queue()
    login = asyncio.create_task(runtime.wait_logged_in(endpoint, deadline=DEADLINE, tell=words.put))
    assert await next_word(words) == LoginEnded()
    assert isinstance(await next_word(words), SecondFactorAsked)
    await tell_gateway(runtime, "approve")
    await asyncio.wait_for(login, DEADLINE)


async def test_a_login_that_ended_and_is_not_asked_for_needs_a_person() -> None:
    async def look() -> list[LoginWord]:
        return [LoginEnded()]

    words: asyncio.Queue[LoginWord] = asyncio.Queue()
    with pytest.raises(SecondFactorMissed, match="nobody has logged in again"):
        await until_logged_in(look, every=0.01, deadline=0.05, tell=words.put)
    assert words.qsize() == 1


async def test_a_teller_that_is_late_is_not_taken_for_the_gateway() -> None:
    async def look() -> list[LoginWord]:
        return [LoggingIn()]

    async def late(_word: LoginWord) -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError) as raised:
        await until_logged_in(look, every=0.01, deadline=DEADLINE, tell=late)
    assert not isinstance(raised.value, GatewayError)


async def test_a_sweep_ends_what_nobody_wants_and_removes_what_nobody_knows(
    runtime_that: RuntimeThat, tmp_path: Path
) -> None:
    runtime, folder = runtime_that(), tmp_path / "gateways"
    for name in ("alice-1", "bob-1", "charlie-1"):
        await runtime.start(GatewaySpec(name=name, trading_mode=TradingMode.PAPER, username="demo", password="demo"))
    lists = {"wanted": ["alice-1"], "known": ["alice-1", "bob-1"]}
    assert await runtime.sweep(**lists, older_than=3600) == []
    for old in (folder / "charlie-1" / "gateway.json", folder / "charlie-1"):
        os.utime(old, (0, 0))
    assert await runtime.sweep(**lists, older_than=3600) == ["charlie-1"]
    assert await runtime.sweep(**lists, older_than=0) == ["bob-1"]
    assert [await runtime.find(name) is not None for name in ("alice-1", "bob-1", "charlie-1")] == [True, False, False]
    assert sorted(path.name for path in folder.iterdir()) == ["alice-1", "bob-1"]
    assert await runtime.sweep(**lists, older_than=0) == []


async def test_a_log_shows_neither_username_nor_password(runtime_that: RuntimeThat, tmp_path: Path) -> None:
    runtime = runtime_that()
    await runtime.start(GatewaySpec(name="alice-1", trading_mode=TradingMode.PAPER, username="wanda", password="adnaw"))
    with (tmp_path / "gateways" / "alice-1" / "gateway.log").open("a") as log:
        log.write("hello wanda, your password adnaw\n")
    await runtime.stop("alice-1")
    assert "hello ***, your password ***" in await runtime.logs("alice-1")
