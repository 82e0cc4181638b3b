from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from ib_insync import (
    CFD,
    IB,
    Bond,
    Commodity,
    ContFuture,
    Contract,
    ContractDetails,
    Crypto,
    Forex,
    Future,
    FuturesOption,
    Index,
    Option,
    Stock,
)
from ib_insync.wrapper import RequestError

from brokers.simulator.catalogue.catalogue import MATCHES, Catalogue
from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.catalogue.listings import INSTRUMENTS, Instrument
from brokers.simulator.orders.message import CONTRACT
from tests.brokers.simulator.conftest import RawClient, Running, soon, started, stopped

# A Monday on which New York and Chicago have the same date as UTC.
NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    """A gateway whose clock stands in November 2026, so that what is listed is known."""
    one = await started(tmp_path / "ledger.jsonl", calendar=Calendar(lambda: NOW))
    yield one
    await stopped(one)


async def details_of(ib: IB, contract: Contract) -> ContractDetails:
    [details] = await soon(ib.reqContractDetailsAsync(contract))
    return details


@pytest.mark.parametrize(
    ("contract", "con_id", "minimum_tick"),
    [
        (Stock("AMD", "SMART", "USD"), 4391, 0.01),
        (Stock("INTC", "SMART", "USD", primaryExchange="NASDAQ"), 270639, 0.01),
        (Stock("INTC", "SMART", "USD", primaryExchange="ISLAND"), 270639, 0.01),
        (Forex("EURUSD"), 12087792, 0.00005),
        (CFD("IBUS30"), 111987407, 0.1),
        (Future("ES", "20180921", "GLOBEX", includeExpired=True), 279396750, 0.25),
        (Future("ES", "201809", "CME", includeExpired=True), 279396750, 0.25),
        (Option("SPY", "20170721", 240, "C", "SMART", includeExpired=True), 250334126, 0.01),
        (Bond(secIdType="ISIN", secId="US03076KAA60"), 267433117, 0.001),
        (Bond(secIdType="CUSIP", secId="03076KAA6"), 267433117, 0.001),
        (Bond(symbol="03076KAA6", exchange="SMART"), 267433117, 0.001),
        (Crypto("BTC", "PAXOS", "USD"), 479624278, 0.25),
        (Crypto("DOGE", "ZEROHASH", "USD"), 731283400, 1e-08),
        (Index("SPX", "CBOE"), 416904, 0.01),
        (Commodity("XAUUSD", "SMART", "USD"), 69067924, 0.01),
        (Commodity("XAUUSD", "IBCMDTY", "USD"), 69067924, 0.01),
    ],
    ids=repr,
)
async def test_the_queries_of_the_guide_find_one_instrument_each(
    ib: IB, contract: Contract, con_id: int, minimum_tick: float
) -> None:
    details = await details_of(ib, contract)
    assert (details.contract.conId, details.minTick) == (con_id, minimum_tick)
    assert details.contract.secType == contract.secType


@pytest.mark.parametrize(
    "contract",
    [
        Future("ES", "20180921", "GLOBEX"),
        Option("SPY", "20170721", 240, "C", "SMART"),
        Contract(conId=279396750),
        Contract(conId=250334126),
    ],
    ids=repr,
)
async def test_what_expired_is_found_only_by_those_who_ask_for_it(ib: IB, contract: Contract) -> None:
    with pytest.raises(RequestError, match="200"):
        await soon(ib.reqContractDetailsAsync(contract))
    contract.includeExpired = True
    assert (await details_of(ib, contract)).realExpirationDate in ("20180921", "20170721")


async def test_live_futures_are_listed_from_today_under_both_names_of_their_exchange(ib: IB) -> None:
    names = {}
    for exchange in ("CME", "GLOBEX"):
        found = await soon(ib.reqContractDetailsAsync(Future("ES", exchange=exchange)))
        names[exchange] = [details.contract.localSymbol for details in found]
        assert {details.contract.exchange for details in found} == {exchange}
    assert names["CME"] == names["GLOBEX"] == ["ESZ6", "ESH7", "ESM7", "ESU7", "ESZ7", "ESH8"]


async def test_a_futures_details_tell_its_expiry_and_its_underlying(ib: IB) -> None:
    details = await details_of(ib, Future("ES", "202612", "CME"))
    assert (details.contract.lastTradeDateOrContractMonth, details.lastTradeTime) == ("20261218", "08:30:00")
    assert (details.contractMonth, details.realExpirationDate) == ("202612", "20261218")
    assert (details.contract.multiplier, details.timeZoneId) == ("50", "US/Central")
    assert (details.underSymbol, details.underSecType, details.underConId) == ("ES", "IND", 11004968)


