"""Whatever a client sends, the gateway answers or refuses, and a restarted one agrees with it on what happened."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from brokers.simulator.api.requests import REQUESTS
from brokers.simulator.connections.session import Session
from brokers.simulator.gateway import Gateway
from brokers.simulator.wire import Fields, encode
from tests.brokers.simulator.conftest import RawClient, Running, soon, started, stopped
from tests.brokers.simulator.test_order_message import APPLE, VARIANTS, Writer

PLACE_ORDER, CURRENT_TIME, ERROR = 3, 49, "4"
WORDS = [
    "",
    "0",
    "1",
    "-1",
    "265598",
    "AAPL",
    "STK",
    "SMART",
    "USD",
    "BUY",
    "SELL",
    "LMT",
    "MKT",
    "DAY",
    "GTC",
    "IOC",
    "189.95",
    "250",
    "1e9",
    "2147483647",
    "1.7976931348623157E308",
    "nan",
    "x",
    "DU1000001",
    "All",
    "$LEDGER:ALL",
    "999999999",
    "0.01",
    "20260101 10:00:00",
    "20260101 10:00:00 Nowhere/Zone",
    "00010101-00:00:00",
    "00010102 00:00:00 US/Eastern",
    "00500101-00:00:00",
    "99991231-23:59:59",
    "99991231 23:59:59 US/Eastern",
    "3",
]


def any_message(chance: random.Random, writer: Writer) -> bytes:
    # Orders are what must survive a restart: one message in four is one, however many kinds of message there are.
    message_id = chance.choice([PLACE_ORDER, *chance.choices(list(REQUESTS), k=3)])
    if message_id != PLACE_ORDER:
        return encode([message_id, *chance.choices(WORDS, k=chance.randint(0, 14))])
    order = chance.choice(list(VARIANTS.values()))
    fields = writer.place_order(APPLE, order, order_id=chance.randint(1, 40))
    for _ in range(chance.choice([0, 0, 1, 2, 3])):
        fields[chance.randrange(len(fields))] = chance.choice(WORDS)
    return encode([message_id, *fields])


async def talk(running: Running, *, client_id: int, messages: list[bytes]) -> None:
    client = await running.raw()
    await client.start(client_id)
    reading = asyncio.create_task(client.reader.read())
    for number, message in enumerate(messages):
        client.write(message)
        if number % 20 == 0:
            await soon(client.writer.drain())
            running.gateway.market.step()
            running.gateway.accounts.refresh()
    client.writer.write_eof()
    await soon(reading)


@pytest.mark.parametrize("seed", range(3))
async def test_no_message_breaks_the_gateway_and_a_replay_agrees_with_it(
    running: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, seed: int
) -> None:
    broken: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: broken.append(context))
    monkeypatch.setattr("brokers.simulator.connections.pace.Pace.allows", lambda _self, _now: True)
    chance, writer = random.Random(seed), Writer()  # noqa: S311 - repeats with its seed
    for client_id in (1, 2):
        messages = [any_message(chance, writer) for _ in range(600)]
        await talk(running, client_id=client_id, messages=messages)
    assert broken == []
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
    assert running.rows("execution")
    assert [row["event"] for row in running.rows("connection")] == ["opened", "closed"] * 2
    before = running.gateway
    await stopped(running)
    again = await started(running.ledger)
    assert again.gateway.account.cash == before.account.cash
    assert [one.perm_id for one in again.gateway.orders.open()] == [one.perm_id for one in before.orders.open()]
    assert [one.exec_id for one in again.gateway.orders.executions] == [one.exec_id for one in before.orders.executions]
    await stopped(again)


async def test_a_request_that_the_gateway_fails_at_is_refused_and_the_client_stays(
    running: Running, raw: RawClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    served = REQUESTS[CURRENT_TIME]

    def fail(_gateway: Gateway, _session: Session, _fields: Fields) -> None:
        raise OverflowError("date value out of range")

    await raw.start()
    monkeypatch.setitem(REQUESTS, CURRENT_TIME, fail)
    raw.send(CURRENT_TIME, 1)
    assert (await raw.receive())[:4] == [ERROR, "2", "-1", "320"]
    monkeypatch.setitem(REQUESTS, CURRENT_TIME, served)
    raw.send(CURRENT_TIME, 1)
    assert (await raw.receive())[0] == str(CURRENT_TIME)
    assert [(row["message_id"], row["reason"]) for row in running.rows("unreadable")] == [
        (CURRENT_TIME, "serving it failed")
    ]
    assert [record.exc_info is not None for record in caplog.records if record.levelname == "ERROR"] == [True]
