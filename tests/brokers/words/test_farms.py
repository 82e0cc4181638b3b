"""Data farms that fall and come back."""

from __future__ import annotations

import pytest

from brokers.listener import LinkState
from brokers.node import TradingNode
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.market import DEPTH, MSFT, STOP_MARKET_DATA, closed, data_node, price, quotes_of
from tests.brokers.words.stage import AAPL, MARKET_DATA, place, received, whatever_was_sent_has_arrived

GRACE = 0.5


@pytest.fixture
async def brief(gateway: ScriptedGateway, recorder: Recorder) -> TradingNode:
    """A node that doubts a stream after half a second."""
    node = data_node(gateway, recorder, farm_grace=GRACE, retry_after=30.0)
    await node.connect()
    return node


def down(gateway: ScriptedGateway, farm: str = "usfarm") -> None:
    gateway.error(-1, 2103, f"Market data farm connection is broken:{farm}")


def back(gateway: ScriptedGateway, farm: str = "usfarm") -> None:
    gateway.error(-1, 2104, f"Market data farm connection is OK:{farm}")


async def ticked(gateway: ScriptedGateway, recorder: Recorder, request_id: str, at: float) -> None:
    price(gateway, request_id, 1, at, 100)
    await recorder.until(lambda: [quote for quote in recorder.quotes if quote.bid == at])


async def goes_on_ticking(gateway: ScriptedGateway, recorder: Recorder, request_id: str) -> None:
    """Until another stream has been found stale."""
    number = 0
    while not recorder.stream_statuses:
        number += 1
        await ticked(gateway, recorder, request_id, 400 + number / 4)


async def test_what_doesn_t_tick_while_a_farm_is_down_is_stale_and_orders_go_on(
    brief: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    request_id = await quotes_of(brief, gateway)
    await ticked(gateway, recorder, request_id, 189.5)
    down(gateway)
    await recorder.until(lambda: brief.link is LinkState.DATA_DOWN)
    await place(brief, gateway)
    status = await recorder.until(lambda: recorder.stream_statuses and recorder.stream_statuses[0])
    assert (status.con_id, status.is_stale) == (AAPL.con_id, True)
    assert status.reason == "The data farm usfarm is down, so what came last is old."
    back(gateway)
    again = (await gateway.next(MARKET_DATA))[2]
    assert (await gateway.next(STOP_MARKET_DATA))[2] == request_id
    assert [status.is_stale for status in recorder.stream_statuses] == [True]
    gateway.say(58, 1, again, 1)
    await ticked(gateway, recorder, again, 189.75)
    assert [status.is_stale for status in recorder.stream_statuses] == [True, False]
    brief.drop()


async def test_what_ticks_while_a_farm_is_down_is_served_elsewhere_and_left_alone(
    brief: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    await quotes_of(brief, gateway)
    elsewhere = await quotes_of(brief, gateway, MSFT)
    down(gateway)
    await goes_on_ticking(gateway, recorder, elsewhere)
    await ticked(gateway, recorder, elsewhere, 399.0)
    back(gateway)
    assert str(AAPL.con_id) in await gateway.next(MARKET_DATA)
    await whatever_was_sent_has_arrived(brief, gateway)
    assert received(gateway, MARKET_DATA) == []
    assert {status.con_id for status in recorder.stream_statuses} == {AAPL.con_id}
    brief.drop()


async def test_a_farm_that_is_back_without_its_ticks_leaves_its_quotes_stale(
    brief: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    request_id = await quotes_of(brief, gateway)
    await ticked(gateway, recorder, request_id, 189.5)
    down(gateway)
    back(gateway)
    await gateway.next(MARKET_DATA)
    status = await recorder.until(lambda: recorder.stream_statuses and recorder.stream_statuses[0])
    assert status.reason == "The data farm usfarm is back, but nothing comes yet."
    brief.drop()


async def test_streams_of_a_farm_that_stays_dumb_are_asked_for_again(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = data_node(gateway, recorder, farm_grace=0.02, retry_after=0.02)
    await node.connect()
    await quotes_of(node, gateway, closed())
    down(gateway)
    back(gateway)
    for _ in range(2):
        request_id = (await gateway.next(MARKET_DATA))[2]
    gateway.say(58, 1, request_id, 1)
    node.drop()


async def test_a_flap_subscribes_again_all_that_the_farm_may_serve(
    brief: TradingNode, gateway: ScriptedGateway
) -> None:
    await quotes_of(brief, gateway)
    brief.data.subscribe_depth(AAPL)
    await gateway.next(DEPTH)
    down(gateway)
    back(gateway)
    await gateway.next(MARKET_DATA)
    await gateway.next(DEPTH)
    brief.drop()


async def test_a_farm_that_falls_asleep_is_down_no_longer(
    brief: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    await quotes_of(brief, gateway)
    down(gateway)
    gateway.error(-1, 2108, "Market data farm connection is inactive but should be available upon demand.usfarm")
    await gateway.next(MARKET_DATA)
    await recorder.until(lambda: brief.link is LinkState.UP)
    brief.drop()


@pytest.mark.parametrize(
    ("fall", "rise", "words", "farm"),
    [
        (2105, 2106, "HMDS data farm connection is", "ushmds"),
        (2157, 2158, "Sec-def data farm connection is", "secdefil"),
    ],
)
async def test_a_farm_of_the_past_or_of_contracts_makes_no_quote_stale(
    brief: TradingNode, gateway: ScriptedGateway, recorder: Recorder, fall: int, rise: int, words: str, farm: str
) -> None:
    await quotes_of(brief, gateway)
    gateway.error(-1, fall, f"{words} broken:{farm}")
    await recorder.until(lambda: brief.link is LinkState.DATA_DOWN)
    gateway.error(-1, rise, f"{words} OK:{farm}")
    await recorder.until(lambda: brief.link is LinkState.UP)
    await whatever_was_sent_has_arrived(brief, gateway)
    assert received(gateway, MARKET_DATA) == []
    assert recorder.stream_statuses == []
    brief.drop()


async def test_two_farms_that_are_down_are_two(
    brief: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    down(gateway, "usfarm")
    down(gateway, "eufarm")
    back(gateway, "eufarm")
    gateway.error(-1, 2103, "Market data farm connection is broken:hfarm")
    await recorder.until(lambda: len(recorder.notices) == 3)
    assert brief.link is LinkState.DATA_DOWN
    back(gateway, "usfarm")
    back(gateway, "hfarm")
    await recorder.until(lambda: brief.link is LinkState.UP)
    assert recorder.links == [LinkState.UP, LinkState.DATA_DOWN, LinkState.UP]
    brief.drop()
