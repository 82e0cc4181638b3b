"""The data client while the simulated gateway's data fails: farms, silence, a lost link, a competing session.

The market moves only when the test says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from brokers.config import InteractiveBrokersDataClientConfig
from brokers.domain import Bar, BarSize, Instrument, MarketDataType, StreamKind
from brokers.interactive_brokers import clock as node_clock
from brokers.listener import LinkState
from brokers.node import TradingNode
from brokers.refusals import LinkLost
from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.market.market import STEP_SECONDS
from brokers.simulator.scenario.steps import read_call
from tests.brokers.recorder import DEADLINE, Recorder
from tests.brokers.simulator.conftest import Running, started, stopped
from tests.brokers.simulator.hand_clock import HandClock
from tests.brokers.test_node import AAPL, EUR_USD
from tests.brokers.words.market import trading
from tests.brokers.words.stage import node_at

SETTINGS = InteractiveBrokersDataClientConfig(stale_after=0.2, retry_after=0.2, farm_grace=0.2)


@pytest.fixture
async def node(running: Any, recorder: Recorder) -> AsyncIterator[TradingNode]:
    node = node_at(running, recorder, data_clients={"IB": SETTINGS})
    await node.connect()
    yield node
    node.drop()


@pytest.fixture
async def aapl(node: TradingNode, recorder: Recorder) -> Instrument:
    """Streaming, in the middle of its session."""
    aapl = trading(await node.provider.instrument(AAPL))
    node.data.subscribe_quotes(aapl)
    await recorder.until(lambda: recorder.quotes)
    return aapl


@asynccontextmanager
async def by_the_clock(
    clock: HandClock,
    folder: Path,
    recorder: Recorder,
    settings: InteractiveBrokersDataClientConfig,
    **node_settings: Any,
) -> AsyncIterator[tuple[Running, TradingNode, Instrument]]:
    """A gateway whose time a test moves, a node at it, and AAPL in the middle of its session."""
    running = await started(folder / "ledger.jsonl", calendar=Calendar(clock))
    node = node_at(running, recorder, data_clients={"IB": settings}, **node_settings)
    try:
        await node.connect()
        yield running, node, trading(await node.provider.instrument(AAPL))
    finally:
        node.drop()
        await stopped(running)


async def do(running: Running, verb: str, **arguments: Any) -> None:
    await running.scenario.perform(read_call(verb, arguments), by="a test")


@asynccontextmanager
async def moving(running: Running, clock: HandClock | None = None) -> AsyncIterator[None]:
    """The market moves without end; with a clock of its own so many times faster."""

    async def move() -> None:
        while True:
            if clock is not None:
                clock.forward(STEP_SECONDS)
            running.gateway.market.step()
            await asyncio.sleep(0.01)

    task = asyncio.create_task(move())
    yield
    task.cancel()


async def stands(recorder: Recorder, con_id: int, *stale: bool) -> None:
    """The statuses of one instrument, in order, as soon as there are so many."""

    def told() -> list[bool | None]:
        return [status.is_stale for status in recorder.stream_statuses if status.con_id == con_id]

    await recorder.until(lambda: len(told()) >= len(stale))
    assert told()[: len(stale)] == list(stale)


async def test_a_feed_that_fell_silent_is_stale_and_is_brought_back_by_asking_again(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    await do(running, "silence", instrument="AAPL")
    async with moving(running):
        await stands(recorder, AAPL, True)
        await do(running, "end_silence", instrument="AAPL", revive=False)
        await stands(recorder, AAPL, True, False)


@pytest.mark.parametrize("kind", [StreamKind.DEPTH, StreamKind.TRADES, StreamKind.BARS])
async def test_a_book_trades_or_bars_that_fell_silent_are_stale_and_are_brought_back_by_asking_again(
    tmp_path: Path, recorder: Recorder, kind: StreamKind
) -> None:
    clock = HandClock()
    brief = InteractiveBrokersDataClientConfig(
        stale_after=0.5, trades_stale_after=0.5, bars_stale_after=1.5, retry_after=0.2
    )
    async with by_the_clock(clock, tmp_path, recorder, brief) as (fast, node, aapl), moving(fast, clock):
        wishes = {
            StreamKind.DEPTH: node.data.subscribe_depth,
            StreamKind.TRADES: node.data.subscribe_trades,
            StreamKind.BARS: node.data.subscribe_bars,
        }
        wishes[kind](aapl)
        await recorder.until(lambda: recorder.depths or recorder.trades or recorder.bars)
        await do(fast, "silence", instrument="AAPL")
        await stands(recorder, AAPL, True)
        await do(fast, "end_silence", instrument="AAPL", revive=False)
        await stands(recorder, AAPL, True, False)
    assert {status.stream for status in recorder.stream_statuses} >= {kind}


async def test_a_farm_s_fall_concerns_its_quotes_alone_and_its_streams_live_again_though_ib_left_them_dead(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    pair = trading(await node.provider.instrument(EUR_USD))
    node.data.subscribe_quotes(pair)
    async with moving(running):
        await do(running, "break_farm", farm="usfarm")
        await stands(recorder, AAPL, True)
        assert node.link is LinkState.DATA_DOWN
        assert EUR_USD not in {status.con_id for status in recorder.stream_statuses}
        await do(running, "mend_farm", farm="usfarm", revive=False)
        await stands(recorder, AAPL, True, False)
    assert node.link is LinkState.UP


async def test_bars_go_on_without_a_gap_or_a_repeat_when_the_farm_of_the_past_is_back(
    tmp_path: Path, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = HandClock()
    monkeypatch.setattr(node_clock, "utc_now", clock)
    async with by_the_clock(clock, tmp_path, recorder, SETTINGS) as (late, node, aapl):
        node.data.subscribe_bars(aapl, bar_size=BarSize.MINUTE)
        await recorder.until(lambda: recorder.bars)
        await do(late, "break_farm", farm="ushmds")
        await stands(recorder, AAPL, True)
        clock.forward(10 * 60)  # in which no bar is told
        await do(late, "mend_farm", farm="ushmds")
        await stands(recorder, AAPL, True, False)
        async with moving(late, clock):
            await recorder.until(lambda: len(ended(recorder)) >= 12)
        told = ended(recorder)
        until = told[-1].at + BarSize.MINUTE.length
        assert told == await node.data.historical_bars(aapl, told[0].at, until, BarSize.MINUTE)


def ended(recorder: Recorder) -> list[Bar]:
    return [bar for bar in recorder.bars if bar.is_complete]


async def test_a_node_that_lives_for_weeks_keeps_knowing_when_its_instruments_trade(
    tmp_path: Path, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = HandClock()  # a Wednesday, in the middle of New York's day
    monkeypatch.setattr(node_clock, "utc_now", clock)
    brief = InteractiveBrokersDataClientConfig(stale_after=0.5, retry_after=0.2)
    async with by_the_clock(clock, tmp_path, recorder, brief, request_deadline=1.0) as (running, node, aapl):
        node.data.subscribe_quotes(as_a_row_has_it(aapl))
        for _ in range(5):
            recorder.stream_statuses.clear()
            await recorder.until(lambda: [one for one in recorder.stream_statuses if one.is_stale])
            await a_week_passes(clock, recorder)
            assert None not in {status.is_stale for status in recorder.stream_statuses}
        await do(running, "ignore", message="reqContractDetails")  # what went well before makes no pause longer
        await a_week_passes(clock, recorder)


async def a_week_passes(clock: HandClock, recorder: Recorder) -> None:
    """In which its hours are always known for another day."""
    for _ in range(7):
        clock.forward(24 * 3600)
        await recorder.until(lambda: listed_for_a_day(recorder, clock()))


def as_a_row_has_it(instrument: Instrument) -> Instrument:
    """Without its hours, which change every day."""
    return replace(instrument, trading_hours=(), liquid_hours=(), hours_until=None)


def listed_for_a_day(recorder: Recorder, now: datetime) -> bool:
    until = recorder.instruments[-1].hours_until
    return until is not None and until > now + timedelta(days=1)


async def test_streams_that_ib_lost_come_again(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    await do(running, "drop_link")
    await recorder.until(lambda: node.link is LinkState.BROKER_LOST)
    await do(running, "restore_link", data="lost")
    await recorder.until(lambda: node.link is LinkState.UP)
    recorder.quotes.clear()
    async with moving(running):
        await recorder.until(lambda: len(recorder.quotes) > 3)


async def test_a_competing_session_is_said_so_and_quotes_come_when_it_has_gone(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    await do(running, "compete")
    await recorder.until(lambda: node.link is LinkState.COMPETING)
    await stands(recorder, AAPL, True)
    await do(running, "stop_competing")
    await stands(recorder, AAPL, True, False)
    await recorder.until(lambda: node.link is LinkState.UP)


async def test_a_port_that_moves_is_followed(running: Running, node: TradingNode, aapl: Instrument) -> None:
    old = running.port
    await do(running, "move_port", port=0)
    assert running.server.port != old
    with pytest.raises(LinkLost, match="IB 1300"):
        await asyncio.wait_for(node.wait_closed(), DEADLINE)
    await node.connect()
    assert node.link is LinkState.UP
    assert node.data.subscribed == {AAPL}


async def test_a_login_with_fewer_lines_than_was_said_learns_it(
    running: Running, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    await do(running, "lines", count=1)
    node.data.subscribe_quotes(await node.provider.instrument(EUR_USD))
    await stands(recorder, EUR_USD, True)
    assert node.data.subscribed == {AAPL}
    assert recorder.quotes[0].market_data_type is MarketDataType.LIVE
