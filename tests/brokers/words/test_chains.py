"""Chains of options and of futures, in as few questions as IB answers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from brokers.domain import Instrument, Right, SecurityType
from brokers.node import TradingNode
from brokers.refusals import FilterRefused, InstrumentNotFound
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.describing import (
    CHAIN,
    SPY,
    answer,
    answered,
    option,
)
from tests.brokers.words.stage import DETAILS, received


def chain(gateway: ScriptedGateway, request_id: str, exchange: str, trading_class: str, *expiries: str) -> None:
    gateway.say(75, request_id, exchange, 756733, trading_class, "100", len(expiries), *expiries, 3, 240, 241, 242.5)


async def test_an_option_chain_is_asked_for_by_expiry_and_kept_within_its_bounds(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    bounded = node.provider.option_chain(
        SPY,
        expiry_from=date(2030, 1, 18),
        expiry_to=date(2030, 2, 15),
        strike_from=Decimal("240.5"),
        strike_to=Decimal("242.5"),
        rights=[Right.PUT],
    )
    async with answered(bounded) as asking:
        fields = await gateway.next(CHAIN)
        assert fields[2:] == ["SPY", "", "STK", "756733"]
        chain(gateway, fields[1], "CBOE", "SPY", "20300118")
        chain(gateway, fields[1], "SMART", "SPY", "20300215", "20300118", "20300111", "20300318")
        gateway.say(76, fields[1])
        first = await answer(
            gateway,
            option(3, 242.5, "P", "20300118"),
            option(1, 240, "P", "20300118"),
            option(2, 241, "P", "20300118"),
            option(4, 241, "C", "20300118"),
        )
        second = await answer(gateway, option(5, 241, "P", "20300215"))
    assert [one.con_id for one in asking.result()] == [2, 3, 5]
    assert first == {
        "symbol": "SPY", "secType": "OPT", "expiry": "20300118", "right": "P", "multiplier": "100",
        "exchange": "SMART", "currency": "USD", "tradingClass": "SPY",
    }  # fmt: skip
    assert second["expiry"] == "20300215"
    assert received(gateway, DETAILS) == []


async def test_a_chain_without_a_strike_in_bounds_is_not_asked_for_its_contracts(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    async with answered(node.provider.option_chain(SPY, strike_from=Decimal(500))) as asking:
        request_id = (await gateway.next(CHAIN))[1]
        chain(gateway, request_id, "SMART", "SPY", "20300118")
        gateway.say(76, request_id)
    with pytest.raises(InstrumentNotFound, match="no options on SPY strikes from 500"):
        await asking
    assert received(gateway, DETAILS) == []


async def test_what_has_no_options_is_said_so(node: TradingNode) -> None:
    bond = Instrument(**{**{name: getattr(SPY, name) for name in SPY.__slots__}, "security_type": SecurityType.BOND})
    with pytest.raises(FilterRefused, match="SPY is a BOND; STK, IND, FUT have options"):
        await node.provider.option_chain(bond)


async def test_a_future_chain_is_one_question(node: TradingNode, gateway: ScriptedGateway) -> None:
    es = {"secType": "FUT", "symbol": "ES", "exchange": "CME"}
    front = Instrument(
        **{
            **{name: getattr(SPY, name) for name in SPY.__slots__},
            "symbol": "ES",
            "exchange": "CME",
            "security_type": SecurityType.CONTFUT,
        }
    )
    async with answered(node.provider.future_chain(front, expiry_to=date(2030, 6, 30))) as asking:
        asked = await answer(
            gateway,
            {**es, "conId": 3, "expiry": "20300920"},
            {**es, "conId": 2, "expiry": "20300621"},
            {**es, "conId": 1, "expiry": "20300315"},
        )
    assert asked == {"symbol": "ES", "secType": "FUT", "exchange": "CME", "currency": "USD"}
    assert [one.con_id for one in asking.result()] == [1, 2]
