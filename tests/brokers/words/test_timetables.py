"""Trading hours are known while something streams: asked for where they're missing, and again before they run out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from brokers.config import InteractiveBrokersDataClientConfig
from brokers.domain import ComboLeg, Instrument, OrderSide
from brokers.interactive_brokers.instruments.combinations import combination
from brokers.node import TradingNode
from tests.brokers.recorder import DEADLINE, Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.describing import answer, next_request
from tests.brokers.words.market import MSFT, STOP_MARKET_DATA, trading
from tests.brokers.words.stage import AAPL, DETAILS, node_at, received, whatever_was_sent_has_arrived

BRIEF = 0.05


def days(count: int) -> dict[str, Any]:
    """What IB says of a place that never closes, from yesterday on."""
    first = datetime.now(UTC).date() - timedelta(days=1)
    listed = [first + timedelta(days=number) for number in range(count)]
    text = ";".join(f"{day:%Y%m%d}:0000-{day:%Y%m%d}:2400" for day in listed)
    return {"timeZoneId": "UTC", "tradingHours": text, "liquidHours": text}


def running_out(instrument: Instrument = AAPL) -> Instrument:
    """It trades now, and what will be in a few hours IB hasn't listed."""
    return replace(trading(instrument), hours_until=datetime.now(UTC) + timedelta(hours=3))


async def patient(
    gateway: ScriptedGateway, recorder: Recorder, *, deadline: float = DEADLINE, **settings: Any
) -> TradingNode:
    """A node that looks often, and judges nothing by its silence unless it's told to."""
    given = {"stale_after": 100.0, "farm_grace": BRIEF, "retry_after": 100.0, **settings}
    clients = {"IB": InteractiveBrokersDataClientConfig(**given)}
    node = node_at(gateway, recorder, data_clients=clients, request_deadline=deadline)
    await node.connect()
    return node


async def found_stale(recorder: Recorder) -> None:
    """It's judged by the hours, so they are known; until they are, it may have been said that nobody knows."""
    await recorder.until(lambda: [one for one in recorder.stream_statuses if "though it trades now" in one.reason])


