"""While an answer takes long to make, everybody else is served; and so is the client who waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from ib_insync import IB, Contract, LimitOrder, MarketOrder, Option

from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.scenario.steps import parse_step
from tests.brokers.simulator.conftest import RawClient, Running, answered, became, settled, soon, started, stopped
from tests.brokers.simulator.hand_clock import HandClock
from tests.brokers.simulator.order_scenes import step

APPLE = ["265598", "", "", "", "0.0", *[""] * 7, 0]
MATCHES, ERROR, HISTORY, DETAILS, DETAILS_END, TIME = "79", "4", "17", "10", "52", "49"
TICKS, ONE_TICK = "98", "99"


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    """Every step of a long answer waits for the loop to come round: the order of things is the same at any pace."""
    one = await started(tmp_path / "ledger.jsonl", calendar=Calendar(HandClock()))
    one.server.intake.slices.seconds = 0
    yield one
    await stopped(one)


async def client(running: Running, client_id: int) -> RawClient:
    raw = await running.raw()
    await raw.start(client_id)
    return raw


def ask_history(raw: RawClient, request_id: int, *, duration: str = "1 D", size: str = "1 min", up: int = 0) -> None:
    raw.send(20, request_id, *APPLE, "", size, duration, 1, "TRADES", 2, up, "")


def is_making(running: Running, client_id: int) -> bool:
    """Whether one of the client's answers that it could cancel is being made."""
    session = running.gateway.sessions.get(client_id)
    return session is not None and session.long_answers.open > 0


async def test_another_clients_request_is_answered_before_a_long_one_is_complete(running: Running) -> None:
    patient, other = await client(running, 1), await client(running, 2)
    ask_history(patient, 1)
    await became(lambda: is_making(running, 1))
    other.send(81, 7, "AAPL")
    await other.receive_until(lambda fields: fields[0] == MATCHES)
    assert is_making(running, 1)
    told = (await patient.receive_until(lambda fields: fields[0] == HISTORY))[-1]
    assert (told[1], int(told[4])) == ("1", 1440)


async def test_the_client_who_waits_trades_meanwhile_and_its_quotes_go_on(
    running: Running, ib: IB, apple: Contract
) -> None:
    ticker = ib.reqMktData(apple)
    await answered(ib)
    history = asyncio.ensure_future(ib.reqHistoricalDataAsync(apple, "", "1 D", "1 min", "TRADES", useRTH=False))
    await became(lambda: is_making(running, 1))
    before = ticker.bid, ticker.ask, ticker.lastSize, ticker.volume
    step(running, 4)
    trade = ib.placeOrder(apple, MarketOrder("BUY", 1, tif="DAY"))
    await settled(ib, trade, "Filled")
    assert (ticker.bid, ticker.ask, ticker.lastSize, ticker.volume) != before
    assert not history.done()
    assert len(await soon(history)) == 1440


async def test_long_answers_that_are_made_in_turn_are_what_each_would_be_alone(running: Running) -> None:
    clients = [await client(running, number) for number in (1, 2, 3)]
    for one, duration in zip(clients, ("1800 S", "3600 S", "7200 S"), strict=True):
        ask_history(one, 1, duration=duration)
    told = [(await one.receive_until(lambda fields: fields[0] == HISTORY))[-1] for one in clients]
    assert [int(fields[4]) for fields in told] == [30, 60, 120]
    short, middle, long = (fields[5:] for fields in told)
    assert short == middle[-len(short) :]
    assert middle == long[-len(middle) :]


async def test_a_cancelled_answer_is_made_no_further(running: Running) -> None:
    raw = await client(running, 1)
    ask_history(raw, 1)
    await became(lambda: is_making(running, 1))
    raw.send(25, 1, 1)
    *_, confirmed = await raw.receive_until(lambda fields: fields[0] == ERROR)
    assert confirmed[2:4] == ["1", "162"]
    assert "cancelled" in confirmed[4]
    assert not is_making(running, 1)
    ask_history(raw, 2, duration="2 D")
    told = await raw.receive_until(lambda fields: fields[0] == HISTORY)
    assert [fields[1] for fields in told] == ["2"]


async def test_a_request_id_is_taken_while_its_answer_is_being_made(running: Running) -> None:
    raw = await client(running, 1)
    ask_history(raw, 1)
    await became(lambda: is_making(running, 1))
    ask_history(raw, 1, size="5 mins")
    *_, refused = await raw.receive_until(lambda fields: fields[0] == ERROR)
    assert refused[2:4] == ["1", "386"]
    *_, told = await raw.receive_until(lambda fields: fields[0] == HISTORY)
    assert int(told[4]) == 1440


