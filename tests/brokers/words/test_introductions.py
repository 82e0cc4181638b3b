"""What IB doesn't describe is known by its contract alone, and is asked for again."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from brokers.domain import ComboLeg, Instrument, OrderSide
from brokers.interactive_brokers import contracts
from brokers.interactive_brokers.instruments import introductions
from brokers.interactive_brokers.instruments.combinations import combination
from brokers.node import TradingNode
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.describing import answer, next_request
from tests.brokers.words.stage import AAPL, DETAILS, received, whatever_was_sent_has_arrived

DENIED = "No security definition has been found for the request"


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """What IB doesn't describe may be asked for again at once."""
    monkeypatch.setattr(introductions, "RETRY_AFTER", 0.0)


def held(gateway: ScriptedGateway, size: int) -> None:
    """IB tells a position in AAPL by itself."""
    gateway.say(61, 3, "DU1000001", 265598, "AAPL", "STK", "", 0, "", "", "NASDAQ", "USD", "AAPL", "NMS", size, 10.0)


async def position(recorder: Recorder, size: int) -> None:
    await recorder.until(lambda: [one for one in recorder.positions if one.quantity == size])


async def undescribed(gateway: ScriptedGateway, recorder: Recorder) -> None:
    """A position of ten in what IB denies to know."""
    held(gateway, 10)
    gateway.error((await next_request(gateway))[0], 200, DENIED)
    await position(recorder, 10)


async def test_what_ib_denies_is_introduced_as_its_contract_says_and_once_described_as_it_is(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, eager: None
) -> None:
    await undescribed(gateway, recorder)
    assert [(one.symbol, one.is_described, one.long_name) for one in recorder.instruments] == [("AAPL", False, "")]
    held(gateway, 11)
    await answer(gateway, {})
    await recorder.until(lambda: len(recorder.instruments) == 2)
    assert (recorder.instruments[1].is_described, recorder.instruments[1].long_name) == (True, "APPLE INC")
    held(gateway, 12)
    await position(recorder, 12)
    await whatever_was_sent_has_arrived(node, gateway)
    assert received(gateway, DETAILS) == []


async def test_nothing_waits_for_the_second_question(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, eager: None
) -> None:
    await undescribed(gateway, recorder)
    held(gateway, 11)
    await next_request(gateway)
    await position(recorder, 11)
    held(gateway, 12)
    await position(recorder, 12)
    await whatever_was_sent_has_arrived(node, gateway)
    assert received(gateway, DETAILS) == []  # it's being asked for


async def test_it_is_not_asked_for_again_before_a_pause(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    await undescribed(gateway, recorder)
    held(gateway, 11)
    await position(recorder, 11)
    await whatever_was_sent_has_arrived(node, gateway)
    assert received(gateway, DETAILS) == []


async def test_on_a_new_connection_it_is_asked_for_whatever_the_pause_and_though_nothing_names_it(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    await undescribed(gateway, recorder)
    node.drop()
    await node.connect()
    await answer(gateway, {})
    await recorder.until(lambda: [one for one in recorder.instruments if one.is_described])
    node.drop()
    await node.connect()
    await whatever_was_sent_has_arrived(node, gateway)
    assert received(gateway, DETAILS) == []


async def test_what_stays_denied_is_asked_for_once_more_each_time(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, eager: None
) -> None:
    await undescribed(gateway, recorder)
    for size in (11, 12, 13):
        held(gateway, size)
        gateway.error((await next_request(gateway))[0], 200, DENIED)
        await whatever_was_sent_has_arrived(node, gateway)
    assert [one.is_described for one in recorder.instruments] == [False]


async def test_the_provider_does_not_take_it_for_known(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    await undescribed(gateway, recorder)
    assert node.provider.find(AAPL.con_id) is None
    asking = asyncio.create_task(node.provider.instrument(AAPL.con_id))
    await answer(gateway, {})
    assert (await asking).is_described


async def test_an_owner_that_knows_it_undescribed_makes_nobody_forget_its_description(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.data.subscribe_quotes(AAPL)
    node.data.subscribe_depth(replace(AAPL, long_name="", is_described=False))
    heard: list[Instrument | None] = []
    node._introductions.deliver(contracts.of_instrument(AAPL), heard.append)
    assert [one.is_described for one in heard if one] == [True]


async def test_what_an_owner_gives_undescribed_is_asked_for_when_it_is_named(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.data.subscribe_quotes(replace(AAPL, long_name="", is_described=False))
    held(gateway, 10)
    await position(recorder, 10)
    await answer(gateway, {})
    await recorder.until(lambda: [one.is_described for one in recorder.instruments] == [True])


async def test_what_is_held_back_keeps_its_order_though_another_question_describes_it_first(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    introducing = node._introductions
    bag = combination(
        [ComboLeg(AAPL.con_id, 1, OrderSide.BUY, "SMART")], [AAPL], symbol="AAPL", exchange="SMART", currency="USD"
    )
    heard: list[str] = []
    introducing.deliver(contracts.of_instrument(AAPL), lambda _: heard.append("first"))
    its_own, _ = await next_request(gateway)
    introducing.deliver(contracts.of_instrument(bag), lambda _: heard.append("the combination"))
    await answer(gateway, {})  # the leg of it
    await recorder.until(lambda: len(recorder.instruments) == 2)
    introducing.deliver(contracts.of_instrument(AAPL), lambda _: heard.append("second"))
    assert heard == ["the combination"]
    gateway.error(its_own, 200, DENIED)
    await introducing.settled()
    assert heard == ["the combination", "first", "second"]
    assert [one.is_described for one in recorder.instruments] == [True, True]
