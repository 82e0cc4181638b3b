from __future__ import annotations

import math

import pytest
from ib_insync import IB, Bag, ComboLeg, Contract, Index, RequestError, Stock, Ticker

from brokers.simulator.connections.subscriptions import QuoteSubscription
from brokers.simulator.feeds.quotes import LINES
from tests.brokers.simulator.conftest import Errors, RawClient, Running, answered, soon, until


def shown(ticker: Ticker) -> tuple[float, float, float, float]:
    return ticker.bid, ticker.bidSize, ticker.ask, ticker.askSize


def book(running: Running, contract: Contract) -> tuple[float, float, float, float]:
    quote = running.gateway.market.quote(contract.conId)
    return float(quote.bid), float(quote.bid_size), float(quote.ask), float(quote.ask_size)


def volume(running: Running, contract: Contract) -> float:
    return float(running.gateway.market.quote(contract.conId).volume or 0)


def subscription(running: Running, request_id: int) -> QuoteSubscription:
    instrument = running.gateway.catalogue.get(265598)
    assert instrument is not None
    return QuoteSubscription(request_id, instrument, asked=1)


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
                running.gateway.quotes.subscribe(session, subscription(running, 10_000 + number))
    second.reqMktData(apple)
    await answered(second)
    assert errors.heard == []
    second.reqMktData(Stock("IBM", "SMART", "USD", conId=8314))
    await answered(second)
    assert [code for _, code, _ in errors.heard] == [101]
    await answered(first)


async def test_fewer_lines_can_be_given(running: Running, ib: IB, apple: Contract, errors: Errors) -> None:
    running.gateway.quotes.lines = 1
    ib.reqMktData(apple)
    ib.reqMktData(Stock("IBM", "SMART", "USD", conId=8314))
    await answered(ib)
    assert [code for _, code, _ in errors.heard] == [101]


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


async def test_an_index_has_a_price_and_nobody_who_bids(running: Running, ib: IB) -> None:
    ticker = ib.reqMktData(Index("SPX", "CBOE", "USD", conId=416904))
    await until(ib, lambda: not math.isnan(ticker.last) and not math.isnan(ticker.close))
    assert math.isnan(ticker.bid)
    assert math.isnan(ticker.ask)
    assert math.isnan(ticker.volume)


async def test_a_combination_is_quoted_at_its_legs(running: Running, ib: IB) -> None:
    legs = [ComboLeg(265598, 1, "BUY", "SMART"), ComboLeg(272093, 2, "SELL", "SMART")]
    ticker = ib.reqMktData(Bag(symbol="AAPL,MSFT", exchange="SMART", currency="USD", comboLegs=legs))
    market = running.gateway.market

    def is_shown() -> bool:
        apple, microsoft = market.quote(265598), market.quote(272093)
        expected = (apple.bid - 2 * microsoft.ask, apple.ask - 2 * microsoft.bid)
        return (ticker.bid, ticker.ask) == (float(expected[0]), float(expected[1]))

    for _ in range(10):
        await until(ib, is_shown)
        market.step()
    assert ticker.bid < ticker.ask < 0


async def test_a_combination_of_one_leg_is_refused(ib: IB, errors: Errors) -> None:
    legs = [ComboLeg(265598, 1, "BUY", "SMART")]
    ib.reqMktData(Bag(symbol="AAPL", exchange="SMART", currency="USD", comboLegs=legs))
    await answered(ib)
    assert [code for _, code, _ in errors.heard] == [321]


async def test_generic_ticks_come_when_they_are_asked_for(running: Running, ib: IB, apple: Contract) -> None:
    ticker = ib.reqMktData(apple, "233,221,236,375")
    await until(ib, lambda: ticker.rtVolume == volume(running, apple) and not math.isnan(ticker.shortableShares))
    for _ in range(5):
        running.gateway.market.step()
        await until(ib, lambda: ticker.rtVolume == ticker.rtTradeVolume == volume(running, apple))
    quote = running.gateway.market.quote(apple.conId)
    assert ticker.markPrice == float(quote.mark)
    assert float(quote.low) <= ticker.vwap <= float(quote.high)
    assert ticker.rtTime is not None


async def test_an_unknown_generic_tick_is_refused_with_the_legal_ones(ib: IB, apple: Contract, errors: Errors) -> None:
    ib.reqMktData(apple, "233,999")
    ib.reqMktData(Stock("IBM", "SMART", "USD", conId=8314), "mdoff,292:BRFG")
    await answered(ib)
    [(_, code, text)] = errors.heard
    assert code == 321
    assert "Incorrect generic tick list of 233,999" in text
    assert "233(RTVolume)" in text


async def test_a_snapshot_takes_no_generic_ticks(raw: RawClient) -> None:
    await raw.start()
    contract = [265598, *[""] * 3, "0.0", *[""] * 7]
    raw.send(1, 11, 9, *contract, 0, "233", 1, 0, "")
    [*_, refused] = await raw.receive_until(lambda fields: fields[0] == "4" and fields[2] == "9")
    assert (refused[3], "not applicable to generic ticks" in refused[4]) == ("321", True)


