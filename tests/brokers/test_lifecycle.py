"""What a node's start and its way back wait for, and what they go on without. At the simulated gateway."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest

from brokers.config import InstrumentProviderConfig, InteractiveBrokersDataClientConfig
from brokers.domain import OURS
from brokers.listener import LinkState
from brokers.node import ResyncIncomplete, TradingNode
from brokers.refusals import ClientIdInUse, InstrumentNotFound, LinkLost, NoAnswer
from tests.brokers.recorder import DEADLINE, Recorder
from tests.brokers.simulator.conftest import Running, became, started, stopped
from tests.brokers.words.stage import node_at

Answer = TypeVar("Answer")
AAPL = 265598
QUICK = {"reconnect_pause": 0.01, "longest_reconnect_pause": 0.05}


@pytest.fixture
async def at(running: Any, recorder: Recorder) -> AsyncIterator[Callable[..., TradingNode]]:
    """Makes nodes at the gateway, and ends them."""
    nodes: list[TradingNode] = []

    def build(**settings: Any) -> TradingNode:
        nodes.append(node_at(running, recorder, **(QUICK | settings)))
        return nodes[-1]

    yield build
    for node in nodes:
        await node.stop()


At = Callable[..., TradingNode]


@asynccontextmanager
async def under_way(awaitable: Awaitable[Answer]) -> AsyncIterator[asyncio.Future[Answer]]:
    """It ends with the block, whatever became of it."""
    task = asyncio.ensure_future(awaitable)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})


async def in_time(awaitable: Awaitable[Answer]) -> Answer:
    return await asyncio.wait_for(awaitable, DEADLINE)


async def told(recorder: Recorder, words: str, *, times: int = 1) -> str:
    """What the owner was told in our own words, once it was told so often."""

    def notices() -> list[str]:
        return [one.message for one in recorder.notices if one.code == OURS and words in one.message]

    return (await recorder.until(lambda: len(notices()) >= times and notices()))[-1]


# A client id that is in use


async def test_a_start_waits_for_its_client_id_and_tries_no_other(running: Running, recorder: Recorder, at: At) -> None:
    await running.scenario.do("hold_client_id", client_id=1)
    async with under_way(at().start()) as starting:
        assert "client id 1" in await told(recorder, "It is tried again")
        await recorder.until(lambda: len([one for one in recorder.notices if one.code == 326]) >= 3)
        await running.scenario.do("free_client_id", client_id=1)
        assert (await in_time(starting)).credentials_valid
    assert recorder.links == [LinkState.UP]
    assert {row["client_id"] for row in running.rows("connection") if row["event"] == "opened"} == {1}


async def test_a_client_id_that_stays_in_use_ends_the_start_at_its_deadline(running: Running, at: At) -> None:
    await running.scenario.do("hold_client_id", client_id=1)
    with pytest.raises(ClientIdInUse, match="client id 1"):
        await in_time(at(start_deadline=0.2).start())


async def test_a_start_that_may_not_wait_says_at_once_that_the_client_id_is_in_use(running: Running, at: At) -> None:
    await running.scenario.do("hold_client_id", client_id=1)
    with pytest.raises(ClientIdInUse):
        await in_time(at(start_deadline=0).start())
    assert len(running.rows("connection")) == 1


async def test_a_stop_ends_the_wait_for_a_client_id(running: Running, recorder: Recorder, at: At) -> None:
    await running.scenario.do("hold_client_id", client_id=1)
    node = at(reconnect_pause=3600, longest_reconnect_pause=3600)
    async with under_way(node.serve()) as serving:
        await told(recorder, "It is tried again")
        await node.stop()
        await in_time(serving)


# What IB leaves unanswered

SOURCES = {
    "reqAllOpenOrders": "open orders",
    "reqCompletedOrders": "completed orders",
    "reqExecutions": "executions",
    "reqPositions": "positions",
    "reqAccountSummary": "the account summary",
}


def links_opened(running: Running) -> int:
    return len([row for row in running.rows("connection") if row["event"] == "opened"])


def has_opened_links(running: Running, count: int) -> bool:
    return links_opened(running) == count


@pytest.mark.parametrize("request_name", SOURCES)
async def test_a_start_asks_again_on_the_same_link_for_what_ib_left_unanswered(
    running: Running, recorder: Recorder, at: At, request_name: str
) -> None:
    await running.scenario.do("ignore", message=request_name)
    node = at(request_deadline=1.0)
    async with under_way(node.start()) as starting:
        told_of = await told(recorder, "did not answer")
        assert told_of.startswith(f"Interactive Brokers did not answer on {SOURCES[request_name]}. Until it does")
        assert node.last_resync is not None
        assert node.last_resync.missing == (SOURCES[request_name],)
        report = await in_time(starting)
    assert report.resync is not None
    assert report.resync.missing == ()
    await told(recorder, "has now answered")
    assert (links_opened(running), recorder.links) == (1, [LinkState.UP])


@pytest.mark.parametrize("read_only", [False, True])
async def test_what_was_answered_or_is_withheld_is_not_asked_again_but_for_positions(
    running: Running, recorder: Recorder, at: At, read_only: bool
) -> None:
    await running.scenario.do("read_only", on=read_only)
    await running.scenario.do("ignore", message="reqAccountSummary")
    await in_time(at(request_deadline=1.0).start())
    asked = [row["name"] for row in running.rows("request") if row["name"] in SOURCES]
    again = ["reqAccountSummary", "reqPositions"]
    assert asked == ["reqAllOpenOrders", "reqCompletedOrders", "reqExecutions", *again, *again]
    assert "did not answer on the account summary." in await told(recorder, "did not answer")


async def test_positions_that_did_not_come_are_not_known_and_not_none_at_all(
    running: Running, recorder: Recorder, at: At
) -> None:
    await running.scenario.do("fill_elsewhere", instrument="AAPL", side="BUY", quantity="5", price="191")
    await running.scenario.do("ignore", message="reqPositions")
    node = at(request_deadline=0.5)
    async with under_way(node.start()) as starting:
        await told(recorder, "did not answer on positions")
        assert node.last_resync is not None
        assert node.last_resync.positions is None
        report = await in_time(starting)
    assert report.resync is not None
    assert [one.quantity for one in report.resync.positions or ()] == [5]


async def test_a_start_that_is_not_answered_ends_at_its_deadline_and_says_on_what(running: Running, at: At) -> None:
    await running.scenario.do("ignore", message="reqExecutions", count=1000)
    node = at(request_deadline=0.1, start_deadline=0.5)
    with pytest.raises(ResyncIncomplete, match="did not answer on executions"):
        await in_time(node.start())
    assert node.link is LinkState.DOWN


@asynccontextmanager
async def serving(node: TradingNode) -> AsyncIterator[asyncio.Future[None]]:
    """Started, with a body that does nothing until the node is stopped."""
    has_begun = asyncio.Event()

    async def body(_: TradingNode) -> None:
        has_begun.set()
        await asyncio.Event().wait()

    async with under_way(node.serve(body)) as task:
        await in_time(has_begun.wait())
        yield task
        await node.stop()
        await in_time(task)


async def test_a_node_that_came_back_asks_again_on_its_new_link_and_keeps_it(
    running: Running, recorder: Recorder, at: At
) -> None:
    node = at(request_deadline=0.3)
    async with serving(node):
        await running.scenario.do("ignore", message="reqExecutions", count=3)
        await running.scenario.do("hang_up")
        await told(recorder, "did not answer on executions")
        assert node.last_resync is not None
        assert node.last_resync.executions is None
        await told(recorder, "has now answered")
        assert node.last_resync.missing == ()
        assert (links_opened(running), recorder.links) == (2, [LinkState.UP, LinkState.DOWN, LinkState.UP])


async def test_a_link_that_is_lost_while_answers_are_missing_is_made_anew(
    running: Running, recorder: Recorder, at: At
) -> None:
    node = at(request_deadline=0.3)
    async with serving(node):
        await running.scenario.do("ignore", message="reqExecutions", count=1000)
        await running.scenario.do("hang_up")
        await told(recorder, "did not answer on executions")
        await running.scenario.do("clear_faults")
        await running.scenario.do("hang_up")
        await became(lambda: links_opened(running) == 3)
        await became(lambda: node.last_resync is not None and node.last_resync.is_complete)


async def test_an_owner_that_goes_alone_learns_at_once_what_is_missing_and_that_the_link_is_lost(
    running: Running, recorder: Recorder, at: At
) -> None:
    node = at(request_deadline=0.3, reconnect_pause=3600, longest_reconnect_pause=3600)
    await node.connect()
    await running.scenario.do("ignore", message="reqExecutions", count=1000)
    with pytest.raises(ResyncIncomplete, match="did not answer on executions"):
        await node.resync()
    async with under_way(node.resync_until_complete()) as reading:
        await told(recorder, "did not answer on executions")
        await running.scenario.do("hang_up")
        with pytest.raises(LinkLost):
            await in_time(reading)


async def fill_elsewhere(running: Running, side: str) -> None:
    await running.scenario.do("fill_elsewhere", instrument="AAPL", side=side, quantity="5", price="191")


async def test_a_position_that_closed_while_the_node_was_away_is_told_as_closed(
    running: Running, recorder: Recorder, at: At
) -> None:
    node = at(request_deadline=1.0)
    await fill_elsewhere(running, "BUY")
    await in_time(node.start())
    node.drop()
    await fill_elsewhere(running, "SELL")
    await node.connect()
    await running.scenario.do("ignore", message="reqPositions")
    with pytest.raises(NoAnswer):
        await node.account.read_positions()
    assert {one.quantity for one in recorder.positions} == {5}  # silence has closed nothing
    assert (await node.resync_until_complete()).positions == ()
    closed = recorder.positions[-1]
    assert (closed.account_code, closed.con_id, closed.quantity, closed.average_cost) == ("DU1000001", AAPL, 0, None)


async def test_values_and_positions_that_ib_lost_are_asked_for_until_they_come(
    running: Running, recorder: Recorder, at: At
) -> None:
    node = at(request_deadline=0.3)
    await fill_elsewhere(running, "BUY")
    await in_time(node.start())
    recorder.positions.clear()
    for name in ("reqPositions", "reqAccountSummary"):
        await running.scenario.do("ignore", message=name)
    await running.scenario.do("drop_link")
    await recorder.until(lambda: node.link is LinkState.BROKER_LOST)
    await running.scenario.do("restore_link", data="lost")
    await told(recorder, "with the account summary within 0.3 s. What was told of it before may be out of date")
    await told(recorder, "with positions within 0.3 s. What was told of it before may be out of date")
    await recorder.until(lambda: recorder.positions)
    (session,) = running.gateway.sessions
    assert len(session.accounts.summaries) == 1


# Instruments of the config that IB denies

FRONT = {"secType": "CONTFUT", "symbol": "ES", "exchange": "CME"}
SPY = {"secType": "STK", "symbol": "SPY", "exchange": "SMART", "currency": "USD"}
PUTS = {**SPY, "build_options_chain": True, "max_expiry_days": 45, "min_strike": 544, "max_strike": 545, "right": "P"}


def loading(*filters: Any, **settings: Any) -> dict[str, Any]:
    provider = InstrumentProviderConfig(load_all=bool(filters), filters=filters, **settings)
    return {"data_clients": {"IB": InteractiveBrokersDataClientConfig(instrument_provider=provider)}}


@pytest.mark.parametrize("wanted", [FRONT, PUTS], ids=["a continuous future", "a chain"])
async def test_a_node_comes_back_with_what_it_knows_of_an_instrument_that_ib_denies_and_asks_again(
    running: Running, recorder: Recorder, at: At, wanted: Any
) -> None:
    node = at(**loading(wanted, load_ids=[AAPL]))
    async with serving(node):
        known = node.provider.get_all()
        await running.scenario.do("break_farm", farm="secdefil")
        for links in (2, 3):
            await running.scenario.do("hang_up")
            await became(partial(has_opened_links, running, links))
            await told(recorder, "IB does not describe")
        assert node.provider.get_all() == known
        asked = len(details_asked(running))
        await became(lambda: len(details_asked(running)) > asked + 1)
        await running.scenario.do("mend_farm", farm="secdefil")
        assert wanted["symbol"] in await told(recorder, "IB has described")
    assert len([one for one in recorder.notices if "IB does not describe" in one.message]) == 1


def details_asked(running: Running) -> list[dict[str, Any]]:
    return [row for row in running.rows("request") if row["name"] == "reqContractDetails"]


async def test_streams_do_not_wait_for_an_instrument_that_ib_does_not_describe(
    running: Running, recorder: Recorder, at: At
) -> None:
    node = at(**loading(FRONT))  # for whose description it waits longer than this test does
    async with serving(node):
        node.data.subscribe_quotes(await node.provider.instrument(AAPL))
        await running.scenario.do("ignore", message="reqContractDetails", count=1000)
        await running.scenario.do("hang_up")
        await became(partial(has_opened_links, running, 2))
        await became(lambda: any(session.quotes for session in running.gateway.sessions))
        assert not [one for one in recorder.notices if one.code == OURS]


async def test_what_ib_has_never_described_fails_the_start_and_says_that_it_may_pass(running: Running, at: At) -> None:
    await running.scenario.do("break_farm", farm="secdefil")
    with pytest.raises(InstrumentNotFound, match=r"no contract for secType 'CONTFUT'.*nightly maintenance"):
        await in_time(at(**loading(FRONT)).start())


async def test_nothing_is_asked_for_a_node_that_has_stopped(running: Running, recorder: Recorder, at: At) -> None:
    node = at(reconnect_pause=3600, longest_reconnect_pause=3600, **loading(FRONT))
    await node.connect()
    await running.scenario.do("break_farm", farm="secdefil")
    await node.connect()
    await told(recorder, "IB does not describe")
    assert "ib-loading" in {task.get_name() for task in asyncio.all_tasks()}
    await node.stop()
    await became(lambda: "ib-loading" not in {task.get_name() for task in asyncio.all_tasks()})


# What a start says, and to whom


async def test_a_start_says_that_it_is_not_known_whether_the_login_may_trade(
    running: Running, at: At, caplog: pytest.LogCaptureFixture
) -> None:
    await running.scenario.do("ignore", message="placeOrder")
    with caplog.at_level(logging.INFO, logger="brokers.node"):
        report = await in_time(at(request_deadline=0.5).start())
    assert (report.credentials_valid, report.may_trade) == (True, None)
    assert "IB did not say in time whether this login may trade." in caplog.text


async def test_a_node_that_waits_for_its_broker_holds_up_no_other(
    running: Running, recorder: Recorder, at: At, tmp_path: Path
) -> None:
    theirs, elsewhere = Recorder(), await started(tmp_path / "elsewhere.jsonl")
    for name in (*SOURCES, "placeOrder"):
        await running.scenario.do("ignore", message=name, count=1000)
    mine, other = at(request_deadline=0.3), node_at(elsewhere, theirs, **QUICK)
    async with under_way(mine.start()) as starting:
        await told(recorder, "did not answer on open orders, completed orders, executions, positions, the account summ")
        report = await in_time(other.start())
        assert (report.may_trade, report.resync and report.resync.missing) == (True, ())
        assert (theirs.notices, theirs.links) == ([], [LinkState.UP])
        assert not starting.done()
    await other.stop()
    await stopped(elsewhere)
