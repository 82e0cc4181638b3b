"""Executions and commissions."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from brokers.domain import OrderStatus
from brokers.node import TradingNode
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import place_live


async def test_an_execution_counts_for_its_order_and_keeps_the_exchange_s_time_in_utc(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.execution(order_id, "0001.01", perm_id=501, ref="ours-1", shares=4, price=9.75)
    report = await recorder.until(lambda: recorder.executions and recorder.executions[0])
    assert report.at == datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
    assert (report.order_ref, report.quantity, report.price) == ("ours-1", Decimal(4), Decimal("9.75"))
    update = await recorder.until(lambda: recorder.updates[-1].filled_quantity and recorder.updates[-1])
    assert (update.filled_quantity, update.average_fill_price) == (Decimal(4), Decimal("9.75"))
    assert update.status is OrderStatus.SUBMITTED


async def test_an_unset_profit_is_none_and_an_unset_commission_no_report(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.say(59, 1, "0001.01", "1.7976931348623157E308", "USD", "1.7976931348623157E308", "", "")
    gateway.say(59, 1, "0002.01", 1.05, "EUR", "1.7976931348623157E308", "", "")
    report = await recorder.until(lambda: recorder.commissions and recorder.commissions[0])
    assert (report.exec_id, report.commission, report.currency) == ("0002.01", Decimal("1.05"), "EUR")
    assert report.realized_pnl is None


async def test_a_commission_comes_after_its_execution_or_before_it_and_in_a_currency_of_its_own(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.execution(order_id, "0001.01.01", perm_id=501, ref="ours-1", shares=4)
    await recorder.until(lambda: recorder.executions)
    assert recorder.commissions == []
    gateway.say(59, 1, "0001.01.01", 0.95, "EUR", "-3.25", "", "")
    gateway.say(59, 1, "0002.01.01", 1.05, "GBP", "0", "", "")
    gateway.execution(order_id, "0002.01.01", perm_id=501, ref="ours-1", shares=6)
    await recorder.until(lambda: len(recorder.executions) == 2)
    told = [(one.exec_id, one.commission, one.currency, one.realized_pnl) for one in recorder.commissions]
    assert told == [
        ("0001.01.01", Decimal("0.95"), "EUR", Decimal("-3.25")),
        ("0002.01.01", Decimal("1.05"), "GBP", Decimal(0)),
    ]
