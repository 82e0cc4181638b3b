"""Everything that a client sent is in the ledger, and none of it slows a restart down."""

from __future__ import annotations

import json
from pathlib import Path

from ib_insync import IB, Contract, LimitOrder

from brokers.simulator.records.ledger import Ledger
from tests.brokers.simulator.conftest import RawClient, Running, answered, settled, started, stopped


async def test_each_request_has_a_row_with_its_name_its_id_and_its_fields(
    running: Running, ib: IB, apple: Contract
) -> None:
    ib.reqMktData(apple)
    ib.client.reqManagedAccts()
    await answered(ib)
    [request_id] = list(ib.wrapper.reqId2Ticker)
    [row] = [row for row in running.rows("request") if row["name"] == "reqMktData"]
    assert (row["client_id"], row["message_id"], row["request_id"], row["fate"]) == (1, 1, str(request_id), "served")
    assert row["fields"][:5] == ["11", str(request_id), "265598", "AAPL", "STK"]
    [row] = [row for row in running.rows("request") if row["name"] == "reqManagedAccts"]
    assert row["request_id"] is None


async def test_a_heartbeat_has_a_row_only_when_it_is_not_answered(running: Running, ib: IB) -> None:
    await answered(ib)
    await running.scenario.do("ignore", message="reqCurrentTime")
    ib.client.reqCurrentTime()
    await answered(ib)
    assert [row["fate"] for row in running.rows("request") if row["name"] == "reqCurrentTime"] == ["ignored"]


async def test_orders_and_cancels_have_their_own_rows_alone(running: Running, ib: IB, apple: Contract) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 1, 100.0, tif="GTC"))
    await settled(ib, trade, "Submitted")
    ib.cancelOrder(trade.order)
    ib.reqGlobalCancel()
    await answered(ib)
    assert len(running.rows("order")) == 1
    assert len(running.rows("cancel")) == 2
    names = {row["name"] for row in running.rows("request")}
    assert not names & {"placeOrder", "cancelOrder", "reqGlobalCancel"}


async def test_an_order_that_never_reached_the_desk_has_a_row_all_the_same(
    running: Running, ib: IB, apple: Contract
) -> None:
    await running.scenario.do("ignore", message="placeOrder")
    ib.placeOrder(apple, LimitOrder("BUY", 1, 100.0, tif="GTC"))
    await answered(ib)
    assert running.rows("order") == []
    [row] = [row for row in running.rows("request") if row["name"] == "placeOrder"]
    assert (row["fate"], row["request_id"]) == ("ignored", row["fields"][0])


async def test_a_row_is_bounded_whatever_is_sent(running: Running, raw: RawClient) -> None:
    await raw.start()
    raw.send(81, "9" * 30_000, *["x" * 300] * 100)
    await raw.receive()
    [row] = running.rows("request")
    assert len(json.dumps(row)) < 8_000
    assert len(row["fields"]) == 64
    assert {len(field) for field in row["fields"]} == {80}


async def test_requests_and_steps_are_not_read_back(running: Running, ib: IB) -> None:
    await running.scenario.do("delay", ms=0)
    ib.client.reqManagedAccts()
    await answered(ib)
    await stopped(running)
    kinds = {json.loads(line)["kind"] for line in running.ledger.read_text().splitlines()}
    assert kinds == {"gateway", "connection", "request", "scenario"}
    assert {row["kind"] for row in Ledger(running.ledger).replay()} == {"gateway"}
    await stopped(await started(running.ledger))


def test_rows_without_consequence_are_not_even_parsed(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_text('{"kind": "request", "at": "now", ...}\n{"kind": "order"}\n')
    assert [row["kind"] for row in Ledger(path).replay()] == ["order"]
