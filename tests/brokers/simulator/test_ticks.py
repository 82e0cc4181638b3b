from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ib_insync import IB, Contract, RequestError, Stock, TickByTickBidAsk, TickByTickMidPoint

from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.market.quote import Quote
from tests.brokers.simulator.conftest import Errors, RawClient, Running, answered, soon, started, stopped, until
from tests.brokers.simulator.hand_clock import WEDNESDAY, HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def running(tmp_path: Path, clock: HandClock) -> AsyncIterator[Running]:
    one = await started(tmp_path / "ledger.jsonl", calendar=Calendar(clock, always_open=False))
    yield one
    await stopped(one)


class Quotes:
    """Every quote that the market made, as it was made."""

    def __init__(self, running: Running, contract: Contract) -> None:
        self.made: list[Quote] = []
        running.gateway.market.watch(self._note, lambda: [contract.conId])

    def _note(self, _con_id: int, _before: Quote, now: Quote) -> None:
        self.made.append(now)


class Heard:
    """Every single tick that a client was told of one stream."""

    def __init__(self, ib: IB, contract: Contract, kind: str, **options: Any) -> None:
        self.ticks: list[Any] = []
        self.ticker = ib.reqTickByTickData(contract, kind, **options)
        self.ticker.updateEvent += lambda ticker: self.ticks.extend(ticker.tickByTicks)


async def test_every_trade_is_told(running: Running, ib: IB, apple: Contract, clock: HandClock) -> None:
    quotes, heard = Quotes(running, apple), Heard(ib, apple, "AllLast")
    await answered(ib)
    clock.run(running.gateway.market, 10)
    await until(ib, lambda: len(heard.ticks) == 40)
    assert [(tick.price, tick.size) for tick in heard.ticks] == [
        (float(quote.last or 0), float(quote.last_size or 0)) for quote in quotes.made
    ]
    assert {(tick.exchange, tick.tickType) for tick in heard.ticks} == {("NASDAQ", 2)}


async def test_every_change_of_bid_or_ask_is_told(running: Running, ib: IB, euro: Contract, clock: HandClock) -> None:
    quotes, heard = Quotes(running, euro), Heard(ib, euro, "BidAsk")
    await answered(ib)
    clock.run(running.gateway.market, 10)
    seen = [(quote.bid, quote.ask, quote.bid_size, quote.ask_size) for quote in quotes.made]
    changes = [now for number, now in enumerate(seen) if number == 0 or now != seen[number - 1]]
    await until(ib, lambda: len(heard.ticks) == len(changes))
    assert [(tick.bidPrice, tick.askPrice, tick.bidSize, tick.askSize) for tick in heard.ticks] == [
        tuple(float(number) for number in change) for change in changes
    ]


async def test_midpoints_and_prices_without_sizes_are_told_when_they_change(
    running: Running, ib: IB, euro: Contract, clock: HandClock
) -> None:
    quotes, heard = Quotes(running, euro), Heard(ib, euro, "MidPoint")
    ib.reqTickByTickData(euro, "BidAsk", ignoreSize=True)
    await answered(ib)
    clock.run(running.gateway.market, 60)
    seen = [float(quote.middle) for quote in quotes.made]
    changes = [now for number, now in enumerate(seen) if number == 0 or now != seen[number - 1]]
    await until(ib, lambda: len(heard.ticks) == 2 * len(changes))
    middles = [tick for tick in heard.ticks if isinstance(tick, TickByTickMidPoint)]
    prices = [tick for tick in heard.ticks if isinstance(tick, TickByTickBidAsk)]
    assert [tick.midPoint for tick in middles] == changes
    assert len(prices) == len(changes)
    assert 1 < len(changes) < len(seen)


async def test_a_stream_can_begin_with_the_past(ib: IB, apple: Contract, running: Running) -> None:
    [request_id] = [ib.client.getReqId()]
    future = ib.wrapper.startReq(request_id, apple)
    ib.client.reqTickByTickData(request_id, apple, "Last", 12, False)
    past = await soon(future)
    assert len(past) == 12
    assert past[-1].time == WEDNESDAY - timedelta(seconds=1)


async def test_five_streams_are_enough_for_a_login(running: Running, ib: IB, errors: Errors) -> None:
    symbols = [("AAPL", 265598), ("MSFT", 272093), ("AMD", 4391), ("INTC", 270639), ("NVDA", 4815747)]
    for symbol, con_id in symbols:
        ib.reqTickByTickData(Stock(symbol, "SMART", "USD", conId=con_id), "Last")
    await answered(ib)
    assert errors.heard == []
    other = await running.connect(2)
    heard = Errors(other)
    other.reqTickByTickData(Stock("IBM", "SMART", "USD", conId=8314), "Last")
    await answered(other)
    assert [code for _, code, _ in heard.heard] == [10190]


