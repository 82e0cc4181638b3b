"""Whether an order never reached IB is known after two whole resyncs without it, and not before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from brokers.interactive_brokers.orders.absence import APART
from brokers.node import ResyncIncomplete, TradingNode
from brokers.refusals import NoAnswer
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import (
    AAPL,
    COMPLETED_ORDERS,
    EXECUTIONS,
    OPEN_ORDERS,
    READ_ONLY,
    REQUEST,
    node_at,
    place,
    received,
    whatever_was_sent_has_arrived,
)

POSITIONS, SUMMARY = 61, 62


async def answer_resync(
    gateway: ScriptedGateway,
    *,
    refs: tuple[str, ...] = (),
    filled: Mapping[str, str] | None = None,
    read_only: bool = False,
    begun: bool = False,
) -> None:
    """One resync's questions; `refs` are among the open orders, and `filled` (with their order ids) among the
    executions alone. `begun`: its first question has been taken.
    """
    if not begun:
        await gateway.next(OPEN_ORDERS)
    for number, ref in enumerate(refs):
        gateway.open_order(4000 + number, orderRef=ref, permId=900 + number)
    if read_only:
        gateway.error(-1, 321, READ_ONLY)
    else:
        gateway.say(53, 1)
    await gateway.next(COMPLETED_ORDERS)
    if read_only:
        gateway.error(-1, 321, READ_ONLY)
    else:
        gateway.say(102)
    request_id = (await gateway.next(EXECUTIONS))[2]
    for ref, order_id in (filled or {}).items():
        gateway.execution(order_id, f"{order_id}.01.01", request=request_id, perm_id=901, ref=ref)
    gateway.say(55, 1, request_id)
    gateway.say(64, 1, (await gateway.next(SUMMARY))[2])
    await gateway.next(POSITIONS)
    gateway.say(62, 1)


@asynccontextmanager
async def proving(node: TradingNode, *refs: str) -> AsyncIterator[asyncio.Task[frozenset[str]]]:
    task = asyncio.create_task(node.prove_absence(refs, apart=0))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_an_order_that_two_resyncs_don_t_show_is_absent(node: TradingNode, gateway: ScriptedGateway) -> None:
    await place(node, gateway)
    async with proving(node, "ours-1", "seen") as task:
        await answer_resync(gateway, refs=("seen",))
        await gateway.next(OPEN_ORDERS)  # it is looked for once more
        assert not task.done()
        await answer_resync(gateway, refs=("seen",), begun=True)
        assert await task == {"ours-1"}


async def test_an_order_that_only_the_second_resync_shows_is_not_absent(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    await place(node, gateway)
    async with proving(node, "ours-1") as task:
        await answer_resync(gateway)
        await answer_resync(gateway, refs=("ours-1",))
        assert await task == frozenset()


async def test_nothing_more_is_asked_once_every_order_was_seen(node: TradingNode, gateway: ScriptedGateway) -> None:
    await place(node, gateway)
    async with proving(node, "ours-1") as task:
        await answer_resync(gateway, refs=("ours-1",))
        assert await task == frozenset()
        assert not received(gateway, OPEN_ORDERS)


async def test_a_resync_that_ib_leaves_unanswered_proves_nothing(gateway: ScriptedGateway, recorder: Recorder) -> None:
    node = node_at(gateway, recorder, request_deadline=0.1)
    await node.connect()
    with pytest.raises(ResyncIncomplete):
        await node.prove_absence(["ours-1"], apart=0)
    node.drop()


async def test_a_login_that_is_not_shown_its_orders_can_prove_nothing(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    async with proving(node, "ours-1") as task:
        await answer_resync(gateway, read_only=True)
        with pytest.raises(NoAnswer, match="does not show all orders"):
            await task


async def test_an_order_that_is_proved_absent_no_longer_counts_against_the_limit(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    for number in range(20):
        node.execution.place(replace(REQUEST, client_order_id=f"many-{number}"), AAPL)
    shown = tuple(f"many-{number}" for number in range(1, 20))
    async with proving(node, "many-0") as task:
        for _ in range(2):
            await answer_resync(gateway, refs=shown)
        assert await task == {"many-0"}
    node.execution.place(REQUEST, AAPL)


def test_the_two_resyncs_are_seconds_apart() -> None:
    assert APART >= 2


async def test_the_second_resync_waits_for_its_time(node: TradingNode, gateway: ScriptedGateway) -> None:
    await place(node, gateway)
    task = asyncio.create_task(node.prove_absence(["ours-1"], apart=3600))
    await answer_resync(gateway)
    await whatever_was_sent_has_arrived(node, gateway)
    assert not received(gateway, OPEN_ORDERS)
    task.cancel()
    await asyncio.wait({task})


async def test_an_order_of_which_only_an_execution_is_left_is_not_absent(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    order_id = await place(node, gateway)
    async with proving(node, "ours-1") as task:
        await answer_resync(gateway, filled={"ours-1": order_id})
        assert await task == frozenset()
