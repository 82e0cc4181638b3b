"""A market that is moved, held and halted by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from ib_insync import IB, Contract, LimitOrder, MarketOrder

from brokers.simulator.scenario.scenario import VerbRefused
from tests.brokers.simulator.conftest import Errors, Running, answered, settled, until

BOUNDS = "at most 1000000000000, with at most 12 decimals"


async def test_the_market_makes_as_many_steps_as_it_is_told_to(running: Running) -> None:
    assert await running.scenario.do("step", count=3) == {"steps": 3}
    assert running.gateway.market.steps == 3


async def test_a_price_is_put_somewhere_shown_and_held(running: Running, ib: IB, apple: Contract) -> None:
    ticker = ib.reqMktData(apple)
    told = await running.scenario.do("quote", instrument="AAPL", bid="150.00", ask="150.05", last=150.02, bid_size=700)
    assert told == {"bid": "150", "ask": "150.05"}
    await until(ib, lambda: (ticker.bid, ticker.ask, ticker.last, ticker.bidSize) == (150.0, 150.05, 150.02, 700.0))
    running.gateway.market.step()
    assert running.gateway.market.quote(apple.conId).bid == Decimal(150)
    await running.scenario.do("unfreeze", instrument="AAPL")
    await until(ib, lambda: ticker.bid == float(running.gateway.market.quote(apple.conId).bid) != 150.0)


async def test_one_side_takes_the_other_along_and_the_book_with_it(running: Running, apple: Contract) -> None:
    before = running.gateway.market.quote(apple.conId)
    await running.scenario.do("quote", instrument=str(apple.conId), ask="200.00")
    now, book = running.gateway.market.quote(apple.conId), running.gateway.market.book(apple.conId)
    assert now.ask - now.bid == before.ask - before.bid
    assert (book.bids[0].price, book.asks[0].price, book.asks[0].size) == (now.bid, now.ask, now.ask_size)
    assert [level.price for level in book.bids] == sorted((level.price for level in book.bids), reverse=True)
    assert now.high >= now.bid >= now.low


async def test_a_resting_order_fills_when_the_price_is_put_through_it(
    running: Running, ib: IB, apple: Contract
) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 1, 180.0, tif="GTC"))
    await settled(ib, trade, "Submitted")
    await running.scenario.do("quote", instrument="AAPL", bid="179.90", ask="179.95")
    await settled(ib, trade, "Filled")
    assert trade.fills[0].execution.price == 179.95


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"instrument": "AAPL", "bid": 10, "ask": 9}, "a bid is above 0 and below the ask, and 10 is not"),
        (
            {"instrument": "AAPL", "bid": 0, "ask": 9},
            f"bid of quote is a decimal number above 0, {BOUNDS}, not 0",
        ),
        ({"instrument": "AAPL", "ask": "0.01"}, "a bid is above 0 and below the ask, and 0"),
        (
            {"instrument": "AAPL", "ask_size": -1},
            f"ask_size of quote is a decimal number from 0, {BOUNDS}, not -1",
        ),
        ({"instrument": "APPL", "bid": 10}, "no instrument is called 'APPL' (did you mean 'AAPL'?)"),
        ({"instrument": "EUR", "bid": 10}, "'EUR' names 2 instruments; take one's contract id: "),
        ({"instrument": "999"}, "no instrument is called '999'"),
    ],
)
async def test_a_price_that_can_not_be_is_refused(running: Running, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(VerbRefused) as refused:
        await running.scenario.do("quote", **arguments)
    assert said in str(refused.value)


async def test_a_currency_pair_is_named_by_its_local_symbol_and_gets_no_last_price(
    running: Running, euro: Contract
) -> None:
    await running.scenario.do("quote", instrument="eur.usd", bid="1.10000", ask="1.10005")
    quote = running.gateway.market.quote(euro.conId)
    assert (quote.bid, quote.last) == (Decimal("1.1"), None)


async def test_a_frozen_market_stands_still_until_it_is_let_go(
    running: Running, apple: Contract, euro: Contract
) -> None:
    market = running.gateway.market
    await running.scenario.do("freeze")
    before = market.quote(apple.conId), market.quote(euro.conId)
    await running.scenario.do("step", count=20)
    assert (market.quote(apple.conId), market.quote(euro.conId)) == before
    await running.scenario.do("unfreeze")
    await running.scenario.do("step", count=20)
    assert market.quote(apple.conId) != before[0]


async def test_one_instrument_can_be_frozen_alone(running: Running, apple: Contract, euro: Contract) -> None:
    market = running.gateway.market
    await running.scenario.do("freeze", instrument="AAPL")
    shares, currencies = market.quote(apple.conId), market.quote(euro.conId)
    await running.scenario.do("step", count=20)
    assert market.quote(apple.conId) == shares
    assert market.quote(euro.conId) != currencies


async def test_a_halt_is_told_and_nobody_trades_until_it_ends(running: Running, ib: IB, apple: Contract) -> None:
    ticker = ib.reqMktData(apple)
    await until(ib, lambda: ticker.halted == 0.0)
    await running.scenario.do("halt", instrument="AAPL")
    await until(ib, lambda: ticker.halted == 1.0)
    trade = ib.placeOrder(apple, MarketOrder("BUY", 1, tif="DAY"))
    await running.scenario.do("unfreeze")
    await running.scenario.do("step", count=5)
    await answered(ib)
    assert trade.fills == []
    assert trade.isActive()
    await running.scenario.do("halt", instrument="AAPL", on=False)
    await settled(ib, trade, "Filled")
    await until(ib, lambda: ticker.halted == 0.0)


async def test_a_stream_that_begins_in_a_halt_is_told_of_it(running: Running, ib: IB, apple: Contract) -> None:
    await running.scenario.do("halt", instrument="AAPL")
    ticker = ib.reqMktData(apple)
    await until(ib, lambda: ticker.halted == 1.0)


@pytest.mark.parametrize("revive", [True, False])
async def test_one_instrument_s_streams_go_quiet_and_speak_again(
    running: Running, ib: IB, apple: Contract, revive: bool
) -> None:
    ticker = ib.reqMktData(apple)
    await until(ib, lambda: ticker.bid > 0)
    await running.scenario.do("silence", instrument="AAPL")
    quiet_since = ticker.time
    await running.scenario.do("step", count=5)
    await answered(ib)
    assert ticker.time == quiet_since
    await running.scenario.do("end_silence", instrument="AAPL", revive=revive)
    await running.scenario.do("step", count=5)
    await answered(ib)
    assert (ticker.time != quiet_since) is revive


async def test_a_login_runs_out_of_lines(
    running: Running, ib: IB, apple: Contract, euro: Contract, errors: Errors
) -> None:
    await running.scenario.do("lines", count=1)
    ib.reqMktData(apple)
    ib.reqMktData(euro)
    await answered(ib)
    assert [code for _, code, _ in errors.heard] == [101]


@pytest.mark.parametrize("order", [("quote", "halt"), ("halt", "quote")])
async def test_a_price_that_was_put_somewhere_stays_there_when_a_halt_ends(
    running: Running, apple: Contract, order: tuple[str, ...]
) -> None:
    market = running.gateway.market
    for verb in order:
        prices = {"bid": "150.00", "ask": "150.05"} if verb == "quote" else {}
        await running.scenario.do(verb, instrument="AAPL", **prices)
    await running.scenario.do("halt", instrument="AAPL", on=False)
    await running.scenario.do("step", count=20)
    assert (market.quote(apple.conId).bid, market.is_halted(apple.conId)) == (Decimal(150), False)
    await running.scenario.do("unfreeze", instrument="AAPL")
    assert market.quote(apple.conId).bid != Decimal(150)


async def test_what_was_let_go_in_a_halt_goes_its_own_way_when_it_ends(running: Running, apple: Contract) -> None:
    await running.scenario.do("quote", instrument="AAPL", bid="150.00", ask="150.05")
    await running.scenario.do("halt", instrument="AAPL")
    await running.scenario.do("unfreeze")
    assert running.gateway.market.quote(apple.conId).bid == Decimal(150)
    await running.scenario.do("halt", instrument="AAPL", on=False)
    assert running.gateway.market.quote(apple.conId).bid != Decimal(150)
    assert running.gateway.market.pinned == []
