from __future__ import annotations

import math

from ib_insync import IB, Contract, Stock, Ticker

from brokers.simulator.quote_feed import LINES
from tests.brokers.simulator.conftest import Errors, Running, answered, soon, until


def shown(ticker: Ticker) -> tuple[float, float, float, float]:
    return ticker.bid, ticker.bidSize, ticker.ask, ticker.askSize


def book(running: Running, contract: Contract) -> tuple[float, float, float, float]:
    quote = running.gateway.market.quote(contract.conId)
    return float(quote.bid), float(quote.bid_size), float(quote.ask), float(quote.ask_size)


def volume(running: Running, contract: Contract) -> float:
    return float(running.gateway.market.quote(contract.conId).volume or 0)


async def test_a_subscription_shows_the_market_at_once_and_follows_it(
    running: Running, ib: IB, apple: Contract
) -> None:
    ticker = ib.reqMktData(apple)
    for _ in range(20):
        await until(ib, lambda: shown(ticker) == book(running, apple) and ticker.volume == volume(running, apple))
        quote = running.gateway.market.quote(apple.conId)
        assert (ticker.last, ticker.lastSize) == (float(quote.last or 0), float(quote.last_size or 0))
        assert (ticker.high, ticker.low, ticker.close) == (float(quote.high), float(quote.low), float(quote.close))
        running.gateway.market.step()
    assert ticker.marketDataType == 1
    assert (ticker.minTick, ticker.halted) == (0.01, 0.0)


async def test_a_currency_pair_ticks_without_a_last_trade(running: Running, ib: IB, euro: Contract) -> None:
    ticker = ib.reqMktData(euro)
    await until(ib, lambda: shown(ticker) == book(running, euro))
    running.gateway.market.step()
    await until(ib, lambda: shown(ticker) == book(running, euro))
    assert math.isnan(ticker.last)
    assert math.isnan(ticker.lastSize)
    assert not math.isnan(ticker.close)


async def test_a_cancelled_subscription_is_silent(running: Running, ib: IB, apple: Contract) -> None:
    ticker = ib.reqMktData(apple)
    await until(ib, lambda: shown(ticker) == book(running, apple))
    ib.cancelMktData(apple)
    await answered(ib)
    before = shown(ticker)
    running.gateway.market.step()
    await answered(ib)
    assert shown(ticker) == before


async def test_a_snapshot_ends(running: Running, ib: IB, apple: Contract) -> None:
    [ticker] = await soon(ib.reqTickersAsync(apple))
    assert shown(ticker) == book(running, apple)
    assert not [session.quotes for session in running.gateway.sessions if session.quotes]


async def test_data_that_is_not_paid_for_comes_delayed_when_the_client_takes_that(
    running: Running, ib: IB, errors: Errors
) -> None:
    sap = Stock("SAP", "IBIS", "EUR", conId=14204)
    refused = ib.reqMktData(sap)
    await answered(ib)
    assert [code for _, code, _ in errors.heard] == [354]
    assert math.isnan(refused.bid)
    ib.cancelMktData(sap)
    ib.reqMarketDataType(3)
    ticker = ib.reqMktData(sap)
    await until(ib, lambda: shown(ticker) == book(running, sap))
    assert ticker.marketDataType == 3
    assert [code for _, code, _ in errors.heard] == [354, 300, 10167]


async def test_an_unknown_instrument_is_refused_with_200(ib: IB, errors: Errors) -> None:
    ib.reqMktData(Stock("NOPE", "SMART", "USD"))
    await answered(ib)
    assert [code for _, code, _ in errors.heard] == [200]


async def test_the_lines_of_a_login_are_bounded_over_all_its_clients(running: Running, apple: Contract) -> None:
    first, second = await running.connect(1), await running.connect(2)
    errors = Errors(second)
    for session in running.gateway.sessions:
        if session.client_id == 1:
            for number in range(LINES - 1):
                running.gateway.quotes.subscribe(session, 10_000 + number, running.gateway.catalogue.get(265598))  # type: ignore[arg-type]
    second.reqMktData(apple)
    await answered(second)
    assert errors.heard == []
    second.reqMktData(Stock("IBM", "SMART", "USD", conId=8314))
    await answered(second)
    assert [code for _, code, _ in errors.heard] == [101]
    await answered(first)


async def test_a_request_id_in_use_is_refused(ib: IB, apple: Contract, errors: Errors) -> None:
    ib.reqMktData(apple)
    [request_id] = list(ib.wrapper.reqId2Ticker)
    ib.client.reqMktData(request_id, apple, "", False, False, [])
    await answered(ib)
    assert errors.codes(request_id) == [322]


async def test_two_clients_follow_the_same_instrument(running: Running, apple: Contract) -> None:
    first, second = await running.connect(1), await running.connect(2)
    tickers = [(client, client.reqMktData(apple)) for client in (first, second)]
    for client, ticker in tickers:
        await until(client, lambda ticker=ticker: shown(ticker) == book(running, apple))  # type: ignore[misc]
    running.gateway.market.step()
    for client, ticker in tickers:
        await until(client, lambda ticker=ticker: shown(ticker) == book(running, apple))  # type: ignore[misc]
