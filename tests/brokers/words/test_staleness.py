"""Quotes that went quiet."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from brokers.domain import Instrument, TradingInterval
from brokers.listener import LinkState
from brokers.node import TradingNode
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway, scripted_gateway
from tests.brokers.words.market import MSFT, closed, data_node, price, quotes_of, ticking, trading
from tests.brokers.words.stage import AAPL, MARKET_DATA, received

IB_LOST = "The gateway has lost its connection to Interactive Brokers."


async def quiet(gateway: ScriptedGateway, recorder: Recorder, instrument: Instrument) -> tuple[TradingNode, str]:
    node = data_node(gateway, recorder, stale_after=0.05, retry_after=0.05)
    await node.connect()
    return node, await quotes_of(node, gateway, instrument)


async def test_a_stream_that_went_quiet_in_trading_hours_is_stale_once_and_until_it_ticks(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node, request_id = await quiet(gateway, recorder, trading())
    price(gateway, request_id, 1, 189.5, 100)
    stale = await recorder.until(lambda: recorder.stream_statuses and recorder.stream_statuses[0])
    assert (stale.con_id, stale.is_stale) == (AAPL.con_id, True)
    assert stale.reason == "Nothing has come for 0.05 s, though it trades now."
    for _ in range(2):
        request_id = (await gateway.next(MARKET_DATA))[2]  # and it's asked for again
    assert len(recorder.stream_statuses) == 1
    async with ticking(gateway, request_id):
        again = await recorder.until(lambda: len(recorder.stream_statuses) > 1 and recorder.stream_statuses[1])
    assert again.is_stale is False
    node.drop()


async def test_a_stream_that_is_quiet_outside_of_its_hours_is_not_stale(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node, _ = await quiet(gateway, recorder, closed())
    await quotes_of(node, gateway, trading(MSFT))
    await recorder.until(lambda: recorder.stream_statuses)
    assert {status.con_id for status in recorder.stream_statuses} == {MSFT.con_id}
    node.drop()


async def test_of_a_quiet_stream_whose_hours_are_unknown_it_s_unknown_whether_it_is_stale(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node, _ = await quiet(gateway, recorder, AAPL)
    status = await recorder.until(lambda: recorder.stream_statuses and recorder.stream_statuses[0])
    assert status.is_stale is None
    assert status.reason == "Nothing has come for 0.05 s, and whether it trades now is not known."
    node.drop()


async def test_hours_that_have_run_out_are_unknown(gateway: ScriptedGateway, recorder: Recorder) -> None:
    then = datetime.now(UTC) - timedelta(days=9)
    node, _ = await quiet(
        gateway, recorder, replace(AAPL, liquid_hours=(TradingInterval(then, then + timedelta(hours=8)),))
    )
    status = await recorder.until(lambda: recorder.stream_statuses and recorder.stream_statuses[0])
    assert status.is_stale is None
    node.drop()


async def test_a_night_s_silence_is_not_held_against_the_opening(gateway: ScriptedGateway, recorder: Recorder) -> None:
    opening = datetime.now(UTC) + timedelta(seconds=0.3)
    hours = (TradingInterval(opening, opening + timedelta(hours=8)),)
    node, _ = await quiet(gateway, recorder, replace(AAPL, liquid_hours=hours))
    status = await recorder.until(lambda: recorder.stream_statuses and recorder.stream_statuses[0])
    assert status.is_stale
    assert status.at >= opening + timedelta(seconds=0.05)
    node.drop()


async def test_while_the_gateway_has_lost_ib_no_stream_s_silence_is_judged(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = data_node(gateway, recorder, stale_after=0.05, retry_after=0.05)
    await node.connect()
    gateway.error(-1, 1100)
    await recorder.until(lambda: node.link is LinkState.BROKER_LOST)
    await quotes_of(node, gateway, trading())
    other = Recorder()
    async with scripted_gateway() as elsewhere:
        witness, _ = await quiet(elsewhere, other, trading())
        await other.until(lambda: other.stream_statuses)
        witness.drop()
    [status] = await recorder.until(lambda: recorder.stream_statuses)
    assert (status.is_stale, status.reason) == (True, IB_LOST)
    assert not received(gateway, MARKET_DATA)  # it's asked for again only after the return
    gateway.error(-1, 1102)
    await gateway.next(MARKET_DATA)
    node.drop()


@pytest.mark.parametrize("lost", [1100, 2110])
async def test_when_the_gateway_loses_ib_each_stream_is_stale_at_once_and_until_it_ticks_after_the_return(
    gateway: ScriptedGateway, recorder: Recorder, lost: int
) -> None:
    node = data_node(gateway, recorder)
    await node.connect()
    request_ids = {one.con_id: await quotes_of(node, gateway, one) for one in (trading(), trading(MSFT))}
    gateway.error(-1, lost)
    await recorder.until(lambda: len(recorder.stream_statuses) == 2)
    assert {(one.con_id, one.is_stale, one.reason) for one in recorder.stream_statuses} == {
        (AAPL.con_id, True, IB_LOST),
        (MSFT.con_id, True, IB_LOST),
    }
    price(gateway, request_ids[AAPL.con_id], 1, 189.5, 100)  # what the gateway still had
    await recorder.until(lambda: recorder.quotes)
    gateway.error(-1, 2110)
    gateway.error(-1, 1102)
    await recorder.until(lambda: node.link is LinkState.UP)
    assert len(recorder.stream_statuses) == 2
    price(gateway, request_ids[AAPL.con_id], 1, 189.6, 100)
    await recorder.until(lambda: len(recorder.stream_statuses) == 3)
    assert (recorder.stream_statuses[2].con_id, recorder.stream_statuses[2].is_stale) == (AAPL.con_id, False)
    node.drop()


async def test_what_does_not_tick_after_ib_s_return_is_asked_for_again_though_ib_says_that_it_kept_it(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = data_node(gateway, recorder, retry_after=0.05)
    await node.connect()
    await quotes_of(node, gateway, closed())
    gateway.error(-1, 1100)
    await recorder.until(lambda: recorder.stream_statuses)
    gateway.error(-1, 1102)
    request_id = (await gateway.next(MARKET_DATA))[2]
    gateway.say(58, 1, request_id, 1)
    price(gateway, request_id, 1, 189.5, 100)
    await recorder.until(lambda: [one.is_stale for one in recorder.stream_statuses] == [True, False])
    node.drop()


async def test_without_a_connection_each_stream_is_stale_until_it_ticks_on_the_next_one(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = data_node(gateway, recorder)
    await node.connect()
    await quotes_of(node, gateway, trading())
    gateway.hang_up()
    [status] = await recorder.until(lambda: recorder.stream_statuses)
    assert (status.con_id, status.is_stale) == (AAPL.con_id, True)
    assert status.reason == "The connection to the gateway is gone."
    await recorder.until(lambda: node.link is LinkState.DOWN)
    await node.connect()
    request_id = (await gateway.next(MARKET_DATA))[2]
    assert len(recorder.stream_statuses) == 1
    gateway.say(58, 1, request_id, 1)
    price(gateway, request_id, 1, 189.5, 100)
    await recorder.until(lambda: [one.is_stale for one in recorder.stream_statuses] == [True, False])
    node.drop()


async def test_nothing_is_watched_any_more_when_the_link_is_down(gateway: ScriptedGateway, recorder: Recorder) -> None:
    node, _ = await quiet(gateway, recorder, trading())
    node.drop()
    assert node.data._watch._timer is None
