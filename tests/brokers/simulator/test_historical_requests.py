from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ib_insync import IB, Contract, Crypto, Future, Index, RequestError, Stock

from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.connections.farms import FarmState
from brokers.simulator.market.chart import LEGAL_SIZES
from tests.brokers.simulator.conftest import (
    DEADLINE,
    Errors,
    RawClient,
    Running,
    answered,
    soon,
    started,
    stopped,
    until,
)
from tests.brokers.simulator.hand_clock import WEDNESDAY, HandClock

# Apple by its contract id alone, and nothing that has expired.
APPLE = [265598, "", "", "", "0.0", *[""] * 7, 0]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def running(tmp_path: Path, clock: HandClock) -> AsyncIterator[Running]:
    one = await started(tmp_path / "ledger.jsonl", calendar=Calendar(clock, always_open=False))
    yield one
    await stopped(one)


async def asked(ib: IB, contract: Contract, *, seconds: float = DEADLINE, **changes: Any) -> Any:
    terms = {
        "endDateTime": "",
        "durationStr": "1 D",
        "barSizeSetting": "1 min",
        "whatToShow": "TRADES",
        "useRTH": True,
        "formatDate": 1,
    }
    return await soon(ib.reqHistoricalDataAsync(contract, **terms | changes), seconds=seconds)


async def refusal(ib: IB, contract: Contract, **changes: Any) -> tuple[int, str]:
    with pytest.raises(RequestError) as caught:
        await asked(ib, contract, **changes)
    return caught.value.code, caught.value.message


async def test_bars_come_with_the_exchanges_time_zone(ib: IB, apple: Contract) -> None:
    bars = await asked(ib, apple)
    assert bars[0].date == datetime(2026, 3, 18, 13, 30, tzinfo=UTC)
    assert str(bars[0].date.tzinfo) == "US/Eastern"
    assert len(bars) == 91
    assert all(bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high for bar in bars)
    assert all(bar.volume > 0 and bar.barCount > 0 and bar.low <= bar.average <= bar.high for bar in bars)


async def test_times_come_as_numbers_when_that_is_asked(ib: IB, apple: Contract) -> None:
    bars = await asked(ib, apple, formatDate=2)
    assert bars[0].date == datetime(2026, 3, 18, 13, 30, tzinfo=UTC)
    assert bars[0].date.tzinfo is UTC


async def test_days_are_dates_however_times_are_told(ib: IB, apple: Contract) -> None:
    days = await asked(ib, apple, barSizeSetting="1 day", durationStr="1 W", formatDate=2)
    assert [bar.date for bar in days][-2:] == [date(2026, 3, 17), date(2026, 3, 18)]


@pytest.mark.parametrize("size", LEGAL_SIZES)
async def test_every_size_of_bars_is_answered(ib: IB, apple: Contract, size: str) -> None:
    duration = "1800 S" if size.endswith("secs") else "2 D" if "M" not in size and "W" not in size else "1 Y"
    assert await asked(ib, apple, barSizeSetting=size, durationStr=duration)


@pytest.mark.parametrize("what", ["TRADES", "MIDPOINT", "BID", "ASK", "BID_ASK", "ADJUSTED_LAST"])
async def test_every_way_to_look_is_answered(ib: IB, apple: Contract, what: str) -> None:
    bars = await asked(ib, apple, whatToShow=what, barSizeSetting="1 hour")
    assert all((bar.volume == -1) is (what not in ("TRADES", "ADJUSTED_LAST")) for bar in bars)


@pytest.mark.parametrize(
    ("end", "last"),
    [
        ("20260317 11:00:00 US/Eastern", datetime(2026, 3, 17, 14, 55, tzinfo=UTC)),
        ("20260317-15:00:00", datetime(2026, 3, 17, 14, 55, tzinfo=UTC)),
        (datetime(2026, 3, 17, 15, 0, tzinfo=UTC), datetime(2026, 3, 17, 14, 55, tzinfo=UTC)),
        ("20260314 12:00:00 UTC", datetime(2026, 3, 13, 19, 55, tzinfo=UTC)),
        ("20300101 00:00:00 UTC", WEDNESDAY),
    ],
)
async def test_bars_end_where_they_are_asked_to(ib: IB, apple: Contract, end: Any, last: datetime) -> None:
    bars = await asked(ib, apple, endDateTime=end, barSizeSetting="5 mins")
    assert bars[-1].date == last


