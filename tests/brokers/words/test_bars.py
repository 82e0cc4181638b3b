"""Bars that come as they are made."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from brokers.domain import BarSize, StreamKind, WhatToShow
from brokers.node import TradingNode
from brokers.refusals import SubscriptionRefused
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.market import (
    EUR_USD,
    FIVE_SECOND_BARS,
    HISTORY,
    STOP_FIVE_SECOND_BARS,
    STOP_HISTORY,
    answer_bars,
    bar_fields,
    data_node,
    update_bar,
)
from tests.brokers.words.stage import AAPL, received, whatever_was_sent_has_arrived


@pytest.fixture
def minute() -> int:
    """The one that is being made now, in seconds since 1970."""
    now = int(datetime.now(UTC).timestamp())
    return now - now % 60


def told(recorder: Recorder, minute: int) -> list[tuple[int, str, bool]]:
    """Minutes from this one, close, whether it's complete."""
    return [(int(bar.at.timestamp() - minute) // 60, str(bar.close), bar.is_complete) for bar in recorder.bars]


async def kept_minutes(node: TradingNode, gateway: ScriptedGateway) -> str:
    node.data.subscribe_bars(AAPL, bar_size=BarSize.MINUTE)
    return (await gateway.next(HISTORY))[1]


async def test_five_second_bars_are_complete_as_they_come(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.data.subscribe_bars(AAPL)
    asked = await gateway.next(FIVE_SECOND_BARS)
    assert asked[-4:] == ["5", "TRADES", "0", ""]
    gateway.say(50, 3, asked[2], 1709562600, 10.0, 11.0, 9.5, 10.5, 300, 10.2, 4)
    bar = await recorder.until(lambda: recorder.bars and recorder.bars[0])
    assert (bar.at, bar.bar_size) == (datetime(2024, 3, 4, 14, 30, tzinfo=UTC), BarSize.SECONDS_5)
    assert (bar.open, bar.high, bar.low, bar.close) == (Decimal(10), Decimal(11), Decimal("9.5"), Decimal("10.5"))
    assert (bar.volume, bar.wap, bar.trades, bar.is_complete) == (Decimal(300), Decimal("10.2"), 4, True)
    node.data.unsubscribe_bars(AAPL)
    assert (await gateway.next(STOP_FIVE_SECOND_BARS))[2] == asked[2]


async def test_a_currency_pair_s_bars_are_of_its_midpoint_and_have_no_volume(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.data.subscribe_bars(EUR_USD)
    asked = await gateway.next(FIVE_SECOND_BARS)
    assert "MIDPOINT" in asked
    gateway.say(50, 3, asked[2], 1709562600, 1.1, 1.2, 1.0, 1.15, -1, -1, -1)
    bar = await recorder.until(lambda: recorder.bars and recorder.bars[0])
    assert (bar.volume, bar.wap, bar.trades, bar.what_to_show) == (None, None, None, WhatToShow.MIDPOINT)


async def test_a_kept_bar_grows_and_is_complete_when_the_next_begins(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, minute: int
) -> None:
    request_id = await kept_minutes(node, gateway)
    answer_bars(gateway, request_id, [bar_fields(minute - 60), bar_fields(minute, close=10.1)])
    update_bar(gateway, request_id, minute, close=10.2)
    update_bar(gateway, request_id, minute, close=10.2)
    update_bar(gateway, request_id, minute - 60, close=66.6)
    update_bar(gateway, request_id, minute + 60, close=10.3)
    await recorder.until(lambda: len(recorder.bars) >= 5)
    assert told(recorder, minute)[:5] == [
        (-1, "10.5", True),
        (0, "10.1", False),
        (0, "10.2", False),
        (0, "10.2", True),
        (1, "10.3", False),
    ]
    node.data.unsubscribe_bars(AAPL, bar_size=BarSize.MINUTE)
    assert (await gateway.next(STOP_HISTORY))[1] == request_id


async def test_bars_missed_in_an_outage_are_told_once_and_in_order_before_the_newest(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, minute: int
) -> None:
    request_id = await kept_minutes(node, gateway)
    answer_bars(gateway, request_id, [bar_fields(minute - 300)])
    update_bar(gateway, request_id, minute - 240, close=10.1)
    await recorder.until(lambda: len(recorder.bars) == 2)
    recorder.bars.clear()
    node.drop()
    await node.connect()
    asked = await gateway.next(HISTORY)
    update_bar(gateway, asked[1], minute, close=10.9)  # it may come before the answer's end is read
    bars = [bar_fields(minute - minutes * 60, close=10 + minutes / 10) for minutes in (5, 4, 3, 2, 1, 0)]
    answer_bars(gateway, asked[1], bars)
    update_bar(gateway, asked[1], minute + 60, close=11.9)
    await recorder.until(lambda: told(recorder, minute) and told(recorder, minute)[-1][0] == 1)
    completed = [bar for bar in told(recorder, minute) if bar[2]]
    assert [minute for minute, _, _ in completed] == [-4, -3, -2, -1, 0]
    assert completed[0] == (-4, "10.4", True)
    assert [minute for minute, _, _ in told(recorder, minute)] == sorted(
        minute for minute, _, _ in told(recorder, minute)
    )


async def test_a_bar_that_an_outage_cut_is_not_called_complete(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, minute: int
) -> None:
    request_id = await kept_minutes(node, gateway)
    answer_bars(gateway, request_id, [])
    update_bar(gateway, request_id, minute - 600, close=10.1)
    await recorder.until(lambda: recorder.bars)
    node.drop()
    await node.connect()
    answer_bars(gateway, (await gateway.next(HISTORY))[1], [bar_fields(minute, close=10.3)])
    await recorder.until(lambda: len(recorder.bars) == 2)
    assert told(recorder, minute) == [(-10, "10.1", False), (0, "10.3", False)]


async def test_a_long_outage_is_read_in_pages_before_the_stream_goes_on(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, minute: int
) -> None:
    request_id = await kept_minutes(node, gateway)
    long_ago = minute - 36 * 3600
    answer_bars(gateway, request_id, [bar_fields(long_ago)])
    await recorder.until(lambda: recorder.bars)
    recorder.bars.clear()
    node.drop()
    await node.connect()
    newer = await gateway.next(HISTORY)
    assert "1 D" in newer
    answer_bars(gateway, newer[1], [bar_fields(minute - 24 * 3600), bar_fields(minute - 60)])
    older = await gateway.next(HISTORY)
    answer_bars(gateway, older[1], [bar_fields(long_ago), bar_fields(long_ago + 60), bar_fields(minute - 24 * 3600)])
    kept = await gateway.next(HISTORY)
    answer_bars(gateway, kept[1], [bar_fields(minute - 60), bar_fields(minute, close=10.9)])
    await recorder.until(lambda: told(recorder, minute) and told(recorder, minute)[-1][0] == 0)
    assert [minute for minute, _, _ in told(recorder, minute)] == [-36 * 60 + 1, -24 * 60, -1, 0]


async def test_bars_reach_back_to_the_newest_however_long_their_turn_takes(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.data.subscribe_bars(AAPL, bar_size=BarSize.SECONDS_10)
    newest = int(datetime.now(UTC).timestamp()) // 10 * 10 - 60
    answer_bars(gateway, (await gateway.next(HISTORY))[1], [bar_fields(newest)])
    await recorder.until(lambda: recorder.bars)
    held_until = datetime.now(UTC).timestamp() + 2
    node.data._pacing.hold(2)
    gateway.error(-1, 1101)
    seconds, unit = (await gateway.next(HISTORY))[-6].split()
    assert unit == "S"
    assert int(seconds) >= int(held_until - newest) + 10 + 5  # with the bar itself, and clocks that stand apart


async def test_what_the_wait_for_a_turn_could_push_out_of_reach_is_read_before(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, minute: int
) -> None:
    """IB tells a day of such bars in one answer."""
    long_ago = minute - 13 * 3600
    answer_bars(gateway, await kept_minutes(node, gateway), [bar_fields(long_ago)])
    await recorder.until(lambda: recorder.bars)
    gateway.error(-1, 1101)
    page = await gateway.next(HISTORY)
    assert page[-2] == "0"  # it isn't kept up to date
    answer_bars(gateway, page[1], [bar_fields(long_ago), bar_fields(minute - 600)])
    answer_bars(gateway, (await gateway.next(HISTORY))[1], [bar_fields(minute - 600), bar_fields(minute, close=10.9)])
    await recorder.until(lambda: told(recorder, minute)[-1][0] == 0)
    assert told(recorder, minute) == [(-13 * 60, "10.5", True), (-10, "10.5", True), (0, "10.9", False)]


async def test_an_answer_alone_does_not_make_bars_be_asked_for_more_often(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    """Questions about the past are few: bars that nobody trades must not use them up. Only what IB tells by itself
    shortens the pause again."""
    node = data_node(gateway, recorder, retry_after=10.0)
    await node.connect()
    request_id = await kept_minutes(node, gateway)
    [stream] = node.data._registry
    stream.retry.plan(0.0)
    answer_bars(gateway, request_id, [bar_fields(1709562600)])
    await recorder.until(lambda: recorder.bars)
    assert not stream.retry.take(10.0)  # it was answered, so it needs no other try
    stream.retry.plan(0.0)
    assert not stream.retry.take(19.0)
    update_bar(gateway, request_id, 1709562660, close=10.1)
    await recorder.until(lambda: len(recorder.bars) > 1)
    stream.retry.plan(0.0)
    assert stream.retry.take(10.0)
    node.drop()


async def test_a_stream_that_finds_ib_too_slow_is_stale_and_is_asked_for_again(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = data_node(gateway, recorder, history_deadline=0.05, retry_after=0.05)
    await node.connect()
    request_id = await kept_minutes(node, gateway)
    status = await recorder.until(lambda: recorder.stream_statuses and recorder.stream_statuses[0])
    assert (status.is_stale, status.stream) == (True, StreamKind.BARS)
    assert "did not answer" in status.reason
    assert (await gateway.next(STOP_HISTORY))[1] == request_id
    node.drop()


async def test_a_stream_that_ib_refuses_is_stale_with_ib_s_words(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    request_id = await kept_minutes(node, gateway)
    gateway.error(request_id, 162, "Historical Market Data Service error message:No market data permissions for NYSE")
    status = await recorder.until(lambda: recorder.stream_statuses and recorder.stream_statuses[0])
    assert "No market data permissions for NYSE (IB 162)" in status.reason


async def test_a_stream_that_ib_ends_is_opened_again(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.data.subscribe_bars(AAPL)
    first = (await gateway.next(FIVE_SECOND_BARS))[2]
    gateway.error(first, 10225, "Bust event occurred, current subscription is deactivated.")
    again = (await gateway.next(FIVE_SECOND_BARS))[2]
    gateway.say(50, 3, again, 1709562600, 10.0, 11.0, 9.5, 10.5, 300, 10.2, 4)
    await recorder.until(lambda: recorder.bars)
    assert again != first


async def test_two_wishes_for_the_same_bars_share_a_stream_and_others_don_t(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    node.data.subscribe_bars(AAPL, subscriber=1)
    node.data.subscribe_bars(AAPL, subscriber=2)
    node.data.subscribe_bars(AAPL, what_to_show=WhatToShow.BID)
    await gateway.next(FIVE_SECOND_BARS)
    await gateway.next(FIVE_SECOND_BARS)
    node.data.unsubscribe_bars(AAPL, subscriber=1)
    await whatever_was_sent_has_arrived(node, gateway)
    assert received(gateway, FIVE_SECOND_BARS) == received(gateway, STOP_FIVE_SECOND_BARS) == []


@pytest.mark.parametrize(
    ("size", "what"),
    [(BarSize.SECOND, None), (BarSize.MINUTE, WhatToShow.BID_ASK), (BarSize.MINUTE, WhatToShow.ADJUSTED_LAST)],
)
async def test_bars_that_ib_does_not_keep_are_refused_with_a_sentence(
    node: TradingNode, size: BarSize, what: WhatToShow | None
) -> None:
    with pytest.raises(SubscriptionRefused, match="keeps no bars of"):
        node.data.subscribe_bars(AAPL, bar_size=size, what_to_show=what)


async def test_five_second_bars_that_ib_finds_too_fast_are_asked_for_again(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = data_node(gateway, recorder, retry_after=0.02)
    await node.connect()
    node.data.subscribe_bars(AAPL)
    refused = (await gateway.next(FIVE_SECOND_BARS))[2]
    gateway.error(refused, 420, "Invalid Real-time Query:Historical data request pacing violation")
    again = (await gateway.next(FIVE_SECOND_BARS))[2]
    gateway.say(50, 3, again, 1709562600, 10.0, 11.0, 9.5, 10.5, 300, 10.2, 4)
    await recorder.until(lambda: recorder.bars)
    assert [status.is_stale for status in recorder.stream_statuses] == [True, False]
    node.drop()
