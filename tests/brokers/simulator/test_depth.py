from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ib_insync import IB, Contract, DOMLevel, Forex, Index, Stock, Ticker

from brokers.simulator.feeds.depth import changes
from brokers.simulator.market.book import Book, Level
from brokers.simulator.messages.depth import BID, DELETE, INSERT
from tests.brokers.simulator.conftest import Errors, RawClient, Running, answered, soon, until

LEVELS = st.lists(st.builds(Level, st.decimals(1, 9, places=1), st.decimals(1, 9, places=0)), max_size=6).map(tuple)


def rows(levels: list[DOMLevel]) -> list[tuple[float, float]]:
    return [(level.price, level.size) for level in levels]


def book(running: Running, contract: Contract, count: int) -> tuple[list[tuple[float, float]], ...]:
    now = running.gateway.market.book(contract.conId)
    return tuple([(float(one.price), float(one.size)) for one in side[:count]] for side in (now.bids, now.asks))


def shown(ticker: Ticker) -> tuple[list[tuple[float, float]], ...]:
    return rows(ticker.domBids), rows(ticker.domAsks)


@pytest.mark.parametrize(
    ("contract", "is_smart", "names_makers"),
    [
        (Forex("EURUSD", conId=12087792), False, False),
        (Stock("AAPL", "ISLAND", "USD", conId=265598), False, True),
        (Stock("AAPL", "SMART", "USD", conId=265598), True, True),
    ],
)
async def test_a_book_shows_its_rows_and_follows_the_market(
    running: Running, ib: IB, contract: Contract, is_smart: bool, names_makers: bool
) -> None:
    ticker = ib.reqMktDepth(contract, 7, isSmartDepth=is_smart)
    for _ in range(30):
        await until(ib, lambda: shown(ticker) == book(running, contract, 7))
        running.gateway.market.step()
    assert all(bool(level.marketMaker) is names_makers for level in (*ticker.domBids, *ticker.domAsks))
    assert len(ticker.domBids) == 7


@given(before=st.builds(Book, LEVELS, LEVELS), now=st.builds(Book, LEVELS, LEVELS))
def test_the_changes_turn_one_book_into_the_other(before: Book, now: Book) -> None:
    """As a client does it: rows are inserted, overwritten and deleted by their place."""
    sides = {BID: list(before.bids), 1 - BID: list(before.asks)}
    for row in changes(before, now):
        side = sides[row.side]
        if row.operation == INSERT:
            side.insert(row.position, Level(row.price, row.size))
        elif row.operation == DELETE:
            del side[row.position]
        else:
            side[row.position] = Level(row.price, row.size)
    assert (tuple(sides[BID]), tuple(sides[1 - BID])) == (now.bids, now.asks)


async def test_three_books_are_enough_for_one_client(running: Running, ib: IB, errors: Errors) -> None:
    pairs = [("EURUSD", 12087792), ("GBPUSD", 12087797), ("AUDUSD", 14433401), ("USDJPY", 15016059)]
    contracts = [Forex(name, conId=con_id) for name, con_id in pairs]
    for contract in contracts:
        ib.reqMktDepth(contract)
    await answered(ib)
    [(_, code, text)] = errors.heard
    assert (code, "Max number (3) of market depth requests" in text) == (309, True)
    ib.cancelMktDepth(contracts[0])
    other = await running.connect(2)
    other.reqMktDepth(contracts[3])
    ib.reqMktDepth(contracts[0])
    await answered(ib)
    await answered(other)
    assert len(errors.heard) == 1


async def test_a_book_of_a_silent_farm_stands_still_and_then_goes_on(running: Running, ib: IB, euro: Contract) -> None:
    ticker = ib.reqMktDepth(euro)
    await until(ib, lambda: shown(ticker) == book(running, euro, 5))
    running.gateway.quotes.silence(farm="cashfarm")
    before = shown(ticker)
    running.gateway.market.step()
    await answered(ib)
    assert shown(ticker) == before
    running.gateway.quotes.resume(farm="cashfarm")
    running.gateway.market.step()
    await until(ib, lambda: shown(ticker) == book(running, euro, 5))


async def test_a_cancelled_book_is_silent(running: Running, ib: IB, euro: Contract) -> None:
    ticker = ib.reqMktDepth(euro)
    await until(ib, lambda: len(ticker.domBids) == 5)
    ib.cancelMktDepth(euro)
    await answered(ib)
    before = shown(ticker)
    running.gateway.market.step()
    await answered(ib)
    assert shown(ticker) == before


@pytest.mark.parametrize(
    ("contract", "is_smart"),
    [
        (Stock("AAPL", "SMART", "USD", conId=265598), False),
        (Stock("AAPL", "ISLAND", "USD", conId=265598), True),
        (Index("SPX", "CBOE", "USD", conId=416904), False),
    ],
)
async def test_a_book_that_there_is_not_is_refused(ib: IB, errors: Errors, contract: Contract, is_smart: bool) -> None:
    ib.reqMktDepth(contract, isSmartDepth=is_smart)
    await answered(ib)
    assert [code for _, code, _ in errors.heard] == [10092]


async def test_a_book_that_is_not_watched_can_not_be_cancelled(raw: RawClient) -> None:
    await raw.start()
    raw.send(11, 1, 77, 0)
    refused = await raw.receive()
    assert (refused[2], refused[3]) == ("77", "310")


async def test_the_exchanges_in_a_smart_book_are_told(ib: IB, errors: Errors, apple: Contract) -> None:
    ib.reqMktDepth(apple, isSmartDepth=True)
    await answered(ib)
    [(_, code, text)] = errors.heard
    assert code == 2152
    assert text.startswith("Exchanges - Depth: ")
    assert "ISLAND" in text


async def test_the_exchanges_that_have_depth_are_listed(ib: IB) -> None:
    found = await soon(ib.reqMktDepthExchangesAsync())
    assert ("ISLAND", "STK", "Deep2") in [(one.exchange, one.secType, one.serviceDataType) for one in found]
    assert {one.secType for one in found} >= {"STK", "CASH", "FUT"}
    assert all(isinstance(one.aggGroup, int) for one in found)