async def test_a_time_without_a_zone_is_taken_with_a_warning(ib: IB, apple: Contract, errors: Errors) -> None:
    bars = await asked(ib, apple, endDateTime="20260317 11:00:00", barSizeSetting="5 mins")
    assert bars[-1].date == datetime(2026, 3, 17, 14, 55, tzinfo=UTC)
    assert [code for _, code, _ in errors.heard] == [2174]


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"endDateTime": "yesterday"}, 10314, "End Date/Time"),
        ({"barSizeSetting": "7 mins"}, 321, "Legal ones are: 1 secs, 5 secs"),
        ({"durationStr": "400 D"}, 321, "must be made in years"),
        ({"durationStr": "soon"}, 321, "duration"),
        ({"whatToShow": "EVERYTHING"}, 321, "What to show"),
        ({"formatDate": 0}, 321, "Date formatting selection of 0 rejected"),
        ({"durationStr": "1 Y", "barSizeSetting": "1 secs"}, 162, "Time length exceed max"),
        ({"endDateTime": "19700105-00:00:00"}, 162, "HMDS query returned no data: AAPL@SMART Trades"),
        ({"endDateTime": "20260317-15:00:00", "keepUpToDate": True}, 321, "kept up to date"),
        ({"endDateTime": "20260317-15:00:00", "whatToShow": "ADJUSTED_LAST"}, 321, "adjusted last"),
    ],
)
async def test_a_request_that_ib_refuses_is_refused_in_its_words(
    ib: IB, apple: Contract, changes: dict[str, Any], code: int, text: str
) -> None:
    refused, words = await refusal(ib, apple, **changes)
    assert refused == code
    assert text in words


async def test_a_currency_pair_has_no_trades_to_show(ib: IB, euro: Contract) -> None:
    code, text = await refusal(ib, euro)
    assert code == 162
    assert "No historical market data for EUR/CASH@IDEALPRO Last 60" in text
    assert await asked(ib, euro, whatToShow="MIDPOINT")


async def test_a_cryptocurrencys_trades_have_a_name_of_their_own(ib: IB) -> None:
    bitcoin = Crypto("BTC", "PAXOS", "USD")
    assert (await refusal(ib, bitcoin))[0] == 10299
    assert await asked(ib, bitcoin, whatToShow="AGGTRADES")


async def test_what_is_not_paid_for_has_no_history(ib: IB) -> None:
    code, text = await refusal(ib, Stock("SAP", "IBIS", "EUR", conId=14204))
    assert (code, text.endswith("No market data permissions for IBIS STK")) == (162, True)


async def test_an_index_has_no_bids(ib: IB) -> None:
    spx = Index("SPX", "CBOE", "USD", conId=416904)
    assert "HMDS query returned no data: SPX@CBOE Bid" in (await refusal(ib, spx, whatToShow="BID"))[1]
    assert await asked(ib, spx)


async def test_what_expired_has_a_history_for_who_includes_it(ib: IB) -> None:
    expired = Future("ES", "20180921", "CME", conId=279396750, includeExpired=True)
    bars = await asked(
        ib, expired, endDateTime="20180921-22:00:00", durationStr="5 D", barSizeSetting="1 day", useRTH=False
    )
    assert bars[-1].date == date(2018, 9, 21)
    expired.includeExpired = False
    assert (await refusal(ib, expired))[0] == 200


async def test_an_identical_request_within_fifteen_seconds_is_a_violation(
    ib: IB, apple: Contract, clock: HandClock
) -> None:
    first = await asked(ib, apple)
    code, text = await refusal(ib, apple)
    assert code == 162
    assert text.endswith("Historical Market Data Service error message:Historical data request pacing violation")
    clock.forward(15)
    assert (await asked(ib, apple))[:-1] == first[:-1]


async def test_sixty_requests_in_ten_minutes_are_enough_for_a_login(
    running: Running, apple: Contract, clock: HandClock
) -> None:
    first, second = await running.connect(1), await running.connect(2)
    for number in range(30):
        for client in (first, second):
            end = WEDNESDAY - timedelta(hours=number, minutes=client.client.clientId)
            await asked(client, apple, endDateTime=end, durationStr="60 S")
    assert (await refusal(second, apple))[0] == 162
    clock.forward(601)
    assert await asked(second, apple)


