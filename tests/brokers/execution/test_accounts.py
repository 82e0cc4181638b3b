"""Two accounts behind one login: values, positions, profit and loss of each, and what each may trade."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from brokers.domain import Instrument, OrderStatus, OrderType, SecurityType
from brokers.node import TradingNode
from brokers.refusals import NoAnswer
from tests.brokers.execution.conftest import AAPL, EUR_USD, FIRST, SECOND, node_at, order
from tests.brokers.recorder import Recorder
from tests.brokers.simulator.conftest import Running, became


async def bought(node: TradingNode, recorder: Recorder, aapl: Instrument, account_code: str) -> None:
    request = order(OrderType.MKT, account_code=account_code)
    node.execution.place(request, aapl)
    await recorder.update(request.client_order_id, OrderStatus.FILLED)


async def test_profit_and_loss_comes_for_both_accounts(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    assert node.account_codes == [FIRST, SECOND]
    node.account.subscribe_profit_and_loss()
    await bought(node, recorder, aapl, SECOND)
    await running.scenario.do("quote", instrument="AAPL", bid="195.00", ask="195.02", last="195.01")
    running.gateway.accounts.refresh()

    def gained() -> bool:
        return any(one.account_code == SECOND and (one.unrealized or 0) > 0 for one in recorder.profits_and_losses)

    await recorder.until(gained)
    told = {one.account_code: one for one in recorder.profits_and_losses}
    assert set(told) == {FIRST, SECOND}
    assert not told[FIRST].unrealized


async def test_profit_and_loss_of_a_position_carries_what_is_held(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    await bought(node, recorder, aapl, SECOND)
    node.account.subscribe_position_profit_and_loss(SECOND, AAPL)
    told = await recorder.until(lambda: next((one for one in recorder.profits_and_losses if one.position), None))
    assert (told.account_code, told.con_id, told.position) == (SECOND, AAPL, Decimal(10))


async def test_values_and_positions_come_for_both_accounts(
    node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    for account_code in (FIRST, SECOND):
        await bought(node, recorder, aapl, account_code)
    positions = await node.account.read_positions()
    assert {(one.account_code, one.con_id): one.quantity for one in positions} == {
        (FIRST, AAPL): Decimal(10),
        (SECOND, AAPL): Decimal(10),
    }
    await node.account.read_values()
    keys = {(one.account_code, one.tag, one.currency) for one in recorder.values}
    assert {(code, "NetLiquidation", "USD") for code in (FIRST, SECOND)} <= keys
    assert {(code, "CashBalance", "BASE") for code in (FIRST, SECOND)} <= keys


async def test_what_a_position_cost_is_not_known_when_ib_does_not_say_it(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    await bought(node, recorder, aapl, SECOND)
    await running.scenario.do("withhold_cost", instrument="AAPL")
    (position,) = await node.account.read_positions()
    assert (position.quantity, position.average_cost) == (Decimal(10), None)
    assert position in recorder.positions


@pytest.mark.parametrize(
    ("fault", "arguments"), [("ignore", {"message": "reqAccountSummary"}), ("delay", {"ms": 3600000})]
)
async def test_a_summary_that_does_not_come_in_time_is_cancelled_at_ib(
    running: Running, recorder: Recorder, fault: str, arguments: dict[str, Any]
) -> None:
    node = node_at(running, recorder, request_deadline=0.3)
    await node.connect()
    await running.scenario.do(fault, **arguments)
    with pytest.raises(NoAnswer, match="the account summary"):
        await node.account.read_values()
    await became(lambda: bool(requests(running, "cancelAccountSummary")))
    assert requests(running, "cancelAccountSummary") == requests(running, "reqAccountSummary")
    (session,) = running.gateway.sessions
    assert not session.accounts.summaries
    node.drop()


def requests(running: Running, name: str) -> list[str]:
    """The ids of the requests of this name that came, in their order."""
    return [row["request_id"] for row in running.rows("request") if row["name"] == name]


async def test_all_values_of_every_account_can_be_read(node: TradingNode, recorder: Recorder) -> None:
    await node.account.read_all_values()
    assert {one.account_code for one in recorder.values} == {FIRST, SECOND}
    assert {one.currency for one in recorder.values} >= {"USD", "BASE"}


@pytest.mark.parametrize("forbidden", ["STK", "CASH"])
async def test_each_product_is_permitted_by_itself(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument, forbidden: str
) -> None:
    await running.scenario.do("permit", security_type=forbidden, on=False)
    pair = await node.provider.instrument(EUR_USD)
    found = await node.execution.check_product_permissions(FIRST, instruments=[aapl, pair])
    assert {kind: one.allowed for kind, one in found.items()} == {
        SecurityType.STK: forbidden != "STK",
        SecurityType.CASH: forbidden != "CASH",
    }
    assert (await node.resync()).order_refs == frozenset()


async def test_a_read_only_api_permits_nothing(running: Running, node: TradingNode, aapl: Instrument) -> None:
    await running.scenario.do("read_only")
    found = await node.execution.check_product_permissions(FIRST, instruments=[aapl])
    assert found[SecurityType.STK].allowed is False
    assert "read-only" in found[SecurityType.STK].reason
