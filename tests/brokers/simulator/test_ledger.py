"""What is written down, and that a restarted gateway knows it again."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from ib_insync import IB, Contract, LimitOrder, MarketOrder

from brokers.simulator.gateway import Gateway
from brokers.simulator.records.ledger import Ledger, LedgerError
from tests.brokers.simulator.conftest import Running, answered, left, settled, soon, started, stopped, until


async def restarted(running: Running) -> Running:
    await stopped(running)
    return await started(running.ledger)


async def settled_fill(ib: IB, contract: Contract, quantity: int = 10, reference: str = "ours-1") -> None:
    trade = ib.placeOrder(contract, MarketOrder("BUY", quantity, tif="DAY", orderRef=reference))
    await until(ib, lambda: bool(trade.fills and trade.fills[0].commissionReport.execId))
    await settled(ib, trade, "Filled")


async def test_a_restarted_gateway_knows_an_open_order(running: Running, ib: IB, apple: Contract) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 10, 100.0, tif="GTC", orderRef="ours-1"))
    await settled(ib, trade, "Submitted")
    again = await restarted(running)
    [seen] = (await again.connect()).openTrades()
    assert (seen.order.orderId, seen.order.permId, seen.order.orderRef, seen.order.lmtPrice) == (
        trade.order.orderId,
        trade.order.permId,
        "ours-1",
        100.0,
    )
    await stopped(again)


async def test_an_order_of_an_earlier_run_can_be_cancelled(running: Running, ib: IB, apple: Contract) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 10, 100.0, tif="GTC"))
    await settled(ib, trade, "Submitted")
    again = await restarted(running)
    client = await again.connect()
    [seen] = client.openTrades()
    client.cancelOrder(seen.order)
    await settled(client, seen, "Cancelled")
    await stopped(again)


async def test_an_order_of_an_earlier_run_still_fills(running: Running, ib: IB, apple: Contract) -> None:
    bid = float(running.gateway.market.quote(apple.conId).bid)
    trade = ib.placeOrder(apple, LimitOrder("BUY", 10, bid, tif="GTC"))
    await settled(ib, trade, "Submitted")
    again = await restarted(running)
    while again.gateway.orders.open():
        again.gateway.market.step()
    [fill] = (await again.connect()).fills()
    assert fill.execution.permId == trade.order.permId
    await stopped(again)


async def test_a_modified_order_is_known_with_its_newest_terms(running: Running, ib: IB, apple: Contract) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 10, 100.0, tif="GTC"))
    await settled(ib, trade, "Submitted")
    trade.order.lmtPrice = 101.0
    ib.placeOrder(apple, trade.order)
    trade.order.lmtPrice = 101.001
    ib.placeOrder(apple, trade.order)
    await answered(ib)
    again = await restarted(running)
    [order] = again.gateway.orders.open()
    assert order.limit_price == Decimal(101)
    await stopped(again)


async def test_a_restarted_gateway_knows_executions_commissions_and_completed_orders(
    running: Running, ib: IB, apple: Contract
) -> None:
    await settled_fill(ib, apple)
    [before] = ib.fills()
    again = await restarted(running)
    client = await again.connect()
    [fill] = client.fills()
    assert fill.execution == before.execution
    assert fill.commissionReport == before.commissionReport
    [done] = await soon(client.reqCompletedOrdersAsync(False))
    assert (done.order.orderRef, done.orderStatus.status) == ("ours-1", "Filled")
    await stopped(again)


async def test_a_restarted_gateway_knows_positions_and_cash(
    running: Running, ib: IB, apple: Contract, euro: Contract
) -> None:
    await settled_fill(ib, apple)
    await settled_fill(ib, euro, 25_000)
    before = running.gateway.account
    again = await restarted(running)
    assert again.gateway.account.cash == before.cash
    held = [(one.instrument.con_id, one.quantity, one.average_cost) for one in before.positions()]
    assert [
        (one.instrument.con_id, one.quantity, one.average_cost) for one in again.gateway.account.positions()
    ] == held
    await stopped(again)


async def test_a_partly_filled_order_goes_on_where_it_stood(running: Running, ib: IB, apple: Contract) -> None:
    displayed = sum(level.size for level in running.gateway.market.book(apple.conId).asks)
    trade = ib.placeOrder(apple, MarketOrder("BUY", float(displayed) + 40, tif="DAY"))
    await until(ib, lambda: trade.orderStatus.filled > 0)
    again = await restarted(running)
    [order] = again.gateway.orders.open()
    assert (order.filled, order.remaining) == (displayed, Decimal(40))
    while again.gateway.orders.open():
        again.gateway.market.step()
    assert sum(Decimal(row["amount"]) for row in again.rows("commission")) == max(
        Decimal(1), (displayed + 40) * Decimal("0.005")
    ).quantize(Decimal("0.01"))
    await stopped(again)


async def test_order_ids_perm_ids_and_execution_ids_go_on(running: Running, ib: IB, apple: Contract) -> None:
    await settled_fill(ib, apple)
    used = running.rows("order")[0]["order_id"]
    again = await restarted(running)
    client = await again.connect()
    assert client.client.getReqId() > used
    await settled_fill(client, apple)
    assert len({row["perm_id"] for row in again.rows("order")}) == 2
    assert len({row["exec_id"] for row in again.rows("execution")}) == 2
    await stopped(again)


async def test_refused_and_cancelled_orders_are_not_open_after_a_restart(
    running: Running, ib: IB, apple: Contract
) -> None:
    ib.placeOrder(apple, LimitOrder("BUY", 10, 100.001, tif="DAY"))
    inactive = ib.placeOrder(apple, LimitOrder("BUY", 1_000_000, 100.0, tif="DAY"))
    cancelled = ib.placeOrder(apple, LimitOrder("BUY", 10, 100.0, tif="DAY"))
    await settled(ib, inactive, "Inactive")
    ib.cancelOrder(cancelled.order)
    await settled(ib, cancelled, "Cancelled")
    again = await restarted(running)
    assert again.gateway.orders.open() == []
    done = await soon((await again.connect()).reqCompletedOrdersAsync(False))
    assert sorted(trade.orderStatus.status for trade in done) == ["Cancelled", "Inactive"]
    await stopped(again)


async def test_an_execution_whose_commission_was_never_written_is_charged_at_the_next_start(
    running: Running, ib: IB, apple: Contract
) -> None:
    await settled_fill(ib, apple)
    cash = running.gateway.account.cash["USD"]
    await stopped(running)
    lines = running.ledger.read_text().splitlines(keepends=True)
    last = next(number for number, line in enumerate(lines) if json.loads(line)["kind"] == "execution")
    running.ledger.write_text("".join(lines[: last + 1]))
    again = await started(running.ledger)
    assert again.gateway.account.cash["USD"] == cash
    assert again.gateway.orders.open() == []
    await stopped(again)


async def test_half_a_last_line_is_dropped(running: Running, ib: IB, apple: Contract) -> None:
    await settled_fill(ib, apple)
    await stopped(running)
    whole = running.ledger.read_bytes()
    running.ledger.write_bytes(whole + b'{"kind": "execu')
    again = await started(running.ledger)
    assert len(again.gateway.orders.executions) == 1
    assert [row["event"] for row in again.rows("gateway")] == ["started", "stopped", "started"]
    await stopped(again)


@pytest.mark.parametrize("kept", [0, 1, 3])
@pytest.mark.parametrize("length", [1, 64 * 1024, 200_000])
def test_half_a_line_is_dropped_however_long_it_and_the_file_are(tmp_path: Path, kept: int, length: int) -> None:
    path = tmp_path / "ledger.jsonl"
    whole = '{"kind": "status"}\n' * kept
    path.write_text(whole + "x" * length)
    assert [row["kind"] for row in Ledger(path).replay()] == ["status"] * kept
    assert path.read_text() == whole


@pytest.mark.parametrize("line", ["garbage", "[]", '{"at": "now"}', '{"kind": "execution", "exec_id": "a.b.c"}'])
def test_a_ledger_that_can_not_be_true_is_not_started_on(tmp_path: Path, line: str) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_text(line + "\n")
    gateway = Gateway(account="DU1000001", seed=1, ledger=path, read_only=False)
    with pytest.raises(LedgerError, match="ledger"):
        gateway.open()
    assert path.read_text() == line + "\n"


def test_a_ledger_that_can_not_be_written_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="can't be written"):
        Ledger(tmp_path / "nowhere" / "ledger.jsonl").open()


def test_a_ledger_that_can_not_be_read_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="can't be read"):
        list(Ledger(tmp_path).replay())


def test_a_row_is_on_disk_when_the_write_returns(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.open()
    ledger.write("status", filled=Decimal("10.0"), status="Filled")
    [line] = (tmp_path / "ledger.jsonl").read_text().splitlines()
    row = json.loads(line)
    assert (row["kind"], row["filled"], row["status"]) == ("status", "10", "Filled")
    assert row["at"].endswith("+00:00")
    ledger.close()


async def test_connections_are_written_down(running: Running) -> None:
    client = await running.connect(4)
    await left(client)
    await running.gone(4)
    assert [(row["event"], row["client_id"]) for row in running.rows("connection")] == [("opened", 4), ("closed", 4)]


async def test_what_is_charged_at_the_next_start_is_written_down_so_that_a_later_correction_can_be_read_back(
    running: Running, ib: IB, apple: Contract
) -> None:
    await settled_fill(ib, apple)
    await stopped(running)
    lines = running.ledger.read_text().splitlines(keepends=True)
    last = next(number for number, line in enumerate(lines) if json.loads(line)["kind"] == "execution")
    running.ledger.write_text("".join(lines[: last + 1]))
    again = await started(running.ledger)
    [execution] = again.rows("execution")
    [commission] = again.rows("commission")
    assert (commission["exec_id"], commission["amount"]) == (execution["exec_id"], "1")
    again.gateway.desk.correct(execution["exec_id"], price=Decimal(execution["price"]) + 1)
    cash = again.gateway.account.cash["USD"]
    await stopped(again)
    third = await started(running.ledger)
    assert third.gateway.account.cash["USD"] == cash
    assert len(third.rows("commission")) == 2
    await stopped(third)


@pytest.mark.parametrize("content", [b"\xff\xfe\n", b'{"kind": "status", "at": "\xc3"}\n', b"[" * 100_000 + b"\n"])
def test_a_ledger_that_is_not_text_or_nested_too_deeply_is_said_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(content)
    with pytest.raises(LedgerError, match="move the file away to begin anew"):
        list(Ledger(path).replay())
