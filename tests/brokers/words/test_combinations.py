"""Combinations, which IB gives no id and no description: they are made of their legs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from brokers.domain import ComboLeg, Instrument, OrderSide, SecurityType
from brokers.interactive_brokers import contracts
from brokers.interactive_brokers.instruments.combinations import combination
from brokers.interactive_brokers.instruments.introductions import Introductions
from brokers.node import TradingNode
from brokers.refusals import InstrumentNotFound
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.describing import (
    SPY,
    answer,
    answered,
    next_request,
    option,
)
from tests.brokers.words.stage import AAPL


async def test_a_combination_is_made_of_its_legs_and_gives_its_contract_back(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    legs = [{"conId": 11, "ratio": 1, "action": "BUY"}, {"conId": 12, "ratio": 2, "action": "SELL", "exchange": "CBOE"}]
    hours = {"tradingHours": "20300118:0930-1600"}
    async with answered(node.provider.query_one({"secType": "BAG", "comboLegs": legs})) as asking:
        await answer(gateway, {**option(11, 240, "C", "20300118"), **hours, "minTick": 0.05})
        await answer(gateway, {**option(12, 242.5, "C", "20300215"), "tradingHours": "20300118:0900-1200"})
    bag: Instrument = asking.result()
    assert (bag.security_type, bag.symbol, bag.currency, bag.exchange) == (SecurityType.BAG, "SPY", "USD", "SMART")
    assert bag.con_id < 0
    assert (bag.price_increment, bag.multiplier) == (Decimal("0.01"), Decimal(100))
    assert bag.expiry == date(2030, 1, 18)
    assert [(one.start, one.end) for one in bag.trading_hours] == [
        (datetime(2030, 1, 18, 14, 30, tzinfo=UTC), datetime(2030, 1, 18, 17, tzinfo=UTC))
    ]
    contract = contracts.of_instrument(bag)
    assert (contract.secType, contract.symbol, contract.exchange, contract.conId) == ("BAG", "SPY", "SMART", 0)
    assert [(leg.conId, leg.ratio, leg.action, leg.exchange) for leg in contract.comboLegs] == [
        (11, 1, "BUY", "SMART"),
        (12, 2, "SELL", "CBOE"),
    ]
    assert recorder.instruments[-1] == bag
    assert node.provider.find(bag.con_id) == bag


async def test_a_leg_that_ib_does_not_know_is_named(node: TradingNode, gateway: ScriptedGateway) -> None:
    legs = [{"conId": 11, "action": "BUY"}]
    async with answered(node.provider.query({"secType": "BAG", "comboLegs": legs})) as asking:
        gateway.error((await next_request(gateway))[0], 200)
    with pytest.raises(InstrumentNotFound, match="no contract with the id 11"):
        await asking


def test_a_combination_of_several_stocks_has_all_their_symbols() -> None:
    legs = [ComboLeg(265598, 1, OrderSide.BUY, "SMART"), ComboLeg(756733, 1, OrderSide.SELL, "SMART")]
    pair = combination(legs, [AAPL, SPY], symbol="", exchange="SMART", currency="")
    assert (pair.symbol, pair.display_symbol, pair.currency) == ("AAPL,SPY", "+1 AAPL -1 SPY", "USD")
    assert pair.trading_hours == ()


def test_the_hours_of_a_combination_are_known_as_far_as_those_of_all_its_legs() -> None:
    legs = [ComboLeg(265598, 1, OrderSide.BUY, "SMART"), ComboLeg(756733, 1, OrderSide.SELL, "SMART")]
    until = datetime(2030, 1, 18, tzinfo=UTC)
    longer, unknown = replace(SPY, hours_until=until + timedelta(days=1)), SPY
    for other, known in ((longer, until), (unknown, None)):
        parts = [replace(AAPL, hours_until=until), other]
        assert combination(legs, parts, symbol="", exchange="SMART", currency="").hours_until == known


async def test_an_order_of_a_combination_placed_elsewhere_is_introduced_by_its_legs(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    leg = ComboLeg(265598, 1, OrderSide.BUY, "SMART")
    bag = combination([leg], [AAPL], symbol="AAPL", exchange="SMART", currency="USD")
    heard: list[Instrument | None] = []
    contract = contracts.of_instrument(bag)
    contract.conId = 28812380
    Introductions(provider=node.provider, listener=recorder).deliver(contract, heard.append)
    await answer(gateway, {})
    await recorder.until(lambda: heard)
    assert [one.con_id for one in heard if one] == [bag.con_id]
    assert [one.con_id for one in recorder.instruments] == [265598, bag.con_id]
