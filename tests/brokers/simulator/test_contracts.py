from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from ib_insync import IB, Contract, Forex, Stock
from ib_insync.wrapper import RequestError

from brokers.simulator.catalogue import MATCHES, Catalogue
from brokers.simulator.listings import INSTRUMENTS
from tests.brokers.simulator.conftest import soon


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


def test_weekends_are_closed_and_a_currency_day_begins_the_evening_before() -> None:
    friday = date(2026, 1, 2)
    by_symbol = {one.local_symbol: one for one in INSTRUMENTS}
    assert by_symbol["AAPL"].trading_hours(friday).split(";")[:2] == ["20260102:0400-20260102:2000", "20260103:CLOSED"]
    euro = by_symbol["EUR.USD"].trading_hours(friday).split(";")
    assert (euro[0], euro[3]) == ("20260101:1715-20260102:1700", "20260104:1715-20260105:1700")


def test_every_start_price_is_one_that_may_be_asked() -> None:
    assert all(one.market_rule.allows(one.start_price) for one in INSTRUMENTS)
    assert all(one.start_price > Decimal(0) for one in INSTRUMENTS)
