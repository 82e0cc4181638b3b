"""Streams of every kind that went quiet: each has its own patience, and is relied on again once it ticks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from brokers.domain import BarSize, Instrument, StreamKind, TradingInterval, WhatToShow
from brokers.interactive_brokers.data import InteractiveBrokersDataClient
from brokers.node import TradingNode
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.market import (
    DEPTH,
    FIVE_SECOND_BARS,
    HISTORY,
    TICK_BY_TICK,
    answer_bars,
    closed,
    data_node,
    price,
    trading,
    update_bar,
)
from tests.brokers.words.stage import AAPL, MARKET_DATA, received, whatever_was_sent_has_arrived

LONG = 1000.0
BRIEF = 0.05
NOW = 1709562600


@dataclass(frozen=True)
class Kind:
    """How a stream of a kind is wished for, asked for at IB and told by it, and which setting is its patience."""

    stream: StreamKind
    patience: str
    wish: Callable[[InteractiveBrokersDataClient, Instrument], None]
    asked: int
    id_at: int
    tick: Callable[[ScriptedGateway, str], None]


def minutes(what: WhatToShow) -> Callable[[InteractiveBrokersDataClient, Instrument], None]:
    return lambda data, one: data.subscribe_bars(one, bar_size=BarSize.MINUTE, what_to_show=what)


def grow(gateway: ScriptedGateway, request_id: str) -> None:
    ten_minutes_ago = int(datetime.now(UTC).timestamp()) // 60 * 60 - 600
    answer_bars(gateway, request_id, [])
    update_bar(gateway, request_id, ten_minutes_ago, close=10.1)


KINDS = {
    "quotes": Kind(
        StreamKind.QUOTES, "stale_after", lambda data, one: data.subscribe_quotes(one), MARKET_DATA, 2,
        lambda gateway, at: (gateway.say(58, 1, at, 1), price(gateway, at, 1, 189.5, 100))[0],
    ),
    "a book": Kind(
        StreamKind.DEPTH, "stale_after", lambda data, one: data.subscribe_depth(one), DEPTH, 2,
        lambda gateway, at: gateway.say(12, 1, at, 0, 0, 1, 189.4, 100),
    ),
    "trades tick by tick": Kind(
        StreamKind.TRADES, "trades_stale_after", lambda data, one: data.subscribe_trades(one), TICK_BY_TICK, 1,
        lambda gateway, at: gateway.say(99, at, 1, NOW, 189.5, 100, 0, "ARCA", ""),
    ),
    "5-second bars": Kind(
        StreamKind.BARS, "bars_stale_after", lambda data, one: data.subscribe_bars(one), FIVE_SECOND_BARS, 2,
        lambda gateway, at: gateway.say(50, 3, at, NOW, 10.0, 11.0, 9.5, 10.5, 300, 10.2, 4),
    ),
    "kept bars of trades": Kind(
        StreamKind.BARS, "trades_stale_after", minutes(WhatToShow.TRADES), HISTORY, 1, grow,
    ),
    "kept bars of quotes": Kind(
        StreamKind.BARS, "stale_after", minutes(WhatToShow.MIDPOINT), HISTORY, 1, grow,
    ),
}  # fmt: skip
EVERY_KIND = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())


def node_for(kind: Kind, gateway: ScriptedGateway, recorder: Recorder) -> TradingNode:
    """Every other kind's patience is endless here."""
    settings = dict.fromkeys(("stale_after", "trades_stale_after", "bars_stale_after"), LONG)
    return data_node(gateway, recorder, retry_after=BRIEF, **{**settings, kind.patience: BRIEF})


async def next_id(kind: Kind, gateway: ScriptedGateway) -> str:
    return (await gateway.next(kind.asked))[kind.id_at]


async def opened(kind: Kind, node: TradingNode, gateway: ScriptedGateway, instrument: Instrument) -> str:
    await node.connect()
    kind.wish(node.data, instrument)
    return await next_id(kind, gateway)