async def test_bars_of_bids_and_asks_weigh_two(ib: IB, apple: Contract, clock: HandClock) -> None:
    for number in range(30):
        end = WEDNESDAY - timedelta(minutes=number)
        await asked(ib, apple, endDateTime=end, durationStr="60 S", whatToShow="BID_ASK")
    assert (await refusal(ib, apple))[0] == 162


async def test_a_chart_says_nothing_while_nothing_happens(
    running: Running, raw: RawClient, apple: Contract, clock: HandClock
) -> None:
    await raw.start()
    raw.send(20, 5, *APPLE, "", "1 min", "60 S", 1, "TRADES", 1, 1, "")
    await raw.receive()
    clock.run(running.gateway.market, 0.5)
    running.gateway.market.is_frozen = True
    for _ in range(4):
        running.gateway.market.step()
    raw.send(49, 1)
    told = await raw.receive_until(lambda fields: fields[0] == "49")
    assert [fields[0] for fields in told] == ["90", "90", "49"]


async def test_a_charts_id_is_taken(running: Running, raw: RawClient, clock: HandClock) -> None:
    await raw.start()
    for size in ("1 min", "5 mins"):
        raw.send(20, 5, *APPLE, "", size, "60 S", 1, "TRADES", 1, 1, "")
    answers = await raw.receive_until(lambda fields: fields[0] == "4")
    assert [fields[0] for fields in answers] == ["17", "4"]
    assert answers[-1][3] == "386"


async def test_a_chart_is_kept_up_to_date(running: Running, ib: IB, apple: Contract, clock: HandClock) -> None:
    bars = await asked(ib, apple, durationStr="600 S", keepUpToDate=True)
    begun = len(bars)
    clock.run(running.gateway.market, 130)
    await until(ib, lambda: len(bars) == begun + 2 and bars[-1].barCount == 41)
    clock.forward(20)
    again = await asked(ib, apple, durationStr="900 S")
    assert [bar for bar in again if bar.date >= bars[0].date][:-1] == bars[:-1]
    quote = running.gateway.market.quote(apple.conId)
    assert bars[-1].close == float(quote.last or 0)


async def test_after_a_long_silence_a_chart_goes_on_with_what_is_recent(
    running: Running, ib: IB, apple: Contract, clock: HandClock
) -> None:
    bars = await asked(ib, apple, durationStr="600 S", barSizeSetting="5 secs", useRTH=False, keepUpToDate=True)
    begun = len(bars)
    clock.run(running.gateway.market, 2)
    running.gateway.quotes.silence(con_ids=[apple.conId])
    clock.run(running.gateway.market, 3)
    clock.forward(48 * 3600)
    running.gateway.quotes.resume(con_ids=[apple.conId])
    running.gateway.market.step()
    await until(ib, lambda: len(bars) > begun and bars[-1].date >= clock.moment - timedelta(seconds=5))
    assert bars[begun - 1].barCount == 19
    assert [bar.date for bar in bars[begun:]] == [
        WEDNESDAY + timedelta(days=2, seconds=5 * number) for number in range(-11, 2)
    ]


@pytest.mark.parametrize(
    ("end", "duration"),
    [
        ("00010101-00:00:00", "1 Y"),
        ("00010101-00:00:00", "100 Y"),
        ("00010101-00:00:00", "1 W"),
        ("00010101-00:00:00", "1 D"),
        ("00010102 00:00:00 US/Eastern", "1 W"),
        ("00500101-00:00:00", "100 Y"),
    ],
)
@pytest.mark.parametrize("what", ["TRADES", "SCHEDULE"])
async def test_a_time_before_all_records_is_refused_and_the_client_stays(
    running: Running, raw: RawClient, end: str, duration: str, what: str
) -> None:
    await raw.start()
    raw.send(20, 5, *APPLE, end, "1 day", duration, 1, what, 1, 0, "")
    refused = await raw.receive()
    assert (refused[0], refused[2], refused[3]) == ("4", "5", "10314")
    assert running.rows("unreadable") == []


