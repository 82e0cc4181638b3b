"""Broken bytes and broken listeners."""

from __future__ import annotations

import asyncio
import logging
import struct
from decimal import Decimal

import pytest
from ib_insync import IB
from ib_insync.decoder import Decoder
from ib_insync.wrapper import Wrapper

from brokers.domain import Quote
from brokers.node import TradingNode
from brokers.refusals import LinkLost
from tests.brokers.recorder import DEADLINE, Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import AAPL, DETAILS, MARKET_DATA, node_at

SCANNER_PARAMETERS = 19
# Ends without a field, which can't be spoiled; and what this library doesn't listen to.
WITHOUT_FIELDS = {53, 62, 102}
UNHEARD = {65, 66, 67, 68, 69, 70, 91, 92, 100, 103}
KINDS = sorted(Decoder(Wrapper(IB()), 176).handlers.keys() - WITHOUT_FIELDS - UNHEARD)


async def test_a_message_that_can_t_be_read_is_told_and_the_next_one_is_heard(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.execution(1, "0001.01", time="yesterday")
    gateway.execution(1, "0002.01", request=-1)
    gateway.answer_details((await gateway.next(DETAILS))[2])
    await recorder.until(lambda: recorder.executions)
    assert [report.exec_id for report in recorder.executions] == ["0002.01"]
    assert "could not be read" in recorder.notices[0].message


async def test_no_kind_of_message_can_be_lost_unread_without_being_told_and_counted(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = node_at(gateway, recorder, unreadable_limit=len(KINDS) + 1)
    await node.connect()
    for kind in KINDS:
        gateway.say(kind, "neither a number nor enough")
    gateway.say("no kind at all")
    with pytest.raises(LinkLost, match=f"{len(KINDS) + 1} of the gateway's messages could not be read"):
        await asyncio.wait_for(node.wait_closed(), DEADLINE)
    told = [notice.message for notice in recorder.notices]
    assert told == [
        f"The gateway sent a message of kind {kind} that could not be read." for kind in (*KINDS, "no kind at all")
    ]


async def test_an_execution_that_makes_no_sense_is_told_of_and_not_guessed(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.execution(1, "0001.01", side="SIDEWAYS")
    notice = await recorder.until(lambda: recorder.notices and recorder.notices[0])
    assert notice.message == "The gateway sent something about an execution that could not be read."
    assert recorder.executions == []


@pytest.mark.parametrize("announced", [2**25, 2**31 - 1, 2**32 - 1])
async def test_a_frame_of_gigabytes_ends_the_connection_instead_of_filling_the_memory(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, announced: int
) -> None:
    gateway.say_bytes(struct.pack(">I", announced) + b"1\0")
    with pytest.raises(LinkLost):
        await asyncio.wait_for(node.wait_closed(), DEADLINE)
    assert f"{announced} bytes" in recorder.notices[-1].message


async def test_a_message_as_large_as_ib_s_largest_is_read_and_so_is_the_next(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.say(SCANNER_PARAMETERS, 1, "x" * 3_000_000)
    gateway.error(-1, 2170, "said after it")
    await recorder.until(lambda: [notice.message for notice in recorder.notices] == ["said after it"])


class Failing(Recorder):
    def on_quote(self, quote: Quote) -> None:
        super().on_quote(quote)
        raise RuntimeError("a fault of the listener's")


async def test_a_listener_that_fails_is_logged_with_what_it_was_told_and_stops_nothing(
    gateway: ScriptedGateway, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Failing()
    node = node_at(gateway, recorder)
    await node.connect()
    node.data.subscribe_quotes(AAPL)
    request_id = (await gateway.next(MARKET_DATA))[2]
    gateway.say(58, 1, request_id, 1)
    with caplog.at_level(logging.ERROR):
        gateway.say(1, 6, request_id, 1, 189.5, 100, 0)
        await recorder.until(lambda: recorder.quotes)
        gateway.say(1, 6, request_id, 1, 189.6, 100, 0)
        await recorder.until(lambda: recorder.quotes[-1].bid == Decimal("189.6"))
    assert "a fault of the listener's" in caplog.text
    assert "con_id=265598" in caplog.text
    node.drop()
