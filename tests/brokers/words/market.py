"""What the tests of market data share: message numbers, a pair, a stock in its hours, and nodes with short patience."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from brokers.config import InteractiveBrokersDataClientConfig
from brokers.domain import Instrument, SecurityType, TradingInterval
from brokers.interactive_brokers.data import InteractiveBrokersDataClient
from brokers.interactive_brokers.factories import InteractiveBrokersLiveDataClientFactory
from brokers.interactive_brokers.pacing import HistoryPacing
from brokers.node import TradingNode
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import AAPL, MARKET_DATA, node_at

STOP_MARKET_DATA, DEPTH, STOP_DEPTH, HISTORY, STOP_HISTORY = 2, 10, 11, 20, 25
FIVE_SECOND_BARS, STOP_FIVE_SECOND_BARS, MARKET_DATA_TYPE = 50, 51, 59
PAST_TICKS, TICK_BY_TICK, STOP_TICK_BY_TICK = 96, 97, 98

EUR_USD = replace(AAPL, con_id=12087792, symbol="EUR", security_type=SecurityType.CASH, exchange="IDEALPRO")
MSFT = replace(AAPL, con_id=272093, symbol="MSFT")


def trading(instrument: Instrument = AAPL) -> Instrument:
    """In the middle of its session, and what follows it in the next days is known."""
    now = datetime.now(UTC)
    hours = (TradingInterval(now - timedelta(hours=3), now + timedelta(hours=3)),)
    return replace(instrument, liquid_hours=hours, hours_until=now + timedelta(days=5))


def closed(instrument: Instrument = AAPL) -> Instrument:
    """Its next session is tomorrow's."""
    then = datetime.now(UTC) + timedelta(days=1)
    hours = (TradingInterval(then, then + timedelta(hours=3)),)
    return replace(instrument, liquid_hours=hours, hours_until=then + timedelta(days=4))


def data_node(gateway: ScriptedGateway, recorder: Recorder, **settings: Any) -> TradingNode:
    return node_at(gateway, recorder, data_clients={"IB": InteractiveBrokersDataClientConfig(**settings)})


class Hasty(InteractiveBrokersLiveDataClientFactory):
    """Makes a client that asks the same again at once."""

    @staticmethod
    def create(**parts: Any) -> InteractiveBrokersDataClient:
        return InteractiveBrokersDataClient(**parts, pacing=HistoryPacing(identical_apart=0.0))


def hasty_node(gateway: ScriptedGateway, recorder: Recorder, **settings: Any) -> TradingNode:
    node = data_node(gateway, recorder, **settings)
    node.add_data_client_factory("IB", Hasty)
    node.build()
    return node


async def quotes_of(
    node: TradingNode, gateway: ScriptedGateway, instrument: Instrument = AAPL, *, kind: int = 1
) -> str:
    """Subscribes, and has the gateway say of what kind the data is; the request's id."""
    node.data.subscribe_quotes(instrument)
    request_id = (await gateway.next(MARKET_DATA))[2]
    gateway.say(58, 1, request_id, kind)
    return request_id


@asynccontextmanager
async def ticking(gateway: ScriptedGateway, request_id: str) -> AsyncIterator[None]:
    """This request ticks, and so does each that comes in its place."""

    async def tick() -> None:
        at = request_id
        while True:
            gateway.say(58, 1, at, 1)
            price(gateway, at, 1, 189.4, 100)
            at = (await gateway.next(MARKET_DATA))[2]

    task = asyncio.create_task(tick())
    yield
    task.cancel()


def price(gateway: ScriptedGateway, request_id: object, tick_type: int, at: float, size: float = 0) -> None:
    gateway.say(1, 6, request_id, tick_type, at, size, 0)


def size(gateway: ScriptedGateway, request_id: object, tick_type: int, of: float) -> None:
    gateway.say(2, 6, request_id, tick_type, of)


def text(gateway: ScriptedGateway, request_id: object, tick_type: int, words: object) -> None:
    gateway.say(46, 6, request_id, tick_type, words)


def bar_fields(at: object, *, close: float = 10.5, volume: float = 100, count: int = 7) -> list[object]:
    """One bar of a historical answer: date, open, high, low, close, volume, average, count."""
    return [at, 10.0, 11.0, 9.5, close, volume, 10.2, count]


def answer_bars(gateway: ScriptedGateway, request_id: object, bars: list[list[object]]) -> None:
    gateway.say(17, request_id, "", "", len(bars), *(field for bar in bars for field in bar))


def update_bar(gateway: ScriptedGateway, request_id: object, at: int, *, close: float) -> None:
    gateway.say(90, request_id, 7, at, 10.0, close, 11.0, 9.5, 10.2, 100)