async def test_what_is_asked_of_unpaid_data_decides_how_it_is_refused(ib: IB, errors: Errors) -> None:
    sap = Stock("SAP", "IBIS", "EUR", conId=14204)
    for kind in (1, 2, 4):
        ib.reqMarketDataType(kind)
        ib.reqMktData(sap)
        ib.cancelMktData(sap)
        await answered(ib)
    assert [code for _, code, _ in errors.heard if code != 300] == [354, 10168, 10167]


async def test_live_data_come_live_to_who_would_take_delayed(running: Running, ib: IB, apple: Contract) -> None:
    ib.reqMarketDataType(4)
    ticker = ib.reqMktData(apple)
    await until(ib, lambda: shown(ticker) == book(running, apple))
    assert ticker.marketDataType == 1


async def test_a_market_data_type_that_is_none_is_refused(ib: IB, errors: Errors) -> None:
    ib.reqMarketDataType(5)
    await answered(ib)
    assert [code for _, code, _ in errors.heard] == [321]


async def test_a_silent_instrument_says_nothing_and_then_where_it_stands(
    running: Running, ib: IB, apple: Contract, euro: Contract
) -> None:
    ticker, other = ib.reqMktData(apple), ib.reqMktData(euro)
    await until(ib, lambda: shown(ticker) == book(running, apple))
    running.gateway.quotes.silence(farm="usfarm")
    before = shown(ticker)
    for _ in range(40):
        running.gateway.market.step()
    await until(ib, lambda: shown(other) == book(running, euro))
    assert shown(ticker) == before
    running.gateway.quotes.resume(farm="usfarm")
    await until(ib, lambda: shown(ticker) == book(running, apple))
    quote = running.gateway.market.quote(apple.conId)
    assert (ticker.high, ticker.low) == (float(quote.high), float(quote.low))


async def test_single_instruments_can_be_silent(running: Running, ib: IB, apple: Contract) -> None:
    ticker = ib.reqMktData(apple)
    await until(ib, lambda: shown(ticker) == book(running, apple))
    running.gateway.quotes.silence(con_ids=[apple.conId])
    before = shown(ticker)
    running.gateway.market.step()
    await answered(ib)
    assert shown(ticker) == before
    running.gateway.quotes.resume()
    await until(ib, lambda: shown(ticker) == book(running, apple))


async def test_a_stream_that_was_not_revived_is_dead_until_it_is_asked_for_again(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    ticker = ib.reqMktData(apple)
    await until(ib, lambda: shown(ticker) == book(running, apple))
    running.gateway.quotes.silence(farm="usfarm")
    running.gateway.quotes.resume(farm="usfarm", revive=False)
    before = shown(ticker)
    running.gateway.market.step()
    await answered(ib)
    assert shown(ticker) == before
    ib.cancelMktData(apple)
    again = ib.reqMktData(apple)
    await until(ib, lambda: shown(again) == book(running, apple))
    assert errors.heard == []


async def test_streams_that_were_dropped_may_be_asked_for_again(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    ticker = ib.reqMktData(apple)
    await until(ib, lambda: shown(ticker) == book(running, apple))
    running.gateway.quotes.drop_all()
    before = shown(ticker)
    running.gateway.market.step()
    await answered(ib)
    assert shown(ticker) == before
    assert not [session for session in running.gateway.sessions if session.quotes]
    [request_id] = list(ib.wrapper.reqId2Ticker)
    ib.client.reqMktData(request_id, apple, "", False, False, [])
    await until(ib, lambda: shown(ticker) == book(running, apple))
    assert errors.heard == []


async def test_a_stream_that_was_dropped_can_be_cancelled_once(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    ib.reqMktData(apple)
    await answered(ib)
    running.gateway.quotes.drop_all()
    [request_id] = list(ib.wrapper.reqId2Ticker)
    for codes in ([], [300]):
        ib.client.cancelMktData(request_id)
        await answered(ib)
        assert errors.codes(request_id) == codes


async def test_a_stream_that_was_asked_for_beside_a_competing_session_begins_after_it(running: Running, ib: IB) -> None:
    running.gateway.link.has_competitor = True
    sap = Stock("SAP", "IBIS", "EUR", conId=14204)
    ib.reqMarketDataType(3)
    ticker = ib.reqMktData(sap)
    await answered(ib)
    assert math.isnan(ticker.bid)
    running.gateway.link.has_competitor = False
    running.gateway.data.renew()
    await until(ib, lambda: shown(ticker) == book(running, sap))
    assert ticker.marketDataType == 3


async def test_the_letters_of_best_bids_and_offers_are_explained(ib: IB, apple: Contract) -> None:
    ticker = ib.reqMktData(apple)
    await until(ib, lambda: ticker.bboExchange != "")
    components = await soon(ib.reqSmartComponentsAsync(ticker.bboExchange))
    assert ("ISLAND", "Q") in [(one.exchange, one.exchangeLetter) for one in components]
    assert [one.bitNumber for one in components] == list(range(len(components)))
    with pytest.raises(RequestError, match="nothing"):
        await soon(ib.reqSmartComponentsAsync("nothing"))