async def test_hours_that_nobody_gave_are_asked_for_and_silence_is_judged_by_them(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = await patient(gateway, recorder, stale_after=0.3)
    node.data.subscribe_quotes(AAPL)
    assert await answer(gateway, days(6)) == {"conId": "265598", "exchange": "SMART"}
    await found_stale(recorder)
    assert recorder.instruments[-1].hours_until is not None  # it's told of, as of any description
    node.drop()


async def test_hours_are_asked_for_before_they_run_out(gateway: ScriptedGateway, recorder: Recorder) -> None:
    node = await patient(gateway, recorder)
    node.data.subscribe_quotes(running_out())
    await answer(gateway, days(6))
    await recorder.until(lambda: recorder.instruments)
    node.data.subscribe_quotes(MSFT)
    await next_request(gateway)
    await whatever_was_sent_has_arrived(node, gateway)
    assert received(gateway, DETAILS) == []  # those of AAPL reach far enough now
    node.drop()


async def test_hours_that_reach_far_enough_are_not_asked_for(gateway: ScriptedGateway, recorder: Recorder) -> None:
    node = await patient(gateway, recorder)
    node.data.subscribe_quotes(trading())
    node.data.subscribe_quotes(MSFT)
    assert (await next_request(gateway))[1]["conId"] == str(MSFT.con_id)
    await whatever_was_sent_has_arrived(node, gateway)
    assert received(gateway, DETAILS) == []
    node.drop()


async def test_what_the_provider_knows_already_is_not_asked_for(gateway: ScriptedGateway, recorder: Recorder) -> None:
    node = await patient(gateway, recorder, stale_after=0.3)
    node._introductions.introduce(trading())
    node.data.subscribe_quotes(AAPL)
    await found_stale(recorder)
    assert received(gateway, DETAILS) == []
    node.drop()


@pytest.mark.parametrize("how", ["it refuses", "it is silent", "it lists nothing"])
async def test_what_ib_does_not_list_is_asked_for_again_and_until_then_is_not_known(
    gateway: ScriptedGateway, recorder: Recorder, how: str
) -> None:
    node = await patient(gateway, recorder, deadline=0.3, stale_after=BRIEF, retry_after=BRIEF)
    node.data.subscribe_quotes(AAPL)
    for _ in range(2):
        request_id, _ = await next_request(gateway)
        if how == "it refuses":
            gateway.error(request_id, 200, "No security definition has been found for the request")
        elif how == "it lists nothing":
            gateway.answer_details(request_id)
    status = await recorder.until(lambda: recorder.stream_statuses and recorder.stream_statuses[0])
    assert status.is_stale is None
    async with answering(gateway):
        await found_stale(recorder)
    node.drop()


@asynccontextmanager
async def answering(gateway: ScriptedGateway) -> AsyncIterator[None]:
    """Each question for AAPL, however late the machine is with an answer."""

    async def answer_all() -> None:
        while True:
            await answer(gateway, days(6))

    task = asyncio.create_task(answer_all())
    yield
    task.cancel()


async def test_after_a_refusal_there_is_a_pause_but_not_on_a_new_connection(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = await patient(gateway, recorder)
    node.data.subscribe_quotes(AAPL)
    gateway.error((await next_request(gateway))[0], 200, "No security definition has been found for the request")
    node.data.subscribe_quotes(MSFT)
    assert (await next_request(gateway))[1]["conId"] == str(MSFT.con_id)
    await whatever_was_sent_has_arrived(node, gateway)
    assert received(gateway, DETAILS) == []
    node.drop()
    await node.connect()
    assert (await next_request(gateway))[1]["conId"] == str(AAPL.con_id)
    node.drop()


async def test_an_answer_that_lists_nothing_takes_nothing_away(gateway: ScriptedGateway, recorder: Recorder) -> None:
    node = await patient(gateway, recorder, stale_after=0.3)
    node.data.subscribe_quotes(running_out())
    gateway.answer_details((await next_request(gateway))[0])
    await recorder.until(lambda: recorder.instruments)
    await found_stale(recorder)
    node.drop()


async def test_one_is_asked_for_at_a_time(gateway: ScriptedGateway, recorder: Recorder) -> None:
    """A worker that has started anew may have a hundred to ask for, and subscriptions go first."""
    node = await patient(gateway, recorder, stale_after=BRIEF)
    node.data.subscribe_quotes(AAPL)
    node.data.subscribe_quotes(MSFT)
    request_id, asked = await next_request(gateway)
    await recorder.until(lambda: len(recorder.stream_statuses) == 2)  # it has been looked at since
    await whatever_was_sent_has_arrived(node, gateway)
    assert received(gateway, DETAILS) == []
    gateway.error(request_id, 200, "No security definition has been found for the request")
    assert (await next_request(gateway))[1]["conId"] != asked["conId"]
    node.drop()


async def test_what_streams_no_longer_is_not_asked_for(gateway: ScriptedGateway, recorder: Recorder) -> None:
    node = await patient(gateway, recorder, retry_after=BRIEF)
    node.data.subscribe_quotes(AAPL)
    gateway.error((await next_request(gateway))[0], 200, "No security definition has been found for the request")
    node.data.unsubscribe_quotes(AAPL.con_id)
    await gateway.next(STOP_MARKET_DATA)
    node.data.subscribe_quotes(MSFT)
    for _ in range(2):
        request_id, asked = await next_request(gateway)
        assert asked["conId"] == str(MSFT.con_id)
        gateway.error(request_id, 200, "No security definition has been found for the request")
    node.drop()


async def test_a_combination_trades_when_its_legs_do(gateway: ScriptedGateway, recorder: Recorder) -> None:
    node = await patient(gateway, recorder, stale_after=0.3)
    legs = [ComboLeg(one.con_id, 1, side, "SMART") for one, side in ((AAPL, OrderSide.BUY), (MSFT, OrderSide.SELL))]
    bag = combination(legs, [AAPL, MSFT], symbol="", exchange="SMART", currency="USD")
    node._introductions.meet(AAPL)  # known, but without its hours
    node.data.subscribe_quotes(bag)
    assert (await answer(gateway, days(6)))["conId"] == str(AAPL.con_id)
    msft = {"conId": MSFT.con_id, "symbol": "MSFT"}
    assert (await answer(gateway, {**days(6), **msft}))["conId"] == str(MSFT.con_id)
    await found_stale(recorder)
    node.drop()
