"""What the provider makes of IB's words about contracts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from brokers.config import InstrumentProviderConfig, InteractiveBrokersDataClientConfig
from brokers.domain import Instrument, SecurityType
from brokers.node import TradingNode
from brokers.refusals import AmbiguousInstrument, FilterRefused, InstrumentNotFound, NoAnswer, RequestRefused
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.describing import (
    RULE,
    SEARCH,
    STOCK,
    answer,
    answered,
    end_of_answer,
    next_request,
)
from tests.brokers.words.stage import DETAILS, node_at, received

# What a contract becomes


async def test_each_exchange_has_the_price_rule_that_stands_in_its_place(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    async with answered(node.provider.query_one(STOCK)) as asking:
        await answer(gateway, {"validExchanges": "SMART,NYSE,ARCA", "marketRuleIds": "26,557,26", "minTick": 5e-07})
        assert (await gateway.next(RULE))[1] == "26"
        gateway.say(93, 26, 2, 0, 0.01, 100, 0.05)
        assert (await gateway.next(RULE))[1] == "557"
        gateway.say(93, 557, 1, 0, "1E-8")
    stock: Instrument = asking.result()
    assert stock.price_increment == Decimal("0.0000005")
    assert stock.increment_at(Decimal(150)) == stock.increment_at(Decimal(150), exchange="ARCA") == Decimal("0.05")
    assert stock.increment_at(Decimal(150), exchange="NYSE") == Decimal("0.00000001")
    assert recorder.instruments == [stock]


async def test_a_rule_is_asked_for_once(node: TradingNode, gateway: ScriptedGateway) -> None:
    rule = {"validExchanges": "SMART", "marketRuleIds": "26"}
    async with answered(node.provider.query(STOCK)):
        await answer(gateway, rule)
        await gateway.next(RULE)
        gateway.say(93, 26, 1, 0, 0.01)
    async with answered(node.provider.query({**STOCK, "symbol": "MSFT"})) as asking:
        await answer(gateway, {**rule, "symbol": "MSFT", "conId": 272093})
    assert asking.result()[0].price_rules
    assert received(gateway, RULE) == []


async def test_a_bond_is_read_from_its_own_message(node: TradingNode, gateway: ScriptedGateway) -> None:
    query = {"secType": "BOND", "secIdType": "ISIN", "secId": "US03076KAA60"}
    async with answered(node.provider.query_one(query)) as asking:
        request_id, asked = await next_request(gateway)
        gateway.say(
            18, request_id, "ABC", "BOND", "03076KAA6", 4.25, "20270315-16:00:00-US/Eastern", "20120315", "", "CORP",
            "FIXED", 0, 0, 0, "", "SMART", "USD", "ABC", "ABC", 267433117, 0.001, "LMT", "SMART", "", "", 0, "",
            "A BOND 4 1/4 03/15/27", "", 0, 1, "ISIN", "US03076KAA60", 1, "", 1, 1, 1,
        )  # fmt: skip
        end_of_answer(gateway, request_id)
    bond: Instrument = asking.result()
    assert asked == {"secType": "BOND", "secIdType": "ISIN", "secId": "US03076KAA60"}
    assert (bond.security_type, bond.con_id, bond.isin) == (SecurityType.BOND, 267433117, "US03076KAA60")
    assert (bond.expiry, bond.time_zone) == (date(2027, 3, 15), "US/Eastern")
    assert (bond.price_increment, bond.trading_hours) == (Decimal("0.001"), ())


async def test_expired_contracts_are_asked_for_by_name(node: TradingNode, gateway: ScriptedGateway) -> None:
    query = {"secType": "FUT", "symbol": "ES", "exchange": "GLOBEX", "lastTradeDateOrContractMonth": "20180921"}
    async with answered(node.provider.query_one(query)) as asking:
        asked = await answer(
            gateway,
            {"secType": "FUT", "symbol": "ES", "localSymbol": "ESU8", "expiry": "20180921 08:30 US/Central",
             "exchange": "GLOBEX", "multiplier": "50", "conId": 1, "contractMonth": "201809"},
        )  # fmt: skip
    assert asked["includeExpired"] == "1"
    future: Instrument = asking.result()
    assert (future.expiry, future.multiplier, future.contract_month) == (date(2018, 9, 21), Decimal(50), "201809")


async def test_a_kind_that_is_not_known_here_is_left_out_of_an_answer(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    async with answered(node.provider.query(STOCK)) as asking:
        await answer(gateway, {"secType": "IOPT", "conId": 7}, {})
    assert [one.con_id for one in asking.result()] == [265598]
    assert [one.con_id for one in recorder.instruments] == [265598]


async def test_a_contract_that_ib_lists_once_for_each_exchange_is_one_instrument(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    async with answered(node.provider.query_one({"secType": "STK", "symbol": "AAPL", "currency": "USD"})) as asking:
        await answer(gateway, {"exchange": "NASDAQ"}, {"exchange": "SMART"}, {"exchange": "NYSE"})
    assert asking.result().exchange == "SMART"


async def test_a_question_about_one_exchange_moves_no_known_instrument_there(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    async with answered(node.provider.query_one(STOCK)):
        await answer(gateway, {})
    async with answered(node.provider.query_one({**STOCK, "exchange": "NYSE"})) as asking:
        await answer(gateway, {"exchange": "NYSE"})
    assert asking.result().exchange == "NYSE"
    known = node.provider.find(265598)
    assert known is not None
    assert known.exchange == "SMART"
    assert [one.exchange for one in recorder.instruments] == ["SMART"]


async def test_a_continuous_future_does_not_take_the_place_of_the_future_whose_id_it_has(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    es = {"symbol": "ES", "exchange": "CME", "localSymbol": "ESZ6", "conId": 5, "expiry": "20261218"}
    for kind in ("FUT", "CONTFUT"):
        async with answered(node.provider.query({"secType": kind, "symbol": "ES", "exchange": "CME"})) as asking:
            await answer(gateway, {**es, "secType": kind})
        assert asking.result()[0].security_type == kind
    known = node.provider.find(5)
    assert known is not None
    assert known.security_type is SecurityType.FUT


async def test_a_continuous_future_is_asked_for_anew_since_it_rolls(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    for con_id in (5, 6):
        async with answered(node.provider.query({"secType": "CONTFUT", "symbol": "ES", "exchange": "CME"})) as asking:
            await answer(gateway, {"secType": "CONTFUT", "symbol": "ES", "exchange": "CME", "conId": con_id})
        assert asking.result()[0].con_id == con_id


# What can't be answered


async def test_an_ambiguous_filter_lists_the_matches(node: TradingNode, gateway: ScriptedGateway) -> None:
    async with answered(node.provider.query_one({"secType": "STK", "symbol": "AAPL"})) as asking:
        said = [{"conId": number, "primaryExchange": f"X{number}", "currency": "EUR"} for number in range(1, 13)]
        await answer(gateway, *said)
    with pytest.raises(AmbiguousInstrument) as raised:
        await asking
    message = str(raised.value)
    assert message.startswith("12 instruments fit secType 'STK', symbol 'AAPL': STK AAPL X1 EUR (1); STK AAPL X2 EUR")
    assert "X10 EUR (10); and 2 more" in message
    assert "X11" not in message


async def test_no_match_says_what_was_asked(node: TradingNode, gateway: ScriptedGateway) -> None:
    query = {"secType": "FUT", "symbol": "NOPE", "exchange": "CME", "lastTradeDateOrContractMonth": "20180921"}
    async with answered(node.provider.query(query)) as asking:
        request_id, _ = await next_request(gateway)
        gateway.error(request_id, 200, "No security definition has been found for the request")
    asked = r"secType 'FUT', symbol 'NOPE', exchange 'CME', lastTrade.* '20180921' \(expired ones too\)"
    with pytest.raises(InstrumentNotFound, match=f"no contract for {asked}"):
        await asking


async def test_what_is_known_stays_known_when_ib_denies_it_at_night(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    async with answered(node.provider.query_one(STOCK)):
        await answer(gateway, {})
    async with answered(node.provider.query({"secType": "STK", "symbol": "AAPL"})) as asking:
        request_id, _ = await next_request(gateway)
        gateway.error(request_id, 200, "No security definition has been found for the request")
    with pytest.raises(InstrumentNotFound, match="During its nightly maintenance that can be temporary"):
        await asking
    assert (await node.provider.instrument(265598)).symbol == "AAPL"
    assert [one.con_id for one in await node.provider.query(STOCK)] == [265598]


async def test_a_denied_question_is_asked_again_and_not_remembered(node: TradingNode, gateway: ScriptedGateway) -> None:
    async with answered(node.provider.query(STOCK)) as asking:
        gateway.error((await next_request(gateway))[0], 200)
    with pytest.raises(InstrumentNotFound):
        await asking
    async with answered(node.provider.query(STOCK)) as asking:
        await answer(gateway, {})
    assert asking.result()[0].con_id == 265598


async def test_a_question_that_ib_leaves_unanswered_is_unknown_and_not_empty(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = node_at(gateway, recorder, request_deadline=0.1)
    await node.connect()
    with pytest.raises(NoAnswer, match="contract details within"):
        await node.provider.query(STOCK)
    node.drop()


async def test_another_refusal_is_told_with_ib_s_code(node: TradingNode, gateway: ScriptedGateway) -> None:
    async with answered(node.provider.query(STOCK)) as asking:
        gateway.error((await next_request(gateway))[0], 321, "Please enter a valid security type")
    with pytest.raises(RequestRefused, match="IB 321"):
        await asking


async def test_nothing_of_a_wrong_filter_leaves(node: TradingNode, gateway: ScriptedGateway) -> None:
    for wrong in ({**STOCK, "currecy": "USD"}, {**STOCK, "symbol": "AA\0PL"}, {"secType": "FOO", "symbol": "X"}):
        with pytest.raises(FilterRefused):
            await node.provider.query(wrong)
    async with answered(node.provider.query(STOCK)):
        await answer(gateway, {})
    assert received(gateway, DETAILS) == []


# What is loaded


def loading(gateway: ScriptedGateway, recorder: Recorder, **settings: Any) -> TradingNode:
    provider = InstrumentProviderConfig(**settings)
    clients = {"IB": InteractiveBrokersDataClientConfig(instrument_provider=provider)}
    return node_at(gateway, recorder, data_clients=clients)


async def test_what_the_config_names_is_loaded_when_the_node_connects_and_once(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = loading(gateway, recorder, load_all=True, load_ids=frozenset({265598}), filters={"pair": "EURUSD"})
    async with answered(node.connect()):
        assert (await answer(gateway, {}))["conId"] == "265598"
        await answer(gateway, {"secType": "CASH", "symbol": "EUR", "conId": 12087792, "exchange": "IDEALPRO"})
    assert list(node.provider.get_all()) == [265598, 12087792]
    node.drop()
    await node.connect()
    assert received(gateway, DETAILS) == []
    node.drop()


async def test_a_node_that_can_t_load_what_it_should_is_not_connected(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = loading(gateway, recorder, load_ids=frozenset({265598}))
    async with answered(node.connect()) as connecting:
        gateway.error((await next_request(gateway))[0], 200)
    with pytest.raises(InstrumentNotFound, match="265598"):
        await connecting
    assert node.link == "DOWN"


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("AAPL.NASDAQ", {"symbol": "AAPL", "secType": "STK", "exchange": "SMART", "primaryExchange": "NASDAQ"}),
        ("AAPL.SMART", {"symbol": "AAPL", "secType": "STK", "exchange": "SMART"}),
        ("BRK B.NYSE", {"symbol": "BRK B", "secType": "STK", "exchange": "SMART", "primaryExchange": "NYSE"}),
        ("EUR/USD.IDEALPRO", {"symbol": "EUR", "secType": "CASH", "exchange": "IDEALPRO", "currency": "USD"}),
        ("BTC/USD.PAXOS", {"symbol": "BTC", "secType": "CRYPTO", "exchange": "PAXOS", "currency": "USD"}),
        ("ESZ7.CME", {"localSymbol": "ESZ7", "secType": "FUT", "exchange": "CME"}),
        ("NK225M.OSE.JPN", {"localSymbol": "NK225M", "secType": "FUT", "exchange": "OSE.JPN"}),
    ],
)
async def test_a_name_is_a_symbol_and_its_home(
    node: TradingNode, gateway: ScriptedGateway, name: str, asked: dict[str, str]
) -> None:
    async with answered(node.provider.load_async(name)):
        assert await answer(gateway, {}) == asked


@pytest.mark.parametrize("name", ["AAPL", ".NASDAQ", "AAPL.", "", "AA\nPL.NASDAQ"])
async def test_what_is_no_name_is_said_so(node: TradingNode, name: str) -> None:
    with pytest.raises(FilterRefused, match="names no instrument; a name is like"):
        await node.provider.load_async(name)


async def test_what_is_known_is_found_by_its_name_without_asking(node: TradingNode, gateway: ScriptedGateway) -> None:
    assert node.provider.find("AAPL.NASDAQ") is None
    async with answered(node.provider.load_async("AAPL.NASDAQ")) as asking:
        await answer(gateway, {})
    assert node.provider.find("AAPL.NASDAQ") == node.provider.find(265598) == asking.result()
    assert await node.provider.load_async("AAPL.NASDAQ") == asking.result()


async def test_a_bond_s_issuer_in_a_search_is_left_out_for_want_of_an_id(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    async with answered(node.provider.search("apple")) as asking:
        request_id = (await gateway.next(SEARCH))[1]
        gateway.say(
            79, request_id, 2, 0, "APPLE", "BOND", "", "", 0, "Apple Inc", "e1234",
            265598, "AAPL", "STK", "NASDAQ", "USD", 1, "OPT", "APPLE INC", "",
        )  # fmt: skip
        await answer(gateway, {})
    assert [one.con_id for one in asking.result()] == [265598]
