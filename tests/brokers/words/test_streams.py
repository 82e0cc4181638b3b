"""Quote streams: shared, labelled, refused and taken up again."""

from __future__ import annotations

import logging
from dataclasses import replace
from decimal import Decimal

import pytest

from brokers.domain import MarketDataType
from brokers.listener import LinkState
from brokers.node import TradingNode
from brokers.refusals import LinkLost, SubscriptionRefused
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.market import (
    MARKET_DATA_TYPE,
    MSFT,
    STOP_MARKET_DATA,
    TICK_BY_TICK,
    closed,
    data_node,
    price,
    quotes_of,
    ticking,
)
from tests.brokers.words.stage import AAPL, MARKET_DATA, received, whatever_was_sent_has_arrived

NOT_SUBSCRIBED = "Requested market data is not subscribed. Delayed market data is available."
COMPETING = "No market data during competing live session"


async def test_a_stream_that_two_want_lives_until_both_have_left(node: TradingNode, gateway: ScriptedGateway) -> None:
    node.data.subscribe_quotes(AAPL, subscriber="a screen")
    node.data.subscribe_quotes(AAPL, subscriber="a position")
    request_id = (await gateway.next(MARKET_DATA))[2]
    node.data.unsubscribe_quotes(AAPL.con_id, subscriber="a screen")
    node.data.unsubscribe_quotes(AAPL.con_id, subscriber="a stranger")
    await whatever_was_sent_has_arrived(node, gateway)
    assert received(gateway, MARKET_DATA) == received(gateway, STOP_MARKET_DATA) == []
    assert node.data.subscribed == {AAPL.con_id}
    node.data.unsubscribe_quotes(AAPL.con_id, subscriber="a position")
    assert (await gateway.next(STOP_MARKET_DATA))[2] == request_id
    assert node.data.subscribed == frozenset()


async def test_one_who_wishes_twice_counts_once(node: TradingNode, gateway: ScriptedGateway) -> None:
    node.data.subscribe_quotes(AAPL)
    node.data.subscribe_quotes(AAPL)
    node.data.unsubscribe_quotes(AAPL.con_id)
    await gateway.next(STOP_MARKET_DATA)
    assert node.data.subscribed == frozenset()


