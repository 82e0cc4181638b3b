"""Books."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from brokers.domain import Depth, DepthLevel, StreamKind
from brokers.node import TradingNode
from brokers.refusals import SubscriptionRefused
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.market import DEPTH, STOP_DEPTH, data_node
from tests.brokers.words.stage import AAPL, received, whatever_was_sent_has_arrived

INSERT, UPDATE, DELETE = 0, 1, 2
ASK, BID = 0, 1


def row(
    gateway: ScriptedGateway, request_id: str, place: int, operation: int, side: int, at: float = 0, size: float = 0
) -> None:
    gateway.say(12, 1, request_id, place, operation, side, at, size)


async def book(node: TradingNode, gateway: ScriptedGateway) -> str:
    """Two rows on each side; the request's id."""
    node.data.subscribe_depth(AAPL)
    request_id = (await gateway.next(DEPTH))[2]
    row(gateway, request_id, 0, INSERT, BID, 189.4, 100)
    row(gateway, request_id, 1, INSERT, BID, 189.3, 200)
    row(gateway, request_id, 0, INSERT, ASK, 189.6, 300)
    row(gateway, request_id, 1, INSERT, ASK, 189.7, 400)
    return request_id


async def shows(recorder: Recorder, bids: list[tuple[str, int]], asks: list[tuple[str, int]]) -> Depth:
    def sides(depth: Depth) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
        return (
            [(str(level.price), int(level.size)) for level in depth.bids],
            [(str(level.price), int(level.size)) for level in depth.asks],
        )

    return await recorder.until(
        lambda: recorder.depths and sides(recorder.depths[-1]) == (bids, asks) and recorder.depths[-1]
    )


async def test_rows_come_are_changed_and_go_by_their_place(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    request_id = await book(node, gateway)
    await shows(recorder, [("189.4", 100), ("189.3", 200)], [("189.6", 300), ("189.7", 400)])
    row(gateway, request_id, 0, INSERT, BID, 189.5, 10)
    row(gateway, request_id, 1, UPDATE, BID, 189.4, 90)
    row(gateway, request_id, 0, DELETE, ASK)
    await shows(recorder, [("189.5", 10), ("189.4", 90), ("189.3", 200)], [("189.7", 400)])


async def test_a_row_at_a_place_that_can_t_be_is_left_out_and_the_next_one_is_heard(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    request_id = await book(node, gateway)
    for place in (-1, 3, 99):
        row(gateway, request_id, place, UPDATE, BID, 1.0, 1)
        row(gateway, request_id, place, DELETE, ASK)
    row(gateway, request_id, 2, DELETE, ASK)
    row(gateway, request_id, 0, 7, ASK, 1.0, 1)
    row(gateway, request_id, 0, INSERT, 5, 1.0, 1)
    row(gateway, request_id, 2, UPDATE, BID, 189.2, 1)
    await shows(recorder, [("189.4", 100), ("189.3", 200), ("189.2", 1)], [("189.6", 300), ("189.7", 400)])
    assert recorder.notices == []


async def test_a_book_that_ib_resets_is_empty_until_its_new_rows_come(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    request_id = await book(node, gateway)
    await shows(recorder, [("189.4", 100), ("189.3", 200)], [("189.6", 300), ("189.7", 400)])
    gateway.error(request_id, 317, "Market depth data has been RESET. Please empty deep book contents.")
    await shows(recorder, [], [])
    row(gateway, request_id, 0, INSERT, BID, 189.1, 5)
    await shows(recorder, [("189.1", 5)], [])


async def test_market_makers_are_named(node: TradingNode, gateway: ScriptedGateway, recorder: Recorder) -> None:
    node.data.subscribe_depth(AAPL)
    request_id = (await gateway.next(DEPTH))[2]
    gateway.say(13, 1, request_id, 0, "ARCA", INSERT, BID, 189.4, 100, 1)
    depth = await recorder.until(lambda: recorder.depths and recorder.depths[-1])
    assert depth.bids == (DepthLevel(price=Decimal("189.4"), size=Decimal(100), market_maker="ARCA"),)


async def test_smart_depth_is_asked_for_on_smart_alone(node: TradingNode, gateway: ScriptedGateway) -> None:
    node.data.subscribe_depth(AAPL)
    assert (await gateway.next(DEPTH))[-3:] == ["10", "1", ""]
    node.data.subscribe_depth(replace(AAPL, con_id=1, exchange="ISLAND"))
    assert (await gateway.next(DEPTH))[-3:] == ["10", "0", ""]


async def test_a_fourth_book_is_refused_before_ib_does(node: TradingNode, gateway: ScriptedGateway) -> None:
    for con_id in range(1, 4):
        node.data.subscribe_depth(replace(AAPL, con_id=con_id))
    with pytest.raises(SubscriptionRefused, match="shows 3 books at a time"):
        node.data.subscribe_depth(AAPL)
    node.data.unsubscribe_depth(1)
    node.data.subscribe_depth(AAPL)
    await whatever_was_sent_has_arrived(node, gateway)
    assert len(received(gateway, DEPTH)) == 4
    assert len(received(gateway, STOP_DEPTH)) == 1


async def test_a_book_that_ib_refuses_for_its_number_is_closed_and_that_is_told(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = data_node(gateway, recorder, depth_streams=5)
    await node.connect()
    for con_id in range(1, 5):
        node.data.subscribe_depth(replace(AAPL, con_id=con_id))
    fourth = await gateway.next(DEPTH, having=lambda fields: fields[3] == "4")
    gateway.error(fourth[2], 309, "Max number (3) of market depth requests has been reached.")
    status = await recorder.until(lambda: recorder.stream_statuses and recorder.stream_statuses[0])
    assert (status.con_id, status.is_stale, status.stream) == (4, True, StreamKind.DEPTH)
    assert [notice.code for notice in recorder.notices] == [309]
    with pytest.raises(SubscriptionRefused, match="shows 3 books"):
        node.data.subscribe_depth(AAPL)
    node.drop()


async def test_a_book_begins_anew_when_ib_has_lost_it(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    await book(node, gateway)
    gateway.error(-1, 1101)
    again = (await gateway.next(DEPTH))[2]
    row(gateway, again, 0, INSERT, BID, 189.0, 1)
    await shows(recorder, [("189", 1)], [])


async def test_a_book_that_ib_doesn_t_have_is_said_so_and_not_asked_for_again(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = data_node(gateway, recorder, retry_after=0.02)
    await node.connect()
    node.data.subscribe_depth(AAPL)
    words = "Deep market data is not supported for this combination of security type/exchange"
    gateway.error((await gateway.next(DEPTH))[2], 10092, words)
    status = await recorder.until(lambda: recorder.stream_statuses and recorder.stream_statuses[0])
    assert (status.is_stale, status.stream) == (True, StreamKind.DEPTH)
    assert f"{words} (IB 10092)" in status.reason
    await whatever_was_sent_has_arrived(node, gateway)
    assert received(gateway, DEPTH) == []
    node.drop()
