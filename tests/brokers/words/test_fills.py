"""Executions and commissions are told once each, however often IB repeats them."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from brokers.domain import OrderStatus
from brokers.node import TradingNode
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import EXECUTIONS, place, place_live

UNSET = "1.7976931348623157E308"


async def read_again(node: TradingNode, gateway: ScriptedGateway, *exec_ids: str) -> None:
    """A resync's question, answered with these executions."""
    reading = asyncio.create_task(node.execution.read_executions())
    request_id = (await gateway.next(EXECUTIONS))[2]
    for exec_id in exec_ids:
        gateway.execution(1, exec_id, request=request_id, perm_id=501, ref="ours-1", shares=4, price=9.75)
        commission(gateway, exec_id)
    gateway.say(55, 1, request_id)
    assert (await reading).order_refs == ({"ours-1"} if exec_ids else frozenset())


def commission(gateway: ScriptedGateway, exec_id: str, cost: object = 1.05, currency: str = "USD") -> None:
    gateway.say(59, 1, exec_id, cost, currency, UNSET, "", "")


async def test_a_fill_made_while_away_is_told_once(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.execution(order_id, "0001.01.01", perm_id=501, ref="ours-1", shares=4)
    await recorder.until(lambda: recorder.executions)
    node.drop()
    await node.connect()
    for _ in range(2):
        await read_again(node, gateway, "0001.01.01", "0002.01.01")
    assert [report.exec_id for report in recorder.executions] == ["0001.01.01", "0002.01.01"]
    assert [report.exec_id for report in recorder.commissions] == ["0001.01.01", "0002.01.01"]


async def test_a_correction_is_told_as_a_report_of_the_same_execution(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.execution(order_id, "0001.01.01", perm_id=501, ref="ours-1", shares=4, price=9.75)
    gateway.execution(order_id, "0001.01.02", perm_id=501, ref="ours-1", shares=4, price=9.70)
    await recorder.until(lambda: len(recorder.executions) == 2)
    first, corrected = recorder.executions
    assert first.execution_key == corrected.execution_key
    assert (corrected.correction, corrected.price) == (2, Decimal("9.7"))


async def test_an_owner_who_lost_some_can_have_them_told_again(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    await place_live(node, gateway, recorder)
    await read_again(node, gateway, "0001.01.01")
    node.execution.repeat_fills()
    await read_again(node, gateway, "0001.01.01")
    assert [report.exec_id for report in recorder.executions] == ["0001.01.01"] * 2
    assert [report.exec_id for report in recorder.commissions] == ["0001.01.01"] * 2


async def test_a_commission_that_has_changed_is_told_again(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    for cost in (1.05, 1.05, 1.10):
        commission(gateway, "0001.01.01", cost)
    commission(gateway, "0002.01.01", 3, "EUR")
    await recorder.until(lambda: recorder.commissions and recorder.commissions[-1].currency == "EUR")
    assert [(one.commission, one.currency) for one in recorder.commissions] == [
        (Decimal("1.05"), "USD"),
        (Decimal("1.1"), "USD"),
        (Decimal(3), "EUR"),
    ]


async def test_an_execution_is_matched_by_its_reference_when_its_order_id_was_handed_out_again(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place(node, gateway)
    gateway.execution(order_id, "0001.01.01", perm_id=777, ref="another", shares=10)
    await recorder.until(lambda: recorder.executions)
    assert not recorder.updates
    gateway.execution(7777, "0002.01.01", perm_id=501, ref="ours-1", shares=10)
    filled = await recorder.update("ours-1", OrderStatus.FILLED)
    assert filled.order_id == int(order_id)
    assert {update.filled_quantity for update in recorder.updates} == {Decimal(10)}
