"""A gateway whose API may only read: IB refuses orders, and even to show them, with 321."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from ib_insync import IB, Contract, MarketOrder
from ib_insync.wrapper import RequestError

from tests.brokers.simulator.conftest import (
    DEADLINE,
    HOST,
    Errors,
    RawClient,
    Running,
    answered,
    soon,
    started,
    stopped,
    until,
)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    one = await started(tmp_path / "ledger.jsonl", read_only=True)
    yield one
    await stopped(one)


@pytest.fixture
async def ib(running: Running) -> IB:
    client = IB()
    client.RaiseRequestErrors = True
    running.clients.append(client)
    await client.connectAsync(HOST, running.port, clientId=1, timeout=DEADLINE, readonly=True)
    return client


async def test_an_order_is_refused_and_never_placed(running: Running, ib: IB, apple: Contract, errors: Errors) -> None:
    order_id = ib.client.getReqId()
    ib.client.placeOrder(order_id, apple, MarketOrder("BUY", 1, tif="DAY"))
    await answered(ib)
    assert errors.codes(order_id) == [321]
    assert "Read-Only" in errors.heard[-1][2]
    assert running.rows("status") == []


async def test_a_what_if_order_is_refused_too(ib: IB, apple: Contract) -> None:
    with pytest.raises(RequestError, match="321"):
        await soon(ib.whatIfOrderAsync(apple, MarketOrder("BUY", 1, tif="DAY")))


@pytest.mark.parametrize(
    "fields", [(5, 1), (16, 1), (15, 1, 1), (99, 0), (58, 1)], ids=lambda fields: f"message-{fields[0]}"
)
async def test_even_looking_at_orders_counts_as_writing(raw: RawClient, fields: tuple[int, ...]) -> None:
    await raw.start()
    raw.send(*fields)
    assert (await raw.receive())[2:4] == ["-1", "321"]


async def test_a_cancel_is_refused(raw: RawClient) -> None:
    await raw.start()
    raw.send(4, 1, 5, "")
    assert (await raw.receive())[2:4] == ["5", "321"]


async def test_quotes_and_positions_are_served(ib: IB, apple: Contract) -> None:
    ticker = ib.reqMktData(apple)
    await until(ib, lambda: ticker.bid > 0)
    assert await soon(ib.reqPositionsAsync()) == []