@EVERY_KIND
async def test_what_went_quiet_in_trading_hours_is_stale_until_it_ticks_again(
    gateway: ScriptedGateway, recorder: Recorder, kind: Kind
) -> None:
    node = node_for(kind, gateway, recorder)
    kind.tick(gateway, await opened(kind, node, gateway, trading()))
    stale = await recorder.until(lambda: recorder.stream_statuses and recorder.stream_statuses[0])
    assert (stale.con_id, stale.stream, stale.is_stale) == (AAPL.con_id, kind.stream, True)
    assert stale.reason == "Nothing has come for 0.05 s, though it trades now."
    kind.tick(gateway, await next_id(kind, gateway))  # it was asked for again
    again = await recorder.until(lambda: len(recorder.stream_statuses) > 1 and recorder.stream_statuses[1])
    assert (again.stream, again.is_stale) == (kind.stream, False)
    node.drop()


@EVERY_KIND
async def test_what_never_spoke_in_trading_hours_is_stale_too(
    gateway: ScriptedGateway, recorder: Recorder, kind: Kind
) -> None:
    node = node_for(kind, gateway, recorder)
    await opened(kind, node, gateway, trading())
    stale = await recorder.until(lambda: recorder.stream_statuses and recorder.stream_statuses[0])
    assert (stale.stream, stale.is_stale) == (kind.stream, True)
    assert stale.reason == "Nothing has come for 0.05 s, though it trades now."
    node.drop()


@EVERY_KIND
async def test_outside_of_trading_hours_silence_says_nothing(
    gateway: ScriptedGateway, recorder: Recorder, kind: Kind
) -> None:
    node = node_for(kind, gateway, recorder)
    await opened(kind, node, gateway, closed())
    other = trading(replace(AAPL, con_id=1))
    kind.wish(node.data, other)
    await recorder.until(lambda: recorder.stream_statuses)
    assert {status.con_id for status in recorder.stream_statuses} == {other.con_id}
    node.drop()


@EVERY_KIND
async def test_of_what_is_quiet_without_known_hours_nobody_knows(
    gateway: ScriptedGateway, recorder: Recorder, kind: Kind
) -> None:
    node = node_for(kind, gateway, recorder)
    await opened(kind, node, gateway, AAPL)
    status = await recorder.until(lambda: recorder.stream_statuses and recorder.stream_statuses[0])
    assert (status.stream, status.is_stale) == (kind.stream, None)
    node.drop()


async def test_each_kind_has_its_own_patience(gateway: ScriptedGateway, recorder: Recorder) -> None:
    """With the quotes' patience used up, a tape that waits longer is still to be relied on."""
    node = node_for(KINDS["quotes"], gateway, recorder)
    await node.connect()
    for kind in KINDS.values():
        kind.wish(node.data, trading())
    await recorder.until(lambda: len(recorder.stream_statuses) >= 3)
    told = {(status.stream, status.what_to_show) for status in recorder.stream_statuses}
    assert told == {(StreamKind.QUOTES, None), (StreamKind.DEPTH, None), (StreamKind.BARS, WhatToShow.MIDPOINT)}
    node.drop()


async def test_a_status_of_bars_says_which_bars(gateway: ScriptedGateway, recorder: Recorder) -> None:
    node = node_for(KINDS["5-second bars"], gateway, recorder)
    await node.connect()
    node.data.subscribe_bars(trading())
    node.data.subscribe_bars(trading(), bar_size=BarSize.MINUTE)
    await recorder.until(lambda: recorder.stream_statuses)
    assert {(one.bar_size, one.what_to_show) for one in recorder.stream_statuses} == {
        (BarSize.SECONDS_5, WhatToShow.TRADES)
    }
    node.drop()


async def test_bars_that_wait_for_their_turn_are_not_judged_by_it(gateway: ScriptedGateway, recorder: Recorder) -> None:
    """IB's pacing can hold a request back for minutes: silence counts from when it was asked."""
    node = data_node(gateway, recorder)
    await node.connect()
    held_until = asyncio.get_running_loop().time() + 0.2
    node.data._pacing.hold(0.2)
    node.data.subscribe_bars(trading())
    await gateway.next(FIVE_SECOND_BARS)
    [stream] = node.data._registry
    assert stream.quiet_since() >= held_until
    node.drop()


