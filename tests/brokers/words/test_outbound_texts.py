"""A NUL inside a text becomes a field of its own on the wire: no text with a control character leaves, in any field."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from ib_insync import ComboLeg, Contract, Order, TagValue

from brokers.config import TradingNodeConfig
from brokers.domain import BarSize, OcaType, WhatToShow
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.link.session import Session
from brokers.node import TradingNode
from brokers.refusals import FilterRefused, OrderRefused
from tests.brokers.recorder import DEADLINE, Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.market import DEPTH, FIVE_SECOND_BARS, HISTORY, TICK_BY_TICK
from tests.brokers.words.stage import (
    AAPL,
    DETAILS,
    MARKET_DATA,
    PLACE,
    REQUEST,
    received,
    whatever_was_sent_has_arrived,
)

TIME = 49
CONTROLS = ["\0", "\n", "\r", "\t", "\x1b", "\x7f", "\x85", "\u200b", "\ud800"]
OF_ORDERS = [field.name for field in fields(Order) if isinstance(field.default, str)]
OF_CONTRACTS = [field.name for field in fields(Contract) if isinstance(field.default, str)]


@pytest.fixture
async def session(gateway: ScriptedGateway, recorder: Recorder) -> AsyncIterator[Session]:
    config = TradingNodeConfig(host="127.0.0.1", port=gateway.port, connect_deadline=DEADLINE)
    connection = InteractiveBrokersConnection(config=config, listener=recorder)
    await connection.connect()
    yield connection.session
    connection.drop()


def marked(names: list[str]) -> dict[str, str]:
    return {name: f"the {name}" for name in names}


def a_leg() -> ComboLeg:
    return ComboLeg(conId=1, ratio=1, action="BUY", exchange="an exchange")


async def place(session: Session, contract: Contract, order: Order | None = None) -> None:
    session.orders.place(contract, order or Order(orderId=5, lmtPrice=1.0, totalQuantity=1))


async def bars(session: Session, contract: Contract) -> None:
    await session.history.bars(
        contract, end=None, span=timedelta(hours=1), bar_size=BarSize.MINUTE,
        what_to_show=WhatToShow.TRADES, regular_hours_only=False,
    )  # fmt: skip


async def five_second_bars(session: Session, contract: Contract) -> None:
    session.market_data.open_five_second_bars(contract, what_to_show=WhatToShow.TRADES, regular_hours_only=False)


async def quotes(session: Session, contract: Contract) -> None:
    session.market_data.open_stream(contract)


async def trades(session: Session, contract: Contract) -> None:
    session.market_data.open_trades(contract)


async def book(session: Session, contract: Contract) -> None:
    session.market_data.open_depth(contract, rows=5, smart=True)


async def details(session: Session, contract: Contract) -> None:
    await session.instruments.contract_details(contract)


REQUESTS = {
    PLACE: place, HISTORY: bars, FIVE_SECOND_BARS: five_second_bars, MARKET_DATA: quotes,
    TICK_BY_TICK: trades, DEPTH: book, DETAILS: details,
}  # fmt: skip


async def sent(gateway: ScriptedGateway, kind: int, asking: Coroutine[Any, Any, None]) -> list[str]:
    """The fields of what is sent; who asks may go on waiting for an answer."""
    task = asyncio.create_task(asking)
    fields = await gateway.next(kind)
    task.cancel()
    await asyncio.wait({task})
    return fields


async def refused(asking: Coroutine[Any, Any, None]) -> None:
    with pytest.raises(ValueError, match="control character, which can't be sent to IB"):
        await asking


async def nothing_of_that_kind_left(session: Session, gateway: ScriptedGateway, kind: int) -> None:
    """An answer would come after whatever has left."""
    asking = asyncio.ensure_future(session.current_time())
    await gateway.next(TIME)
    asking.cancel()
    assert not received(gateway, kind)


async def test_every_text_of_an_order_is_refused_with_a_nul(session: Session, gateway: ScriptedGateway) -> None:
    texts = marked(OF_ORDERS)
    left = await sent(gateway, PLACE, place(session, Contract(), Order(orderId=5, **texts)))
    leaving = [name for name, text in texts.items() if text in left]
    assert {"action", "orderType", "tif", "account", "orderRef", "ocaGroup", "goodTillDate"} <= set(leaving)
    for name in leaving:
        order = Order(orderId=5, **(texts | {name: texts[name] + "\0"}))
        await refused(place(session, Contract(), order))
    await nothing_of_that_kind_left(session, gateway, PLACE)


@pytest.mark.parametrize("kind", REQUESTS)
async def test_every_text_of_a_contract_is_refused_with_a_nul(
    session: Session, gateway: ScriptedGateway, kind: int
) -> None:
    ask, texts = REQUESTS[kind], marked(OF_CONTRACTS)
    left = await sent(gateway, kind, ask(session, Contract(**texts)))
    leaving = [name for name, text in texts.items() if text in left]
    assert {"symbol", "secType", "exchange", "currency", "localSymbol", "tradingClass"} <= set(leaving)
    for name in leaving:
        await refused(ask(session, Contract(**(texts | {name: texts[name] + "\0"}))))
    await nothing_of_that_kind_left(session, gateway, kind)


@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
async def test_every_control_character_is_refused(session: Session, control: str) -> None:
    await refused(place(session, Contract(), Order(orderId=5, orderRef="ours" + control)))


@pytest.mark.parametrize("name", ["action", "exchange"])
@pytest.mark.parametrize("kind", [PLACE, MARKET_DATA])
async def test_every_text_of_a_leg_is_refused_with_a_nul(
    session: Session, gateway: ScriptedGateway, kind: int, name: str
) -> None:
    leg = a_leg()
    bag = Contract(secType="BAG", comboLegs=[leg])
    assert getattr(leg, name) in await sent(gateway, kind, REQUESTS[kind](session, bag))
    setattr(leg, name, getattr(leg, name) + "\0")
    await refused(REQUESTS[kind](session, bag))


@pytest.mark.parametrize("option", [TagValue("a\0", "b"), TagValue("a", "b\0")], ids=["its tag", "its value"])
@pytest.mark.parametrize("of", ["algoParams", "orderMiscOptions", "smartComboRoutingParams"])
async def test_every_option_of_an_order_is_refused_with_a_nul(session: Session, of: str, option: TagValue) -> None:
    contract = Contract(secType="BAG", comboLegs=[a_leg()])
    options: dict[str, Any] = {of: [option]}
    await refused(place(session, contract, Order(orderId=5, algoStrategy="Twap", **options)))


# By the names of the library that others use


@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
@pytest.mark.parametrize("field", ["client_order_id", "account_code", "oca_group", "parent_client_order_id"])
async def test_an_order_whose_text_holds_a_control_character_is_refused(
    node: TradingNode, gateway: ScriptedGateway, field: str, control: str
) -> None:
    request = replace(REQUEST, oca_group="a group", oca_type=OcaType.CANCEL_WITH_BLOCK)
    with pytest.raises(OrderRefused, match="control character"):
        node.execution.place(replace(request, **{field: "DU1000001" + control}), AAPL)
    await whatever_was_sent_has_arrived(node, gateway)
    assert not received(gateway, PLACE)


async def test_an_order_of_an_instrument_whose_text_holds_one_is_refused_and_not_in_the_book(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    with pytest.raises(OrderRefused, match="control character"):
        node.execution.place(REQUEST, replace(AAPL, trading_class="N\0MS"))
    with pytest.raises(OrderRefused, match="no such open order"):
        node.execution.cancel(REQUEST.client_order_id)


@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
async def test_a_search_and_a_filter_with_one_ask_ib_nothing(
    node: TradingNode, gateway: ScriptedGateway, control: str
) -> None:
    assert await node.provider.search("AA" + control + "PL") == []
    with pytest.raises(FilterRefused):
        await node.provider.query({"secType": "STK", "symbol": "AA" + control + "PL"})
    with pytest.raises(FilterRefused):
        await node.provider.load_async("AA" + control + "PL.NASDAQ")
    await whatever_was_sent_has_arrived(node, gateway)
    assert [one[0] for one in gateway.received] == ["71"]  # the beginning of the session
