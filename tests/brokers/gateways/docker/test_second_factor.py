"""A login that waits for a person, in a container whose image has a scenario in it."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from brokers.gateways.base import LoginWord, SecondFactorAsked, SecondFactorMissed
from tests.brokers.gateways.docker.conftest import DEADLINE, DEMO, Image, RuntimeOf, container_of
from tests.engine import RealEngine

# What the person with the phone does, on the simulator's control port.
APPROVE = """
import socket
with socket.create_connection(("127.0.0.1", 5000), 5) as phone:
    phone.sendall(b'{"do": "approve"}\\n')
    print(phone.recv(1000))
"""

COMMAND = ["--scenario", "/steps.json", "--control-port", "5000"]


def waiting_for_a_person(engine: RealEngine, **prompt: Any) -> Image:
    return Image(
        dockerfile=f"FROM {engine.image}\nCOPY steps.json /\nCMD {json.dumps(COMMAND)}\n",
        files={"steps.json": json.dumps([{"do": "second_factor", **prompt}])},
    )


async def test_a_login_goes_on_once_a_person_confirms_it(runtime_of: RuntimeOf, engine: RealEngine) -> None:
    runtime = runtime_of(waiting_for_a_person(engine))
    endpoint = await runtime.start(DEMO)
    words: asyncio.Queue[LoginWord] = asyncio.Queue()
    login = asyncio.create_task(runtime.wait_logged_in(endpoint, deadline=DEADLINE, tell=words.put))
    async with asyncio.timeout(DEADLINE):
        asked = await words.get()
    assert isinstance(asked, SecondFactorAsked)
    assert (asked.attempt, asked.attempts) == (1, 1)
    assert asked.until > datetime.now(UTC)
    assert not login.done()
    assert b"ok" in container_of(engine, endpoint).exec_run(["python3", "-c", APPROVE]).output
    await login


async def test_a_login_that_nobody_confirmed_is_no_refused_password(runtime_of: RuntimeOf, engine: RealEngine) -> None:
    runtime = runtime_of(waiting_for_a_person(engine, attempts=1, seconds=1))
    with pytest.raises(SecondFactorMissed, match="Nobody confirmed"):
        await runtime.wait_logged_in(await runtime.start(DEMO), deadline=DEADLINE)