@pytest.mark.parametrize(
    ("always_open", "trading", "liquid"),
    [
        (False, "20261122:1700-20261123:1600;20261123:1700-20261124:1600", "20261123:0830-20261123:1600"),
        (True, "20261123:0000-20261124:0000;20261124:0000-20261125:0000", "20261123:0000-20261124:0000;20261124:0000"),
    ],
)
async def test_details_tell_the_hours_that_the_gateway_keeps(
    tmp_path: Path, always_open: bool, trading: str, liquid: str
) -> None:
    calendar = Calendar(lambda: NOW, always_open=always_open)
    running = await started(tmp_path / "hours.jsonl", calendar=calendar)
    details = await details_of(await running.connect(), Future("ES", "202612", "CME"))
    assert details.tradingHours.startswith(trading)
    assert details.liquidHours.startswith(liquid)
    await stopped(running)


async def test_the_continuous_future_is_the_front_one_by_another_name(ib: IB) -> None:
    continuous = await details_of(ib, ContFuture("ES", "CME"))
    front = await details_of(ib, Future(localSymbol="ESZ6", exchange="CME"))
    assert (continuous.contract.secType, continuous.contract.localSymbol) == ("CONTFUT", "ESZ6")
    assert continuous.contract.conId == front.contract.conId
    [again] = await soon(ib.qualifyContractsAsync(ContFuture(conId=front.contract.conId, exchange="CME")))
    assert again.secType == "CONTFUT"


async def test_both_kinds_of_future_come_for_a_type_that_names_both(ib: IB) -> None:
    found = await soon(ib.reqContractDetailsAsync(Contract(secType="FUT+CONTFUT", symbol="ES", exchange="CME")))
    assert [details.contract.secType for details in found].count("CONTFUT") == 1
    assert len(found) > 1


@pytest.mark.parametrize(
    ("contract", "count"),
    [
        (Option("SPY", "20261218", 550, "C", "SMART", currency="USD"), 1),
        (Option("SPY", "20261218", 550, "CALL", "CBOE", multiplier="100"), 1),
        (Option("SPY", "20261218", 550, exchange="SMART"), 2),
        (Option("SPY", "20261218", exchange="SMART", right="P"), 99),
        (Option(localSymbol="AAPL  261218P00190000", exchange="SMART"), 1),
        (FuturesOption("ES", "20261218", 5500, "C", "CME"), 1),
        (FuturesOption("ES", "202612", 5500, "C", "GLOBEX"), 5),
        (FuturesOption("ES", "202612", 5500, "C", "CME", tradingClass="EW2"), 1),
        (Option("SPX", "20261218", 5500, "P", "CBOE"), 2),
        (Option("SPX", "20261218", 5500, "P", "CBOE", tradingClass="SPXW"), 1),
    ],
    ids=repr,
)
async def test_a_chain_is_narrowed_by_whatever_is_named(ib: IB, contract: Contract, count: int) -> None:
    found = await soon(ib.reqContractDetailsAsync(contract))
    assert len(found) == count
    assert len({details.contract.conId for details in found}) == count


@pytest.mark.parametrize(
    "contract",
    [
        Option("SPY", "20261218", 551.5, "C", "SMART"),
        Option("SPY", "20261219", 550, "C", "SMART"),
        Option("SPY", "20261218", 550, "C", "CME"),
        Option("SPY", "20261218", 550, "X", "SMART"),
        Option("SPY", "20261218", 550, "C", "SMART", multiplier="10"),
        Option("SPY", "20261218", 550, "C", "SMART", currency="EUR"),
        Option("SPY", "20261218", 550, "C", "SMART", tradingClass="SPYW"),
        Option(exchange="SMART"),
        Future("ES", "20261217", "CME"),
        Future("ES", exchange="EUREX"),
        FuturesOption("ES", "202612", 5500, "C", "SMART"),
        Bond(secIdType="ISIN", secId="US0000000000"),
        Bond(secIdType="FIGI", secId="US03076KAA60"),
        Stock(secIdType="ISIN", secId="US03076KAA60"),
        Stock("BTC", "PAXOS", "USD"),
        Contract(conId=2**31 - 1),
    ],
    ids=repr,
)
async def test_a_contract_with_one_thing_wrong_is_refused_with_200(ib: IB, contract: Contract) -> None:
    with pytest.raises(RequestError, match="200"):
        await soon(ib.reqContractDetailsAsync(contract))


