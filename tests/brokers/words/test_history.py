"""Past bars and ticks: pages, seams, pacing, and silence that is no empty answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from brokers.domain import BarSize, BidAskTick, MidpointTick, TradeTick, WhatToShow
from brokers.node import TradingNode
from brokers.refusals import LinkLost, NoAnswer, RequestRefused
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.market import HISTORY, PAST_TICKS, STOP_HISTORY, answer_bars, bar_fields, data_node, hasty_node
from tests.brokers.words.stage import AAPL, received

END = datetime(2024, 3, 8, 20, 0, tzinfo=UTC)
SECONDS = int(END.timestamp())
NO_DATA = "Historical Market Data Service error message:HMDS query returned no data: AAPL@SMART Trades"
TOO_FAST = "Historical Market Data Service error message:Historical data request pacing violation"


def bars(node: TradingNode, span: timedelta, size: BarSize = BarSize.MINUTE, **options: Any) -> asyncio.Task[Any]:
    asked: Awaitable[Any] = node.data.historical_bars(AAPL, END - span, END, size, **options)
    return asyncio.ensure_future(asked)


def ticks(node: TradingNode, span: timedelta, what: WhatToShow | None = None) -> asyncio.Task[Any]:
    return asyncio.ensure_future(node.data.historical_ticks(AAPL, END - span, END, what))


def trades(gateway: ScriptedGateway, request_id: str, *said: tuple[int, float]) -> None:
    """An answer of trades: seconds before the end, price."""
    fields = [field for ago, price in said for field in (SECONDS - ago, 0, price, 100, "ARCA", "")]
    gateway.say(98, request_id, len(said), *fields, 1)


async def test_one_page_of_bars_has_exact_prices_times_in_utc_and_what_was_asked(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    asking = bars(node, timedelta(minutes=2))
    asked = await gateway.next(HISTORY)
    assert asked[-9:] == ["0", "20240308 20:00:00 UTC", "1 min", "120 S", "0", "TRADES", "2", "0", ""]
    answer_bars(gateway, asked[1], [bar_fields(SECONDS - 120), bar_fields(SECONDS - 60, close=10.6)])
    first, second = await asking
    assert first.at == END - timedelta(minutes=2)
    assert (first.open, first.high, first.low, first.close) == (10, 11, Decimal("9.5"), Decimal("10.5"))
    assert (first.volume, first.wap, first.trades, first.is_complete) == (100, Decimal("10.2"), 7, True)
    assert (second.close, second.bar_size, second.what_to_show) == (Decimal("10.6"), BarSize.MINUTE, WhatToShow.TRADES)


async def test_more_than_ib_tells_at_once_is_read_page_by_page_and_each_bar_comes_once(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    asking = bars(node, timedelta(days=2))
    newer = await gateway.next(HISTORY)
    assert "1 D" in newer
    seam = SECONDS - 86400
    answer_bars(gateway, newer[1], [bar_fields(seam, close=10.7), bar_fields(SECONDS - 60)])
    older = await gateway.next(HISTORY)
    assert "20240307 20:00:00 UTC" in older
    answer_bars(gateway, older[1], [bar_fields(seam - 90000), bar_fields(seam - 60), bar_fields(seam, close=10.1)])
    found = await asking
    assert [int(bar.at.timestamp()) - seam for bar in found] == [-60, 0, 86340]
    assert found[1].close == Decimal("10.7")


async def test_a_page_in_which_nothing_traded_is_passed_over(node: TradingNode, gateway: ScriptedGateway) -> None:
    asking = bars(node, timedelta(days=2))
    gateway.error((await gateway.next(HISTORY))[1], 162, NO_DATA)
    older = await gateway.next(HISTORY)
    assert "20240307 20:00:00 UTC" in older
    answer_bars(gateway, older[1], [bar_fields(SECONDS - 2 * 86400)])
    assert [bar.at for bar in await asking] == [END - timedelta(days=2)]


async def test_no_data_is_an_empty_answer_and_no_error(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    asking = bars(node, timedelta(minutes=2))
    gateway.error((await gateway.next(HISTORY))[1], 162, NO_DATA)
    assert await asking == []
    assert recorder.notices == []


async def test_silence_is_no_answer_and_never_an_empty_one(node: TradingNode, gateway: ScriptedGateway) -> None:
    asking = bars(node, timedelta(minutes=2), deadline=0.05)
    with pytest.raises(NoAnswer, match=r"all bars of 1 min of AAPL within 0\.05 s"):
        await asking
    asked = await gateway.next(HISTORY)
    assert (await gateway.next(STOP_HISTORY))[1] == asked[1]


async def test_a_question_that_ib_finds_too_fast_is_asked_again_after_a_pause(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = hasty_node(gateway, recorder, history_pause=0.05)
    await node.connect()
    asking = bars(node, timedelta(minutes=2))
    gateway.error((await gateway.next(HISTORY))[1], 162, TOO_FAST)
    answer_bars(gateway, (await gateway.next(HISTORY))[1], [bar_fields(SECONDS - 60)])
    assert len(await asking) == 1
    node.drop()


async def test_what_ib_finds_too_fast_for_too_long_is_no_answer(gateway: ScriptedGateway, recorder: Recorder) -> None:
    node = data_node(gateway, recorder, history_pause=60.0)
    await node.connect()
    asking = bars(node, timedelta(minutes=2), deadline=0.1)
    gateway.error((await gateway.next(HISTORY))[1], 162, TOO_FAST)
    with pytest.raises(NoAnswer):
        await asking
    node.drop()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (162, "API historical data query cancelled: 3"),
        (162, "Historical Market Data Service error message:No market data permissions for NYSE STK"),
        (200, "No security definition has been found for the request"),
    ],
)
async def test_any_other_refusal_is_raised_with_ib_s_words(
    node: TradingNode, gateway: ScriptedGateway, code: int, words: str
) -> None:
    asking = bars(node, timedelta(minutes=2))
    gateway.error((await gateway.next(HISTORY))[1], code, words)
    with pytest.raises(RequestRefused, match=words[-20:]) as raised:
        await asking
    assert raised.value.code == code


async def test_a_link_that_ends_ends_the_question(node: TradingNode, gateway: ScriptedGateway) -> None:
    asking = bars(node, timedelta(minutes=2))
    await gateway.next(HISTORY)
    gateway.hang_up()
    with pytest.raises(LinkLost):
        await asyncio.wait_for(asking, 5)


async def test_a_bar_that_the_end_cuts_is_not_complete(node: TradingNode, gateway: ScriptedGateway) -> None:
    asking = bars(node, timedelta(hours=2), BarSize.HOUR)
    answer_bars(gateway, (await gateway.next(HISTORY))[1], [bar_fields(SECONDS - 7200), bar_fields(SECONDS - 1800)])
    assert [bar.is_complete for bar in await asking] == [True, False]


async def test_a_day_begins_at_midnight_of_its_exchange(node: TradingNode, gateway: ScriptedGateway) -> None:
    asking = bars(node, timedelta(days=3), BarSize.DAY)
    asked = await gateway.next(HISTORY)
    assert "3 D" in asked
    answer_bars(gateway, asked[1], [bar_fields("20240306"), bar_fields("20240307")])
    assert [bar.at for bar in await asking] == [datetime(2024, 3, 6, tzinfo=UTC), datetime(2024, 3, 7, tzinfo=UTC)]


async def test_trades_of_the_past_are_read_page_by_page_and_twins_stay_two(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    asking = ticks(node, timedelta(minutes=1))
    first = await gateway.next(PAST_TICKS)
    assert first[-7:] == ["20240308 19:59:00 UTC", "", "1000", "TRADES", "0", "0", ""]
    trades(gateway, first[1], (60, 10.0), (30, 10.1), (30, 10.1))
    second = await gateway.next(PAST_TICKS)
    assert "20240308 19:59:30 UTC" in second
    trades(gateway, second[1], (30, 10.1), (30, 10.1), (30, 10.2), (10, 10.3))
    third = await gateway.next(PAST_TICKS)
    assert "20240308 19:59:50 UTC" in third
    trades(gateway, third[1], (10, 10.3), (0, 99.9))
    found = await asking
    assert [(int((END - tick.at).total_seconds()), str(tick.price)) for tick in found] == [
        (60, "10"), (30, "10.1"), (30, "10.1"), (30, "10.2"), (10, "10.3"),
    ]  # fmt: skip
    assert {(type(tick), tick.size, tick.exchange) for tick in found} == {(TradeTick, Decimal(100), "ARCA")}


async def test_past_bids_and_asks_of_minus_one_are_none(node: TradingNode, gateway: ScriptedGateway) -> None:
    asking = ticks(node, timedelta(minutes=1), WhatToShow.BID_ASK)
    asked = await gateway.next(PAST_TICKS)
    gateway.say(97, asked[1], 1, SECONDS - 30, 0, -1, 10.2, 0, 300, 1)
    gateway.say(97, (await gateway.next(PAST_TICKS))[1], 0, 1)
    (tick,) = await asking
    assert tick == BidAskTick(AAPL.con_id, END - timedelta(seconds=30), None, None, Decimal("10.2"), Decimal(300))


async def test_past_midpoints_are_prices(node: TradingNode, gateway: ScriptedGateway) -> None:
    asking = ticks(node, timedelta(minutes=1), WhatToShow.MIDPOINT)
    gateway.say(96, (await gateway.next(PAST_TICKS))[1], 1, SECONDS - 30, 0, 10.25, 0, 1)
    gateway.say(96, (await gateway.next(PAST_TICKS))[1], 0, 1)
    assert await asking == [MidpointTick(AAPL.con_id, END - timedelta(seconds=30), Decimal("10.25"))]


async def test_a_session_without_ticks_is_passed_over_by_the_hour(node: TradingNode, gateway: ScriptedGateway) -> None:
    asking = ticks(node, timedelta(hours=2))
    gateway.say(98, (await gateway.next(PAST_TICKS))[1], 0, 1)
    later = await gateway.next(PAST_TICKS)
    assert "20240308 19:00:00 UTC" in later
    gateway.say(98, later[1], 0, 1)
    assert await asking == []


async def test_what_can_t_be_meant_is_refused_before_a_byte_leaves(node: TradingNode, gateway: ScriptedGateway) -> None:
    naive = END.replace(tzinfo=None)
    with pytest.raises(ValueError, match="has no time zone"):
        await node.data.historical_bars(AAPL, naive, naive, BarSize.MINUTE)
    with pytest.raises(ValueError, match="none of ASK"):
        await node.data.historical_ticks(AAPL, END, END, WhatToShow.ASK)
    assert await node.data.historical_bars(AAPL, END, END, BarSize.MINUTE) == []
    assert received(gateway, HISTORY) == []


@pytest.mark.parametrize("later", [timedelta(), timedelta(hours=1)])
async def test_adjusted_bars_are_asked_for_without_an_end_and_all_at_once(
    node: TradingNode, gateway: ScriptedGateway, later: timedelta
) -> None:
    now = datetime.now(UTC)
    start = now - timedelta(days=90)
    reading: Awaitable[Any] = node.data.historical_bars(
        AAPL, start, now + later, BarSize.HOUR, WhatToShow.ADJUSTED_LAST
    )
    asking = asyncio.ensure_future(reading)
    asked = await gateway.next(HISTORY)
    assert asked[-9:] == ["0", "", "1 hour", "91 D", "0", "ADJUSTED_LAST", "2", "0", ""]
    seconds = int(now.timestamp()) - 7200
    before = int(start.timestamp()) - 3600  # IB counts in trading days, so it looks further back
    answer_bars(gateway, asked[1], [bar_fields(before), bar_fields(seconds - 3600), bar_fields(seconds)])
    assert [int(bar.at.timestamp()) for bar in await asking] == [seconds - 3600, seconds]
    assert not received(gateway, HISTORY)


async def test_adjusted_bars_until_an_earlier_day_are_refused_in_a_sentence(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    with pytest.raises(ValueError, match="tells bars of ADJUSTED_LAST up to now alone, and not until 2024-03-08"):
        await bars(node, timedelta(days=1), what_to_show=WhatToShow.ADJUSTED_LAST)
    assert not received(gateway, HISTORY)


async def test_a_refusal_of_past_ticks_says_that_it_is_of_ticks(node: TradingNode, gateway: ScriptedGateway) -> None:
    asking = ticks(node, timedelta(minutes=1))
    gateway.error((await gateway.next(PAST_TICKS))[1], 200, "No security definition has been found for the request")
    with pytest.raises(RequestRefused, match=r"^IB refused past ticks of AAPL: "):
        await asking