async def test_nothing_is_made_for_a_client_who_left(running: Running) -> None:
    raw, other = await client(running, 1), await client(running, 2)
    ask_history(raw, 1)
    await became(lambda: is_making(running, 1))
    session = running.gateway.sessions.get(1)
    assert session is not None
    await raw.close()
    await running.gone(1)
    [answer] = session.long_answers.all
    ask_history(other, 1, duration="2 D")
    await other.receive_until(lambda fields: fields[0] == HISTORY)
    assert next(answer.steps, "complete") != "complete"


async def test_bars_that_are_kept_up_to_date_go_on_where_the_long_answer_ended(running: Running) -> None:
    raw = await client(running, 1)
    ask_history(raw, 1, duration="7200 S", up=1)
    await became(lambda: is_making(running, 1))
    step(running, 40)
    *_, told = await raw.receive_until(lambda fields: fields[0] == HISTORY)
    assert int(told[4]) == 120
    step(running)
    *_, update = await raw.receive_until(lambda fields: fields[0] == "90")
    assert update[3] == told[-8]


async def test_what_a_scenario_puts_after_a_request_comes_after_its_long_answer(running: Running) -> None:
    raw = await client(running, 1)
    running.scenario.plan([parse_step({"when": "reqHistoricalData", "do": "notice", "code": 2999, "text": "after"})])
    ask_history(raw, 1, duration="3600 S")
    told = await raw.receive_until(lambda fields: fields[0] == ERROR)
    assert [fields[0] for fields in told] == [HISTORY, ERROR]


async def test_a_long_answer_that_a_broken_link_delays_comes_when_it_is_back(running: Running) -> None:
    raw = await client(running, 1)
    ask_history(raw, 1, duration="3600 S")
    await became(lambda: is_making(running, 1))
    await running.scenario.do("drop_link")
    await became(lambda: not is_making(running, 1))
    raw.send(49, 1)
    told = await raw.receive_until(lambda fields: fields[0] == TIME)
    assert HISTORY not in [fields[0] for fields in told]
    await running.scenario.do("restore_link")
    *_, late = await raw.receive_until(lambda fields: fields[0] == HISTORY)
    assert int(late[4]) == 60


async def test_a_chain_is_told_contract_by_contract_while_others_are_answered(running: Running, ib: IB) -> None:
    other = await client(running, 2)
    chain = ib.reqContractDetailsAsync(Option("SPY", exchange="SMART", currency="USD"))
    session = running.gateway.sessions.get(1)
    assert session is not None
    await became(lambda: bool(session.long_answers.all))
    other.send(81, 7, "AAPL")
    await other.receive_until(lambda fields: fields[0] == MATCHES)
    assert not chain.done()
    assert len(await soon(chain)) > 2000


async def test_a_stream_of_ticks_begins_when_its_past_was_told(running: Running) -> None:
    raw = await client(running, 1)
    raw.send(97, 1, *APPLE[:-1], "Last", 50, 0)
    await became(lambda: is_making(running, 1))
    step(running, 3)
    told = await raw.receive_until(lambda fields: fields[0] == TICKS)
    assert [fields[0] for fields in told] == [TICKS]
    step(running)
    *_, tick = await raw.receive_until(lambda fields: fields[0] == ONE_TICK)
    assert tick[1] == "1"


async def test_ticks_of_the_past_are_looked_for_while_others_are_answered(running: Running) -> None:
    patient, other = await client(running, 1), await client(running, 2)
    patient.send(96, 1, *APPLE, "", "20260318 10:59:00 US/Eastern", 1000, "MIDPOINT", 0, 0, "")
    await became(lambda: is_making(running, 1))
    other.send(81, 7, "AAPL")
    await other.receive_until(lambda fields: fields[0] == MATCHES)
    assert is_making(running, 1)
    *_, told = await patient.receive_until(lambda fields: fields[0] == "96")
    assert int(told[2]) >= 1000


async def test_an_order_is_cancelled_while_a_long_answer_is_made(running: Running, ib: IB, apple: Contract) -> None:
    trade = ib.placeOrder(apple, LimitOrder("BUY", 1, 100.0, tif="GTC"))
    await settled(ib, trade, "Submitted")
    history = asyncio.ensure_future(ib.reqHistoricalDataAsync(apple, "", "1 D", "1 min", "TRADES", useRTH=False))
    await became(lambda: is_making(running, 1))
    ib.cancelOrder(trade.order)
    await settled(ib, trade, "Cancelled")
    assert not history.done()
    await soon(history)