async def test_a_strike_that_cannot_be_read_is_nobodys(raw: RawClient) -> None:
    await raw.start()
    raw.send(9, 8, 5, 0, "SPY", "OPT", "", "x", "C", "", "SMART", "", "USD", "", "", 0, "", "", "")
    received = await raw.receive_until(lambda fields: fields[0] == "4" and fields[2] == "5")
    assert received[-1][3] == "200"


async def test_a_combination_has_no_details_of_its_own(ib: IB) -> None:
    with pytest.raises(RequestError, match=r"321.*BAG isn't supported"):
        await soon(ib.reqContractDetailsAsync(Contract(secType="BAG", symbol="SPY", exchange="SMART", currency="USD")))


async def test_a_bond_comes_with_its_terms(ib: IB) -> None:
    details = await details_of(ib, Bond(secIdType="ISIN", secId="US03076KAA60"))
    assert (details.maturity, details.issueDate, details.cusip) == ("20270315", "20170313", "03076KAA6")
    assert (details.callable, details.convertible, details.putable) == (True, False, False)
    assert (details.timeZoneId, details.validExchanges) == ("US/Eastern", "SMART,BONDDESK,TRADEWEB")
    assert {one.tag: one.value for one in details.secIdList} == {"ISIN": "US03076KAA60", "CUSIP": "03076KAA6"}
    assert details.marketRuleIds == "1013,1013,1013"


async def test_london_is_quoted_in_pence(ib: IB) -> None:
    details = await details_of(ib, Stock("VOD", "LSE", "GBP"))
    assert (details.priceMagnifier, details.timeZoneId) == (100, "GB-Eire")


async def test_sizes_are_told_to_their_last_digit(ib: IB) -> None:
    bitcoin, litecoin, tencent = [
        await details_of(ib, contract)
        for contract in (Crypto("BTC", "PAXOS", "USD"), Crypto("LTC", "PAXOS", "USD"), Stock("700", "SEHK", "HKD"))
    ]
    assert (bitcoin.minSize, bitcoin.sizeIncrement) == (1e-08, 1e-08)
    assert (litecoin.minSize, litecoin.sizeIncrement) == (0.0001, 0.0001)
    assert (tencent.minSize, tencent.sizeIncrement, tencent.suggestedSizeIncrement) == (100, 100, 100)


async def test_a_symbol_alone_brings_all_that_have_it(ib: IB) -> None:
    found = await soon(ib.reqContractDetailsAsync(Contract(symbol="VOD")))
    assert sorted(details.contract.currency for details in found) == ["GBP", "USD"]
    assert {details.contract.secType for details in found} == {"STK"}


async def test_an_options_rules_are_those_of_each_exchange(ib: IB) -> None:
    details = await details_of(ib, Option("AAPL", "20261218", 190, "C", "SMART"))
    rules = dict(zip(details.validExchanges.split(","), details.marketRuleIds.split(","), strict=True))
    assert (rules["SMART"], rules["CBOE"], details.minTick) == ("32", "109", 0.01)
    smart, cboe = [await soon(ib.reqMarketRuleAsync(int(rules[name]))) for name in ("SMART", "CBOE")]
    assert [(step.lowEdge, step.increment) for step in smart] == [(0, 0.01), (3, 0.05)]
    assert [(step.lowEdge, step.increment) for step in cboe] == [(0, 0.05), (3, 0.1)]


async def test_the_treasury_notes_tick_in_parts_of_a_thirty_second(ib: IB) -> None:
    ticks = {
        symbol: (await soon(ib.reqContractDetailsAsync(Future(symbol, exchange="CBOT"))))[0].minTick
        for symbol in ("ZT", "ZF", "ZN")
    }
    assert ticks == {"ZT": 1 / 256, "ZF": 1 / 128, "ZN": 1 / 64}
    [yen, *_] = await soon(ib.reqContractDetailsAsync(Future("JPY", exchange="CME")))
    assert yen.minTick == 5e-07


async def test_a_chain_is_described_by_exchange_and_class(ib: IB) -> None:
    chains = await soon(ib.reqSecDefOptParamsAsync("SPY", "", "STK", 756733))
    [smart] = [chain for chain in chains if chain.exchange == "SMART"]
    assert (smart.tradingClass, smart.multiplier, smart.expirations[0]) == ("SPY", "100", "20261127")
    assert len(chains) == 12
    option = Option("SPY", smart.expirations[0], smart.strikes[0], "C", "SMART")
    assert (await details_of(ib, option)).underConId == 756733