async def test_a_cancelled_stream_is_silent(running: Running, ib: IB, apple: Contract, clock: HandClock) -> None:
    heard = Heard(ib, apple, "Last")
    await answered(ib)
    clock.run(running.gateway.market, 1)
    await until(ib, lambda: len(heard.ticks) == 4)
    ib.cancelTickByTickData(apple, "Last")
    await answered(ib)
    clock.run(running.gateway.market, 5)
    await answered(ib)
    assert len(heard.ticks) == 4


async def test_streams_that_there_are_not_are_refused(ib: IB, euro: Contract, apple: Contract, errors: Errors) -> None:
    ib.reqTickByTickData(euro, "Last")
    ib.reqTickByTickData(Stock("SAP", "IBIS", "EUR", conId=14204), "BidAsk")
    ib.reqTickByTickData(apple, "Nothing")
    await answered(ib)
    assert [code for _, code, _ in errors.heard] == [10189, 10189, 321]


async def test_a_stream_that_nobody_has_can_not_be_cancelled(raw: RawClient) -> None:
    await raw.start()
    raw.send(98, 77)
    refused = await raw.receive()
    assert (refused[2], refused[3]) == ("77", "300")


async def past(ib: IB, contract: Contract, *, start: Any = "", end: Any = "", **changes: Any) -> Any:
    terms = {"numberOfTicks": 100, "whatToShow": "TRADES", "useRth": True} | changes
    return await soon(ib.reqHistoricalTicksAsync(contract, start, end, **terms))


async def test_trades_of_the_past_come_page_by_page(ib: IB, apple: Contract) -> None:
    first = await past(ib, apple, start="20260318 10:00:00 US/Eastern")
    assert first[0].time == datetime(2026, 3, 18, 14, 0, tzinfo=UTC)
    assert len(first) == 100
    following = await past(ib, apple, start=first[-1].time + timedelta(seconds=1))
    both = await past(ib, apple, start="20260318 10:00:00 US/Eastern", numberOfTicks=200)
    assert first + following == both
    assert all(tick.size > 0 and tick.exchange == "NASDAQ" for tick in both)


async def test_bids_and_asks_of_the_past_come_up_to_an_end(ib: IB, euro: Contract) -> None:
    ticks = await past(ib, euro, end=WEDNESDAY - timedelta(minutes=1), whatToShow="BID_ASK", ignoreSize=False)
    assert ticks[-1].time == WEDNESDAY - timedelta(seconds=61)
    assert all(tick.priceBid < tick.priceAsk and tick.sizeBid > 0 and tick.sizeAsk > 0 for tick in ticks)
    middles = await past(ib, euro, end=WEDNESDAY, whatToShow="MIDPOINT")
    assert all(tick.size == 0 and tick.price > 0 for tick in middles)


async def test_ticks_of_the_past_are_those_that_were_streamed(
    running: Running, ib: IB, apple: Contract, clock: HandClock
) -> None:
    heard = Heard(ib, apple, "AllLast")
    await answered(ib)
    clock.run(running.gateway.market, 9.75)
    await until(ib, lambda: len(heard.ticks) == 39)
    clock.forward(1)
    ticks = await past(ib, apple, start=WEDNESDAY, end=WEDNESDAY + timedelta(seconds=10))
    assert [(tick.price, tick.size) for tick in ticks] == [(tick.price, tick.size) for tick in heard.ticks]


@pytest.mark.parametrize(
    ("contract", "changes", "code"),
    [
        (Stock("AAPL", "SMART", "USD", conId=265598), {}, 321),
        (Stock("AAPL", "SMART", "USD", conId=265598), {"start": WEDNESDAY, "numberOfTicks": 1001}, 321),
        (Stock("AAPL", "SMART", "USD", conId=265598), {"start": WEDNESDAY, "whatToShow": "ASK"}, 321),
        (Stock("AAPL", "SMART", "USD", conId=265598), {"start": "then"}, 10314),
        (Stock("SAP", "IBIS", "EUR", conId=14204), {"start": WEDNESDAY}, 10187),
        (Contract(conId=12087792, exchange="IDEALPRO"), {"start": WEDNESDAY}, 10187),
        (Stock("NOPE", "SMART", "USD"), {"start": WEDNESDAY}, 200),
    ],
)
async def test_ticks_that_there_are_not_are_refused(
    ib: IB, contract: Contract, changes: dict[str, Any], code: int
) -> None:
    with pytest.raises(RequestError) as caught:
        await past(ib, contract, **changes)
    assert caught.value.code == code


async def test_requests_for_bids_and_asks_weigh_two(ib: IB, apple: Contract) -> None:
    for number in range(30):
        await past(ib, apple, end=WEDNESDAY - timedelta(seconds=number), whatToShow="BID_ASK", numberOfTicks=1)
    with pytest.raises(RequestError, match="pacing violation"):
        await past(ib, apple, end=WEDNESDAY - timedelta(hours=1), numberOfTicks=1)


async def test_requests_for_ticks_are_paced_as_those_for_bars(ib: IB, apple: Contract) -> None:
    await past(ib, apple, end=WEDNESDAY)
    with pytest.raises(RequestError, match="pacing violation"):
        await past(ib, apple, end=WEDNESDAY)