async def test_the_first_year_that_can_be_asked_for_has_no_data_however_long(ib: IB, apple: Contract) -> None:
    for number, duration in enumerate(("1 W", "12 M", "100 Y", "1 D", "60 S")):
        end = f"19000101-00:00:0{number}"
        assert (await refusal(ib, apple, endDateTime=end, durationStr=duration, barSizeSetting="1 day"))[0] == 162


@pytest.mark.parametrize(
    ("contract", "duration"),
    [
        (Stock("SPY", "SMART", "USD"), "20 Y"),
        (Stock("AAPL", "SMART", "USD"), "30 Y"),
        (Stock("AAPL", "SMART", "USD"), "100 Y"),
        (Future("ES", "202606", "CME"), "3 Y"),
    ],
)
async def test_longer_than_its_life_is_all_there_is(
    running: Running, ib: IB, contract: Contract, duration: str
) -> None:
    bars = await asked(ib, contract, durationStr=duration, barSizeSetting="1M", seconds=6 * DEADLINE)
    [found] = await soon(ib.qualifyContractsAsync(contract))
    instrument = running.gateway.catalogue.get(found.conId)
    assert instrument is not None
    head = running.gateway.data.history.schedule(instrument, regular_hours=True).head()
    first = datetime.fromtimestamp(head, UTC).date()
    assert (bars[0].date.year, bars[0].date.month) == (first.year, first.month)
    assert bars[-1].date == WEDNESDAY.date()


async def test_a_chart_that_was_cancelled_is_over(
    running: Running, ib: IB, apple: Contract, clock: HandClock, errors: Errors
) -> None:
    bars = await asked(ib, apple, durationStr="600 S", keepUpToDate=True)
    ib.cancelHistoricalData(bars)
    await answered(ib)
    text = f"Historical Market Data Service error message:API historical data query cancelled: {bars.reqId}"
    assert errors.heard == [(bars.reqId, 162, text)]
    before = list(bars)
    clock.run(running.gateway.market, 5)
    await answered(ib)
    assert list(bars) == before


async def test_what_was_answered_can_not_be_cancelled(ib: IB, apple: Contract, errors: Errors) -> None:
    bars = await asked(ib, apple)
    ib.client.cancelHistoricalData(bars.reqId)
    await answered(ib)
    assert errors.codes(bars.reqId) == [366]


async def test_fifty_open_charts_are_enough_for_a_login(running: Running, clock: HandClock) -> None:
    for client_id, count in ((1, 25), (2, 26)):
        raw = await running.raw()
        await raw.start(client_id)
        for number in range(count):
            clock.forward(20)
            raw.send(20, number, *APPLE, "", "1 min", "60 S", 1, "TRADES", 1, 1, "")
            answer = await raw.receive()
            assert answer[0] == ("4" if number == 25 else "17")
    refused = answer
    assert (refused[3], "Only 50 simultaneous API historical data requests" in refused[4]) == ("322", True)


async def test_without_its_farm_there_is_no_history(running: Running, ib: IB, apple: Contract) -> None:
    running.gateway.farms.put("ushmds", FarmState.BROKEN)
    assert (await refusal(ib, apple))[0] == 162
    running.gateway.farms.put("ushmds", FarmState.OK)
    assert await asked(ib, apple)


async def test_the_head_of_the_data_is_told(ib: IB, apple: Contract, euro: Contract) -> None:
    head = await soon(ib.reqHeadTimeStampAsync(apple, "TRADES", True, 1))
    epoch = await soon(ib.reqHeadTimeStampAsync(apple, "TRADES", True, 2))
    assert head.replace(tzinfo=UTC) == epoch
    assert 1985 <= head.year <= 2010
    with pytest.raises(RequestError, match="No head time stamp"):
        await soon(ib.reqHeadTimeStampAsync(euro, "TRADES", True, 1))


async def test_the_sessions_of_the_past_are_told(ib: IB, apple: Contract) -> None:
    schedule = await soon(ib.reqHistoricalScheduleAsync(apple, 5))
    assert schedule.timeZone == "US/Eastern"
    assert [one.refDate for one in schedule.sessions] == ["20260312", "20260313", "20260316", "20260317", "20260318"]
    assert schedule.sessions[0].startDateTime == "20260312-09:30:00"
    assert schedule.sessions[0].endDateTime == "20260312-16:00:00"