async def test_options_on_a_future_are_asked_for_by_that_future(ib: IB) -> None:
    december = await details_of(ib, Future("ES", "202612", "CME"))
    chains = await soon(ib.reqSecDefOptParamsAsync("ES", "CME", "FUT", december.contract.conId))
    assert {chain.tradingClass: chain.expirations for chain in chains} == {
        "ES": ["20261218"],
        "EW1": ["20261204"],
        "EW2": ["20261211"],
        "EW4": ["20261127"],
    }
    assert await soon(ib.reqSecDefOptParamsAsync("ES", "CBOT", "FUT", december.contract.conId)) == []


async def test_an_index_has_two_classes_of_options_and_a_share_abroad_none(ib: IB) -> None:
    chains = await soon(ib.reqSecDefOptParamsAsync("SPX", "CBOE", "IND", 416904))
    assert [chain.tradingClass for chain in chains] == ["SPX", "SPXW"]
    assert await soon(ib.reqSecDefOptParamsAsync("SAP", "", "STK", 14204)) == []


@pytest.mark.parametrize("asked", [("SPY", "", "STK", 424242), ("AAPL", "", "STK", 756733), ("SPY", "", "IND", 756733)])
async def test_a_chain_of_what_is_not_that_underlying_is_refused(ib: IB, asked: tuple[str, str, str, int]) -> None:
    with pytest.raises(RequestError, match="Invalid contract id"):
        await soon(ib.reqSecDefOptParamsAsync(*asked))


@pytest.mark.parametrize(
    ("text", "kind", "derivatives"),
    [
        ("ES", "IND", ["FOP", "FUT"]),
        ("SPX", "IND", ["CFD", "OPT"]),
        ("AAPL", "STK", ["OPT"]),
        ("BTC", "CRYPTO", []),
        ("XAUUSD", "CMDTY", []),
        ("IBUS30", "CFD", []),
        ("ameris", "BOND", []),
        ("DAX", "IND", ["CFD", "FUT"]),
    ],
)
async def test_search_finds_underlyings_of_every_kind(ib: IB, text: str, kind: str, derivatives: list[str]) -> None:
    [first, *_] = await soon(ib.reqMatchingSymbolsAsync(text))
    assert (first.contract.secType, first.derivativeSecTypes) == (kind, derivatives)


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda one: f"{one.local_symbol}-{one.currency}")
async def test_what_search_calls_derivatives_can_be_found(ib: IB, instrument: Instrument) -> None:
    for kind in Catalogue().derivatives(instrument):
        if kind != "CFD":
            found = await soon(ib.reqContractDetailsAsync(Contract(secType=kind, symbol=instrument.symbol)))
            assert found


def test_tomorrow_a_contract_still_has_todays_id() -> None:
    today, tomorrow = (Catalogue(calendar=Calendar(lambda day=day: NOW + timedelta(days=day))) for day in (0, 1))
    contract = dict.fromkeys(CONTRACT, "") | {"symbol": "ES", "secType": "FUT", "exchange": "CME"}
    assert [one.instrument.con_id for one in today.find(contract)] == [
        one.instrument.con_id for one in tomorrow.find(contract)
    ]


async def test_a_stock_is_qualified_to_its_contract_id(ib: IB) -> None:
    [contract] = await soon(ib.qualifyContractsAsync(Stock("AAPL", "SMART", "USD")))
    assert (contract.conId, contract.primaryExchange, contract.tradingClass) == (265598, "NASDAQ", "NMS")


async def test_a_currency_pair_is_qualified_to_its_contract_id(ib: IB) -> None:
    [contract] = await soon(ib.qualifyContractsAsync(Forex("EURUSD")))
    assert (contract.conId, contract.localSymbol, contract.exchange) == (12087792, "EUR.USD", "IDEALPRO")


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda one: one.local_symbol)
async def test_every_instrument_is_found_by_its_contract_id_alone(ib: IB, instrument: object) -> None:
    [details] = await soon(ib.reqContractDetailsAsync(Contract(conId=instrument.con_id)))  # type: ignore[attr-defined]
    assert details.contract.symbol == instrument.symbol  # type: ignore[attr-defined]
    assert details.longName == instrument.long_name  # type: ignore[attr-defined]
    assert len(details.marketRuleIds.split(",")) == len(details.validExchanges.split(","))