# Trades that are read from quotes


@pytest.fixture
async def without(gateway: ScriptedGateway, recorder: Recorder) -> TradingNode:
    """A node whose login has nothing tick by tick."""
    node = data_node(gateway, recorder, tick_by_tick_streams=0, stale_after=BRIEF, retry_after=BRIEF)
    await node.connect()
    return node


async def test_trades_that_are_read_from_quotes_stand_as_their_quotes_do(
    without: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    without.data.subscribe_trades(trading())
    await gateway.next(MARKET_DATA)
    await recorder.until(lambda: len(recorder.stream_statuses) == 2)
    assert [(one.stream, one.is_stale) for one in recorder.stream_statuses] == [
        (StreamKind.QUOTES, True),
        (StreamKind.TRADES, True),
    ]
    KINDS["quotes"].tick(gateway, await next_id(KINDS["quotes"], gateway))
    await recorder.until(lambda: len(recorder.stream_statuses) >= 4)
    assert [(one.stream, one.is_stale) for one in recorder.stream_statuses][2:4] == [
        (StreamKind.QUOTES, False),
        (StreamKind.TRADES, False),
    ]
    without.drop()


async def test_who_wants_trades_of_quotes_that_are_stale_hears_so_at_once(
    without: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    without.data.subscribe_quotes(trading())
    await recorder.until(lambda: recorder.stream_statuses)
    without.data.subscribe_trades(trading())
    quotes, trades = recorder.stream_statuses
    assert (trades.stream, trades.is_stale, trades.reason) == (StreamKind.TRADES, True, quotes.reason)
    without.drop()


async def test_nothing_is_told_of_trades_that_nobody_wants_any_more(
    without: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    without.data.subscribe_quotes(closed())
    request_id = (await gateway.next(MARKET_DATA))[2]
    gateway.say(58, 1, request_id, 1)
    without.data.subscribe_trades(closed())
    price(gateway, request_id, 4, 189.5, 100)
    await recorder.until(lambda: recorder.quotes)
    without.data.unsubscribe_trades(AAPL.con_id)
    price(gateway, request_id, 4, 189.6, 100)
    gateway.error(-1, 1100)
    await recorder.until(lambda: recorder.stream_statuses)
    await whatever_was_sent_has_arrived(without, gateway)
    assert recorder.trades == []
    assert {one.stream for one in recorder.stream_statuses} == {StreamKind.QUOTES}
    assert received(gateway, TICK_BY_TICK) == []
    without.drop()


# Hours that come late


async def test_hours_that_come_late_tell_what_a_silence_meant(gateway: ScriptedGateway, recorder: Recorder) -> None:
    node = node_for(KINDS["quotes"], gateway, recorder)
    await opened(KINDS["quotes"], node, gateway, AAPL)
    await recorder.until(lambda: recorder.stream_statuses)
    for stream in node.data._registry:
        stream.instrument = closed()
    await recorder.until(lambda: len(recorder.stream_statuses) > 1)
    assert [one.is_stale for one in recorder.stream_statuses] == [None, False]
    assert recorder.stream_statuses[1].reason == "It doesn't trade now, so its silence says nothing."
    node.drop()


async def test_what_is_known_to_be_stale_does_not_become_unknown(gateway: ScriptedGateway, recorder: Recorder) -> None:
    node = node_for(KINDS["quotes"], gateway, recorder)
    await opened(KINDS["quotes"], node, gateway, AAPL)
    await recorder.until(lambda: recorder.stream_statuses)
    ran_out = TradingInterval(datetime.now(UTC) - timedelta(hours=3), datetime.now(UTC) - timedelta(hours=1))
    for hours in (trading(), replace(AAPL, liquid_hours=(ran_out,))):
        for stream in node.data._registry:
            stream.instrument = hours
        await gateway.next(MARKET_DATA)
        await gateway.next(MARKET_DATA)
    assert [one.is_stale for one in recorder.stream_statuses] == [None, True]
    node.drop()
