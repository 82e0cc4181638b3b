"""IB's pacing of the past, kept over all that a node asks: bars, ticks and bars that are kept, by the test's own clock.

How the turns are given is tested beside `pacing`; here, that each kind of question waits for its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from brokers.config import TradingNodeConfig
from brokers.domain import BarSize, Instrument, WhatToShow
from brokers.interactive_brokers.data import InteractiveBrokersDataClient
from brokers.interactive_brokers.factories import (
    InteractiveBrokersLiveDataClientFactory,
    InteractiveBrokersLiveExecClientFactory,
)
from brokers.interactive_brokers.pacing import HistoryPacing
from brokers.node import TradingNode
from tests.brokers.interactive_brokers.loop_clock import Clock
from tests.brokers.recorder import DEADLINE, Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.market import FIVE_SECOND_BARS, HISTORY, PAST_TICKS
from tests.brokers.words.stage import AAPL, received, whatever_was_sent_has_arrived

END = datetime(2024, 3, 8, 20, 0, tzinfo=UTC)
NO_DATA = "Historical Market Data Service error message:HMDS query returned no data"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def node(gateway: ScriptedGateway, recorder: Recorder, clock: Clock) -> AsyncIterator[TradingNode]:
    class Paced(InteractiveBrokersLiveDataClientFactory):
        @staticmethod
        def create(**parts: Any) -> InteractiveBrokersDataClient:
            pacing = HistoryPacing(now=lambda: clock.now, call_at=clock.call_at)
            return InteractiveBrokersDataClient(**parts, pacing=pacing)

    config = TradingNodeConfig(port=gateway.port, connect_deadline=DEADLINE, request_deadline=DEADLINE)
    node = TradingNode(config=config, listener=recorder)
    node.add_data_client_factory("IB", Paced)
    node.add_exec_client_factory("IB", InteractiveBrokersLiveExecClientFactory)
    node.build()
    await node.connect()
    yield node
    node.drop()


def numbered(number: int) -> Instrument:
    return replace(AAPL, con_id=number)


def bars(node: TradingNode, instrument: Instrument = AAPL, *, what: WhatToShow | None = None) -> asyncio.Task[Any]:
    asked: Awaitable[Any] = node.data.historical_bars(instrument, END - timedelta(minutes=5), END, BarSize.MINUTE, what)
    return asyncio.ensure_future(asked)


async def answered(gateway: ScriptedGateway, questions: int) -> None:
    for _ in range(questions):
        gateway.error((await gateway.next(HISTORY))[1], 162, NO_DATA)


async def none_is_asked(node: TradingNode, gateway: ScriptedGateway) -> None:
    await whatever_was_sent_has_arrived(node, gateway)
    assert not [received(gateway, kind) for kind in (HISTORY, PAST_TICKS, FIVE_SECOND_BARS) if received(gateway, kind)]


async def test_the_sixty_first_question_leaves_ten_minutes_after_the_first(
    node: TradingNode, gateway: ScriptedGateway, clock: Clock
) -> None:
    asking = [bars(node, numbered(number)) for number in range(1, 62)]
    await answered(gateway, 60)
    await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
    await none_is_asked(node, gateway)
    clock.run_until(clock.now + 601)
    await answered(gateway, 1)
    assert await asyncio.gather(*asking) == [[]] * 61


async def test_no_more_than_fifty_are_open_at_once(node: TradingNode, gateway: ScriptedGateway) -> None:
    asking = [bars(node, numbered(number)) for number in range(1, 52)]
    open_ids = [(await gateway.next(HISTORY))[1] for _ in range(50)]
    await none_is_asked(node, gateway)
    gateway.error(open_ids[0], 162, NO_DATA)
    await gateway.next(HISTORY)
    for one in asking:
        one.cancel()


async def test_a_question_about_bids_and_asks_counts_twice(node: TradingNode, gateway: ScriptedGateway) -> None:
    asking = [bars(node, numbered(number), what=WhatToShow.BID_ASK) for number in range(1, 32)]
    await answered(gateway, 30)
    await none_is_asked(node, gateway)
    asking[-1].cancel()


async def test_the_same_question_leaves_fifteen_seconds_after_its_twin(
    node: TradingNode, gateway: ScriptedGateway, clock: Clock
) -> None:
    first, twin = bars(node), bars(node)
    await answered(gateway, 1)
    await first
    await none_is_asked(node, gateway)
    clock.run_until(clock.now + 14)
    await none_is_asked(node, gateway)
    clock.run_until(clock.now + 2)
    await answered(gateway, 1)
    assert await twin == []


async def test_the_same_question_about_ticks_has_to_wait_too(
    node: TradingNode, gateway: ScriptedGateway, clock: Clock
) -> None:
    asking = [
        asyncio.ensure_future(node.data.historical_ticks(AAPL, END - timedelta(minutes=5), END)) for _ in range(2)
    ]
    gateway.error((await gateway.next(PAST_TICKS))[1], 162, NO_DATA)
    await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
    await none_is_asked(node, gateway)
    clock.run_until(clock.now + 16)
    await gateway.next(PAST_TICKS)
    asking[1].cancel()


async def test_what_is_asked_of_the_past_is_paced_as_one_however_it_is_asked(
    node: TradingNode, gateway: ScriptedGateway, clock: Clock
) -> None:
    asking = [bars(node, numbered(number), what=WhatToShow.BID_ASK) for number in range(1, 31)]
    await answered(gateway, 30)
    await asyncio.gather(*asking)
    ticks = asyncio.ensure_future(node.data.historical_ticks(AAPL, END - timedelta(minutes=5), END))
    node.data.subscribe_bars(AAPL)
    node.data.subscribe_bars(AAPL, bar_size=BarSize.MINUTE)
    await none_is_asked(node, gateway)
    clock.run_until(clock.now + 601)
    for kind in (PAST_TICKS, FIVE_SECOND_BARS, HISTORY):
        await gateway.next(kind)
    ticks.cancel()
