"""What the provider makes of IB's words about contracts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from brokers.config import InstrumentProviderConfig, InteractiveBrokersDataClientConfig
from brokers.domain import ComboLeg, Instrument, OrderSide, Right, SecurityType
from brokers.interactive_brokers import contracts
from brokers.interactive_brokers.instruments.combinations import combination
from brokers.interactive_brokers.instruments.introductions import Introductions
from brokers.node import TradingNode
from brokers.refusals import AmbiguousInstrument, FilterRefused, InstrumentNotFound, NoAnswer, RequestRefused
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.stage import AAPL, DETAILS, node_at, received

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


# Chains


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


def chain(gateway: ScriptedGateway, request_id: str, exchange: str, trading_class: str, *expiries: str) -> None:
    gateway.say(75, request_id, exchange, 756733, trading_class, "100", len(expiries), *expiries, 3, 240, 241, 242.5)


def option(number: int, strike: float, right: str, expiry: str) -> dict[str, Any]:
    return {
        "secType": "OPT", "symbol": "SPY", "conId": number, "strike": strike, "right": right, "expiry": expiry,
        "multiplier": "100", "localSymbol": f"SPY {expiry}{right}{strike}",
    }  # fmt: skip


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


# Combinations


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