async def test_details_tell_all_that_an_order_needs(ib: IB) -> None:
    [details] = await soon(ib.reqContractDetailsAsync(Stock("AAPL", "SMART", "USD")))
    assert (details.minTick, details.minSize, details.sizeIncrement) == (0.01, 1.0, 1.0)
    assert details.timeZoneId == "US/Eastern"
    assert [(one.tag, one.value) for one in details.secIdList] == [("ISIN", "US0378331005")]
    assert details.tradingSessions()
    assert details.priceMagnifier == 1
    [rule] = await soon(ib.reqMarketRuleAsync(int(details.marketRuleIds.split(",")[0])))
    assert (rule.lowEdge, rule.increment) == (0.0, 0.01)


async def test_a_price_dependent_rule_tells_each_of_its_steps(ib: IB) -> None:
    [details] = await soon(ib.reqContractDetailsAsync(Stock("SAP", "IBIS", "EUR")))
    rule = await soon(ib.reqMarketRuleAsync(int(details.marketRuleIds.split(",")[0])))
    assert [step.increment for step in rule] == [0.0001, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05]
    assert details.minTick == 0.0001


async def test_a_contract_is_found_by_isin(ib: IB) -> None:
    [details] = await soon(ib.reqContractDetailsAsync(Contract(secType="STK", secIdType="ISIN", secId="US4592001014")))
    assert details.contract.symbol == "IBM"


@pytest.mark.parametrize(
    "contract",
    [
        Stock("NOPE", "SMART", "USD"),
        Stock("AAPL", "LSE", "USD"),
        Stock("AAPL", "SMART", "EUR"),
        Contract(conId=424242),
        Contract(secType="STK", currency="USD"),
        Forex("USDUSD"),
    ],
    ids=repr,
)
async def test_what_does_not_exist_is_refused_with_200(ib: IB, contract: Contract) -> None:
    ib.RaiseRequestErrors = True
    with pytest.raises(RequestError, match="200"):
        await soon(ib.reqContractDetailsAsync(contract))


async def test_a_description_that_fits_several_brings_them_all(ib: IB) -> None:
    found = await soon(ib.reqContractDetailsAsync(Contract(symbol="EUR", secType="CASH")))
    assert sorted(details.contract.currency for details in found) == ["GBP", "USD"]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("AAPL", "AAPL"),
        ("aapl", "AAPL"),
        ("EUR.USD", "EUR.USD"),
        ("EURUSD", "EUR.USD"),
        ("EUR/USD", "EUR.USD"),
        ("apple", "AAPL"),
        ("machines", "IBM"),
        ("coca", "KO"),
        ("spdr", "SPY"),
    ],
)
def test_a_person_finds_what_he_means(text: str, first: str) -> None:
    assert Catalogue().matching(text)[0].local_symbol == first


@pytest.mark.parametrize("text", ["", "  ", "zzzz"])
def test_nothing_is_found_for_nothing(text: str) -> None:
    assert Catalogue().matching(text) == []


def test_a_search_brings_sixteen_at_most() -> None:
    assert len(Catalogue().matching("A")) <= MATCHES


async def test_search_reaches_the_client_with_names_and_derivatives(ib: IB) -> None:
    found = await soon(ib.reqMatchingSymbolsAsync("EUR"))
    assert [(one.contract.symbol, one.contract.currency) for one in found] == [("EUR", "USD"), ("EUR", "GBP")]
    [ibm] = await soon(ib.reqMatchingSymbolsAsync("IBM"))
    assert (ibm.contract.conId, ibm.contract.description) == (8314, "INTL BUSINESS MACHINES CORP")
    assert "OPT" in ibm.derivativeSecTypes


async def test_an_unknown_market_rule_gets_an_error_and_no_silence(ib: IB) -> None:
    heard: list[int] = []
    ib.errorEvent += lambda _id, code, *_: heard.append(code)
    ib.client.reqMarketRule(4711)
    await soon(ib.reqCurrentTimeAsync())
    assert heard == [321]


def published(instrument: Instrument, today: date) -> str:
    return instrument.hours.published(instrument.hours.trading, today)


def test_weekends_are_closed_and_a_currency_day_begins_the_evening_before() -> None:
    friday = date(2026, 1, 2)
    by_symbol = {one.local_symbol: one for one in INSTRUMENTS}
    assert published(by_symbol["AAPL"], friday).split(";")[:2] == ["20260102:0400-20260102:2000", "20260103:CLOSED"]
    euro = published(by_symbol["EUR.USD"], friday).split(";")
    assert (euro[0], euro[3]) == ("20260101:1715-20260102:1700", "20260104:1715-20260105:1700")


def test_every_start_price_is_one_that_may_be_asked() -> None:
    assert all(one.market_rule.allows(one.start_price) for one in INSTRUMENTS)
    assert all(one.start_price > Decimal(0) for one in INSTRUMENTS)
