"""What IB says of contracts when it is asked for them: the words, and who says them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

from brokers.domain import Instrument, SecurityType
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import DETAILS

RULE, CHAIN, SEARCH = 91, 78, 81
STOCK = {"secType": "STK", "symbol": "AAPL", "exchange": "SMART", "currency": "USD"}
# The fields of a reqContractData (9), and of a contractData (10), at server version 176.
ASKED = """
conId symbol secType expiry strike right multiplier exchange primaryExchange currency localSymbol tradingClass
includeExpired secIdType secId issuerId
""".split()  # noqa: SIM905 - as words they are read at a glance
CONTRACT_DATA = """
symbol secType expiry strike right exchange currency localSymbol marketName tradingClass conId minTick multiplier
orderTypes validExchanges priceMagnifier underConId longName primaryExchange contractMonth industry category
subcategory timeZoneId tradingHours liquidHours evRule evMultiplier secIds aggGroup underSymbol underSecType
marketRuleIds realExpirationDate stockType minSize sizeIncrement suggestedSizeIncrement
""".split()  # noqa: SIM905 - a list of them would be a screen long


SPY = Instrument(
    con_id=756733,
    symbol="SPY",
    local_symbol="SPY",
    security_type=SecurityType.STK,
    exchange="SMART",
    primary_exchange="ARCA",
    currency="USD",
    long_name="SPDR S&P 500",
    price_increment=Decimal("0.01"),
    size_increment=Decimal(1),
    min_size=Decimal(1),
)


def describe(gateway: ScriptedGateway, request_id: object, **changes: object) -> None:
    """One contract of an answer, AAPL unless `changes` say otherwise."""
    said: dict[str, object] = {
        "symbol": "AAPL", "secType": "STK", "strike": 0, "exchange": "SMART", "currency": "USD",
        "localSymbol": "AAPL", "conId": 265598, "minTick": 0.01, "orderTypes": "LMT,MKT", "priceMagnifier": 1,
        "underConId": 0, "longName": "APPLE INC", "primaryExchange": "NASDAQ", "timeZoneId": "US/Eastern",
        "evMultiplier": 0, "secIds": 0, "aggGroup": 1, "minSize": 1, "sizeIncrement": 1,
        "suggestedSizeIncrement": 100,
    }  # fmt: skip
    assert changes.keys() <= set(CONTRACT_DATA), changes
    said |= changes
    gateway.say(10, request_id, *(said.get(name, "") for name in CONTRACT_DATA))


def end_of_answer(gateway: ScriptedGateway, request_id: object) -> None:
    gateway.say(52, 1, request_id)


async def next_request(gateway: ScriptedGateway) -> tuple[str, dict[str, str]]:
    """The id of the next question for contract details, and what it asks for."""
    fields = await gateway.next(DETAILS)
    named = zip(ASKED, fields[3:], strict=True)
    return fields[2], {name: value for name, value in named if value not in ("", "0", "0.0")}


@asynccontextmanager
async def answered(question: Any) -> AsyncIterator[asyncio.Task[Any]]:
    """A question that is under way while its answer is said; whoever leaves has waited for it."""
    asking = asyncio.ensure_future(question)
    try:
        yield asking
        await asyncio.wait({asking})
    finally:
        asking.cancel()


async def answer(gateway: ScriptedGateway, *contracts_said: dict[str, Any]) -> dict[str, str]:
    """Answers the next question with these contracts; what was asked."""
    request_id, asked = await next_request(gateway)
    for said in contracts_said:
        describe(gateway, request_id, **said)
    end_of_answer(gateway, request_id)
    return asked


def option(number: int, strike: float, right: str, expiry: str) -> dict[str, Any]:
    return {
        "secType": "OPT", "symbol": "SPY", "conId": number, "strike": strike, "right": right, "expiry": expiry,
        "multiplier": "100", "localSymbol": f"SPY {expiry}{right}{strike}",
    }  # fmt: skip
