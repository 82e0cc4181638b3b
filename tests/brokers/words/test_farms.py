"""Data farms that fall and come back."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from brokers.domain import BarSize, Instrument, StreamKind, WhatToShow
from brokers.listener import LinkState
from brokers.node import TradingNode
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.market import (
    DEPTH,
    FIVE_SECOND_BARS,
    HISTORY,
    MSFT,
    STOP_HISTORY,
    STOP_MARKET_DATA,
    answer_bars,
    bar_fields,
    closed,
    data_node,
    hasty_node,
    price,
    quotes_of,
    update_bar,
)
from tests.brokers.words.stage import AAPL, MARKET_DATA, place, received, whatever_was_sent_has_arrived

GRACE = 0.5
MINUTE = int(datetime.now(UTC).timestamp()) // 60 * 60 - 600


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


async def test_what_is_served_elsewhere_is_not_doubted_when_the_farm_falls_again(
    brief: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    await quotes_of(brief, gateway)
    elsewhere = await quotes_of(brief, gateway, MSFT)
    down(gateway)
    await goes_on_ticking(gateway, recorder, elsewhere)
    back(gateway)
    again = (await gateway.next(MARKET_DATA))[2]
    gateway.say(58, 1, again, 1)
    await ticked(gateway, recorder, again, 189.75)
    down(gateway)
    await recorder.until(lambda: len(recorder.stream_statuses) > 2)
    assert [(one.con_id, one.is_stale) for one in recorder.stream_statuses] == [
        (AAPL.con_id, True),
        (AAPL.con_id, False),
        (AAPL.con_id, True),
    ]
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


# Farms of the past


def past_down(gateway: ScriptedGateway) -> None:
    gateway.error(-1, 2105, "HMDS data farm connection is broken:ushmds")


def past_back(gateway: ScriptedGateway) -> None:
    gateway.error(-1, 2106, "HMDS data farm connection is OK:ushmds")


async def kept_bars(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, instrument: Instrument = AAPL
) -> str:
    """One bar is complete and the next one in the making; the request's id."""
    node.data.subscribe_bars(instrument, bar_size=BarSize.MINUTE)
    request_id = (await gateway.next(HISTORY))[1]
    answer_bars(gateway, request_id, [bar_fields(MINUTE - 60, close=10.0)])
    update_bar(gateway, request_id, MINUTE, close=10.1)
    await recorder.until(lambda: len([bar for bar in recorder.bars if bar.con_id == instrument.con_id]) == 2)
    return request_id


async def grew(gateway: ScriptedGateway, recorder: Recorder, request_id: str, close: float) -> None:
    update_bar(gateway, request_id, MINUTE, close=close)
    await recorder.until(lambda: [bar for bar in recorder.bars if bar.close == Decimal(close)])


def told(recorder: Recorder) -> list[tuple[int, str, bool]]:
    """Minutes from `MINUTE`, close, whether it's complete."""
    return [(int(bar.at.timestamp() - MINUTE) // 60, str(bar.close), bar.is_complete) for bar in recorder.bars]


@pytest.mark.parametrize(
    "words",
    [
        (2106, "HMDS data farm connection is OK:ushmds"),
        (2107, "HMDS data farm connection is inactive but should be available upon demand.ushmds"),
    ],
)
async def test_bars_kept_up_to_date_are_opened_again_when_a_farm_of_the_past_is_back_and_none_is_missed_or_repeated(
    brief: TradingNode, gateway: ScriptedGateway, recorder: Recorder, words: tuple[int, str]
) -> None:
    request_id = await kept_bars(brief, gateway, recorder)
    past_down(gateway)
    stale = await recorder.until(lambda: recorder.stream_statuses and recorder.stream_statuses[0])
    assert (stale.stream, stale.is_stale) == (StreamKind.BARS, True)
    assert stale.reason == "The data farm ushmds is down, so what came last is old."
    gateway.error(-1, *words)
    assert (await gateway.next(STOP_HISTORY))[1] == request_id
    again = (await gateway.next(HISTORY))[1]
    said = [(-1, 10.0), (0, 10.2), (1, 10.3), (2, 10.4)]
    answer_bars(gateway, again, [bar_fields(MINUTE + minute * 60, close=close) for minute, close in said])
    update_bar(gateway, again, MINUTE + 180, close=10.5)
    await recorder.until(lambda: told(recorder)[-1][0] == 3)
    assert told(recorder) == [
        (-1, "10", True), (0, "10.1", False),
        (0, "10.2", True), (1, "10.3", True), (2, "10.4", True), (3, "10.5", False),
    ]  # fmt: skip
    assert [status.is_stale for status in recorder.stream_statuses] == [True, False]
    brief.drop()


async def test_bars_that_go_on_while_a_farm_of_the_past_is_down_are_left_alone(
    brief: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    """And that teaches nothing: the next time they may stop."""
    ticking = await kept_bars(brief, gateway, recorder)
    await kept_bars(brief, gateway, recorder, MSFT)
    past_down(gateway)
    number = 0
    while not recorder.stream_statuses:
        number += 1
        await grew(gateway, recorder, ticking, 10 + number / 4)
    past_back(gateway)
    assert str(MSFT.con_id) in await gateway.next(HISTORY)
    await whatever_was_sent_has_arrived(brief, gateway)
    assert received(gateway, HISTORY) == []
    assert {status.con_id for status in recorder.stream_statuses} == {MSFT.con_id}
    recorder.stream_statuses.clear()
    past_down(gateway)
    status = await recorder.until(lambda: recorder.stream_statuses and recorder.stream_statuses[0])
    assert (status.con_id, status.reason) == (AAPL.con_id, "The data farm ushmds is down, so what came last is old.")
    brief.drop()


async def test_a_farm_of_the_past_serves_bars_that_are_kept_up_to_date_alone(
    brief: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    await kept_bars(brief, gateway, recorder)
    brief.data.subscribe_bars(AAPL)
    brief.data.subscribe_depth(AAPL)
    await gateway.next(FIVE_SECOND_BARS)
    await gateway.next(DEPTH)
    past_down(gateway)
    await recorder.until(lambda: recorder.stream_statuses)
    past_back(gateway)
    await gateway.next(HISTORY)
    await whatever_was_sent_has_arrived(brief, gateway)
    assert received(gateway, FIVE_SECOND_BARS) == received(gateway, DEPTH) == []
    assert [status.bar_size for status in recorder.stream_statuses] == [BarSize.MINUTE]
    brief.drop()


async def test_bars_that_ib_could_not_serve_without_its_farm_are_asked_for_as_soon_as_it_is_back(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = hasty_node(gateway, recorder)
    await node.connect()
    past_down(gateway)
    node.data.subscribe_bars(AAPL, bar_size=BarSize.MINUTE, what_to_show=WhatToShow.BID)
    refused = (await gateway.next(HISTORY))[1]
    words = "Historical Market Data Service error message:HMDS server disconnect occurred. Attempting reconnection..."
    gateway.error(refused, 162, words)
    await recorder.until(lambda: recorder.stream_statuses)
    past_back(gateway)
    again = (await gateway.next(HISTORY))[1]
    answer_bars(gateway, again, [bar_fields(MINUTE)])
    await recorder.until(lambda: [status.is_stale for status in recorder.stream_statuses] == [True, False])
    node.drop()