async def test_no_quote_is_told_before_ib_has_said_of_what_kind_it_is(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.data.subscribe_quotes(AAPL)
    request_id = (await gateway.next(MARKET_DATA))[2]
    price(gateway, request_id, 1, 189.4, 100)
    other = await quotes_of(node, gateway, MSFT)
    price(gateway, other, 1, 400.0, 1)
    await recorder.until(lambda: recorder.quotes)
    assert {quote.con_id for quote in recorder.quotes} == {MSFT.con_id}
    gateway.say(58, 1, request_id, 2)
    quote = await recorder.until(lambda: next((one for one in recorder.quotes if one.con_id == AAPL.con_id), None))
    assert (quote.bid, quote.market_data_type) == (Decimal("189.4"), MarketDataType.FROZEN)
    assert recorder.notices == []


@pytest.mark.parametrize(("number", "kind"), list(enumerate(MarketDataType, 1)))
async def test_a_quote_is_labelled_by_what_came_and_not_by_what_was_asked(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, number: int, kind: MarketDataType
) -> None:
    request_id = await quotes_of(node, gateway, kind=number)
    price(gateway, request_id, 1, 189.4, 100)
    assert (await recorder.until(lambda: recorder.quotes and recorder.quotes[0])).market_data_type is kind
    assert (await gateway.next(MARKET_DATA_TYPE))[2] == "1"


async def test_a_kind_that_changes_while_it_streams_is_told(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    request_id = await quotes_of(node, gateway)
    price(gateway, request_id, 1, 189.4, 100)
    gateway.say(58, 1, request_id, 2)
    await recorder.until(lambda: recorder.quotes and recorder.quotes[-1].market_data_type is MarketDataType.FROZEN)


async def test_a_word_of_the_kind_alone_is_no_quote(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    await quotes_of(node, gateway)
    price(gateway, await quotes_of(node, gateway, MSFT), 1, 400.0, 1)
    await recorder.until(lambda: recorder.quotes)
    assert {quote.con_id for quote in recorder.quotes} == {MSFT.con_id}


@pytest.mark.parametrize("code", [354, 10089, 10168, 10186])
async def test_data_that_is_not_subscribed_is_said_so_with_an_offer(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, code: int
) -> None:
    gateway.error(await quotes_of(node, gateway), code, NOT_SUBSCRIBED)
    status = await recorder.until(lambda: recorder.stream_statuses and recorder.stream_statuses[0])
    assert (status.con_id, status.is_stale) == (AAPL.con_id, True)
    assert f"{NOT_SUBSCRIBED} (IB {code})" in status.reason
    assert "`delayed_when_not_subscribed`" in status.reason
    assert [notice.code for notice in recorder.notices] == [code]
    await whatever_was_sent_has_arrived(node, gateway)
    assert received(gateway, MARKET_DATA) == []


@pytest.mark.parametrize("code", [354, 10089, 10168, 10186])
async def test_delayed_data_is_asked_for_instead_for_that_instrument_alone(
    gateway: ScriptedGateway, recorder: Recorder, code: int
) -> None:
    node = data_node(gateway, recorder, delayed_when_not_subscribed=True)
    await node.connect()
    gateway.error(await quotes_of(node, gateway), code, NOT_SUBSCRIBED)
    again = (await gateway.next(MARKET_DATA))[2]
    assert [fields[2] for fields in received(gateway, MARKET_DATA_TYPE)] == ["1", "3"]
    gateway.error(again, 10167, "Requested market data is not subscribed. Displaying delayed market data.")
    gateway.say(58, 1, again, 3)
    price(gateway, again, 66, 189.4, 100)
    quote = await recorder.until(lambda: recorder.quotes and recorder.quotes[0])
    assert quote.market_data_type is MarketDataType.DELAYED
    assert [notice.code for notice in recorder.notices] == [code, 10167]
    assert recorder.stream_statuses == []
    node.data.subscribe_quotes(MSFT)
    await gateway.next(MARKET_DATA)
    assert [fields[2] for fields in received(gateway, MARKET_DATA_TYPE)] == ["1", "3", "1"]
    node.drop()


async def test_data_that_is_not_even_to_be_had_delayed_is_asked_for_no_third_time(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = data_node(gateway, recorder, delayed_when_not_subscribed=True)
    await node.connect()
    gateway.error(await quotes_of(node, gateway), 354, NOT_SUBSCRIBED)
    gateway.error((await gateway.next(MARKET_DATA))[2], 354, NOT_SUBSCRIBED)
    status = await recorder.until(lambda: recorder.stream_statuses and recorder.stream_statuses[0])
    assert "not even delayed data" in status.reason
    node.drop()


async def test_a_stream_that_ib_has_no_line_for_is_closed_and_the_next_is_refused_before_ib(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    for con_id in (1, 2):
        node.data.subscribe_quotes(replace(AAPL, con_id=con_id))
    request_id = await quotes_of(node, gateway)
    third = await gateway.next(MARKET_DATA)
    gateway.error(request_id if str(AAPL.con_id) in third else third[2], 101, "Max number of tickers has been reached")
    status = await recorder.until(lambda: recorder.stream_statuses and recorder.stream_statuses[0])
    assert status.is_stale
    assert "(IB 101)" in status.reason
    assert status.con_id not in node.data.subscribed
    with pytest.raises(SubscriptionRefused, match="All 2 market data lines"):
        node.data.subscribe_quotes(MSFT)
    node.data.unsubscribe_quotes(status.con_id)


async def test_a_contract_that_is_unknown_at_night_is_asked_for_again_later(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = data_node(gateway, recorder, retry_after=0.02)
    await node.connect()
    gateway.error(await quotes_of(node, gateway), 200, "No security definition has been found for the request")
    again = (await gateway.next(MARKET_DATA))[2]
    gateway.error(again, 200, "No security definition has been found for the request")
    third = (await gateway.next(MARKET_DATA))[2]
    gateway.say(58, 1, third, 1)
    price(gateway, third, 1, 189.4, 100)
    await recorder.until(lambda: recorder.quotes)
    assert [status.is_stale for status in recorder.stream_statuses] == [True, False]
    assert node.data.subscribed == {AAPL.con_id}
    node.drop()


@pytest.mark.parametrize("code", [300, 310, 366])
async def test_an_answer_to_a_cancel_of_nothing_is_ignored(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, code: int
) -> None:
    request_id = await quotes_of(node, gateway)
    node.data.unsubscribe_quotes(AAPL.con_id)
    gateway.error((await gateway.next(STOP_MARKET_DATA))[2], code, "Can't find EId with tickerId")
    other = await quotes_of(node, gateway, MSFT)
    gateway.error(other, code, "Can't find EId with tickerId")
    price(gateway, request_id, 1, 1.0, 1)
    price(gateway, other, 1, 400.0, 1)
    await recorder.until(lambda: recorder.quotes)
    assert recorder.notices == recorder.stream_statuses == []


async def test_an_unknown_code_about_a_stream_is_a_notice_and_ends_nothing(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    request_id = await quotes_of(node, gateway)
    gateway.error(request_id, 10090, "Part of requested market data is not subscribed.")
    price(gateway, request_id, 1, 189.4, 100)
    await recorder.until(lambda: recorder.quotes)
    assert [(notice.code, notice.con_id) for notice in recorder.notices] == [(10090, AAPL.con_id)]


async def test_more_than_fifty_messages_a_second_is_our_fault_and_is_logged_as_such(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        gateway.error(await quotes_of(node, gateway), 100, "Max rate of messages per second has been exceeded")
        gateway.error(-1, 100, "Max rate of messages per second has been exceeded")
        await recorder.until(lambda: len(recorder.notices) == 2)
    assert caplog.text.count("more than 50 messages a second") == 2


async def test_nothing_is_subscribed_without_a_connection(node: TradingNode) -> None:
    node.drop()
    with pytest.raises(LinkLost):
        node.data.subscribe_quotes(AAPL)
    assert node.data.subscribed == frozenset()


async def test_a_name_that_can_t_be_sent_takes_no_line(node: TradingNode) -> None:
    with pytest.raises(SubscriptionRefused, match="control character"):
        node.data.subscribe_quotes(replace(AAPL, symbol="AA\0PL"))
    assert node.data.subscribed == frozenset()


# A competing session


async def test_a_competing_session_is_over_when_its_stream_ticks_and_not_when_another_does(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    taken, other = await quotes_of(node, gateway), await quotes_of(node, gateway, MSFT)
    price(gateway, taken, 1, 189.3, 100)
    gateway.error(taken, 10197, COMPETING)
    await recorder.until(lambda: node.link is LinkState.COMPETING)
    price(gateway, other, 1, 400.0, 1)
    await recorder.until(lambda: [quote for quote in recorder.quotes if quote.con_id == MSFT.con_id])
    assert node.link is LinkState.COMPETING
    price(gateway, taken, 1, 189.4, 100)
    await recorder.until(lambda: node.link is LinkState.UP)
    assert [(status.con_id, status.is_stale) for status in recorder.stream_statuses] == [
        (AAPL.con_id, True),
        (AAPL.con_id, False),
    ]


async def test_one_stream_asks_now_and_then_whether_the_other_session_has_ended_and_then_all_follow(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = data_node(gateway, recorder, retry_after=0.02)
    await node.connect()
    for instrument in (AAPL, MSFT):
        gateway.error(await quotes_of(node, gateway, instrument), 10197, COMPETING)
    await recorder.until(lambda: len(recorder.stream_statuses) == 2)
    for _ in range(2):
        probe = await gateway.next(MARKET_DATA)
        assert str(AAPL.con_id) in probe
        gateway.error(probe[2], 10197, COMPETING)
    async with ticking(gateway, (await gateway.next(MARKET_DATA))[2]):
        await recorder.until(lambda: node.link is LinkState.UP)
        await recorder.until(lambda: len({quote.con_id for quote in recorder.quotes}) == 2)
    assert [notice.code for notice in recorder.notices] == [10197, 10197]
    assert recorder.links == [LinkState.UP, LinkState.COMPETING, LinkState.UP]
    node.drop()


async def test_a_competing_session_is_forgotten_with_the_last_stream_that_it_took(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = data_node(gateway, recorder, stale_after=0.02)
    await node.connect()
    gateway.error(await quotes_of(node, gateway, closed()), 10197, COMPETING)
    await recorder.until(lambda: node.link is LinkState.COMPETING)
    node.data.unsubscribe_quotes(AAPL.con_id)
    await recorder.until(lambda: node.link is LinkState.UP)
    node.drop()


async def test_trades_that_another_session_takes_are_said_so(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.data.subscribe_trades(AAPL)
    gateway.error((await gateway.next(TICK_BY_TICK))[1], 10197, COMPETING)
    await recorder.until(lambda: node.link is LinkState.COMPETING)


async def test_a_competing_session_that_ib_says_of_no_stream_is_asked_about_and_over_with_the_first_tick(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = data_node(gateway, recorder, retry_after=0.05)
    await node.connect()
    await quotes_of(node, gateway, closed())
    gateway.error(-1, 10197, COMPETING)
    await recorder.until(lambda: node.link is LinkState.COMPETING)
    async with ticking(gateway, (await gateway.next(MARKET_DATA))[2]):
        await recorder.until(lambda: node.link is LinkState.UP)
    node.drop()
