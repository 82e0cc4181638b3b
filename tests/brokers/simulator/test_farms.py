"""Data farms that break and come back, and a session elsewhere that takes the market data."""

from __future__ import annotations

import pytest
from ib_insync import IB, Contract, Stock, Ticker
from ib_insync.wrapper import RequestError

from brokers.simulator.catalogue.listings import INSTRUMENTS
from brokers.simulator.connections.farms import FARMS, serves_quotes
from brokers.simulator.scenario.scenario import VerbRefused
from tests.brokers.simulator.conftest import Errors, RawClient, Running, answered, soon, until


def bid(running: Running, contract: Contract) -> float:
    return float(running.gateway.market.quote(contract.conId).bid)


async def streaming(running: Running, ib: IB, contract: Contract) -> Ticker:
    ticker = ib.reqMktData(contract)
    await until(ib, lambda: ticker.bid == bid(running, contract))
    return ticker


async def is_silent(running: Running, ib: IB, ticker: Ticker) -> bool:
    before = ticker.time
    for _ in range(8):
        running.gateway.market.step()
    await answered(ib)
    return ticker.time == before


async def follows(running: Running, ib: IB, ticker: Ticker, contract: Contract) -> None:
    for _ in range(8):
        running.gateway.market.step()
    await until(ib, lambda: ticker.bid == bid(running, contract))


def told(errors: Errors) -> list[tuple[int, str]]:
    return [(code, text) for about, code, text in errors.heard if about == -1]


def test_every_listed_instrument_s_farm_can_be_broken() -> None:
    for instrument in INSTRUMENTS:
        assert serves_quotes(instrument.farm)


@pytest.mark.parametrize(
    ("farm", "broken", "back", "asleep"),
    [
        ("usfarm", (2103, "Market data farm connection is broken:usfarm"), 2104, 2108),
        ("ushmds", (2105, "HMDS data farm connection is broken:ushmds"), 2106, 2107),
        ("secdefil", (2157, "Sec-def data farm connection is broken:secdefil"), 2158, None),
    ],
)
async def test_each_kind_of_farm_has_its_own_codes(
    running: Running, ib: IB, errors: Errors, farm: str, broken: tuple[int, str], back: int, asleep: int | None
) -> None:
    await running.scenario.do("break_farm", farm=farm)
    await running.scenario.do("mend_farm", farm=farm)
    await answered(ib)
    assert told(errors)[0] == broken
    assert told(errors)[1][0] == back
    assert told(errors)[1][1].endswith(f"connection is OK:{farm}")
    if asleep is None:
        with pytest.raises(VerbRefused, match="never asleep"):
            await running.scenario.do("sleep_farm", farm=farm)
        return
    await running.scenario.do("sleep_farm", farm=farm)
    await answered(ib)
    assert told(errors)[2] == (asleep, told(errors)[2][1])
    assert told(errors)[2][1].endswith(f"inactive but should be available upon demand.{farm}")


async def test_a_client_that_connects_is_told_how_each_farm_stands(running: Running, raw: RawClient) -> None:
    await running.scenario.do("break_farm", farm="usfarm")
    await running.scenario.do("sleep_farm", farm="eufarm")
    await raw.greet()
    raw.send(71, 2, 1, "")
    received = await raw.receive_until(lambda fields: fields[3:4] == ["2158"])
    assert [fields[3] for fields in received[2:]] == ["2103", "2104", "2106", "2108", "2158"]


@pytest.mark.parametrize("farm", sorted(FARMS))
async def test_every_farm_can_flap(running: Running, raw: RawClient, farm: str) -> None:
    await raw.start()
    await running.scenario.do("flap_farm", farm=farm)
    codes = [(await raw.receive())[3] for _ in range(2)]
    assert codes in (["2103", "2104"], ["2105", "2106"], ["2157", "2158"])


async def test_a_broken_farm_silences_its_own_instruments_alone(
    running: Running, ib: IB, apple: Contract, euro: Contract
) -> None:
    shares, currencies = await streaming(running, ib, apple), await streaming(running, ib, euro)
    await running.scenario.do("break_farm", farm="usfarm")
    assert await is_silent(running, ib, shares)
    await follows(running, ib, currencies, euro)
    await running.scenario.do("mend_farm", farm="usfarm")
    await follows(running, ib, shares, apple)


async def test_streams_of_a_farm_that_came_back_can_stay_dead_until_subscribed_again(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    ticker = await streaming(running, ib, apple)
    await running.scenario.do("flap_farm", farm="usfarm", revive=False)
    await answered(ib)
    assert [code for code, _ in told(errors)] == [2103, 2104]
    assert await is_silent(running, ib, ticker)
    ib.cancelMktData(apple)
    again = await streaming(running, ib, apple)
    await follows(running, ib, again, apple)
    assert [code for code, _ in told(errors)] == [2103, 2104]


async def test_a_farm_that_flaps_is_back_after_its_time(running: Running, raw: RawClient) -> None:
    await raw.start()
    await running.scenario.do("flap_farm", farm="cashfarm", seconds=0.01)
    assert [(await raw.receive())[3] for _ in range(2)] == ["2103", "2104"]


async def test_without_the_farm_of_definitions_an_instrument_is_not_found_for_a_while(
    running: Running, ib: IB, apple: Contract
) -> None:
    await running.scenario.do("break_farm", farm="secdefil")
    with pytest.raises(RequestError, match="200"):
        await soon(ib.reqContractDetailsAsync(apple))
    await running.scenario.do("mend_farm", farm="secdefil")
    [details] = await soon(ib.reqContractDetailsAsync(apple))
    assert details.contract.conId == apple.conId


async def test_without_the_farm_of_history_its_requests_end_with_162(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    await running.scenario.do("break_farm", farm="ushmds")
    with pytest.raises(RequestError, match="162"):
        await soon(ib.reqHeadTimeStampAsync(apple, "TRADES", useRTH=False, formatDate=1))
    assert "HMDS" in errors.heard[-1][2]


async def test_a_session_elsewhere_takes_the_data_of_every_stream_and_gives_it_back(
    running: Running, ib: IB, apple: Contract, euro: Contract, errors: Errors
) -> None:
    shares, currencies = await streaming(running, ib, apple), await streaming(running, ib, euro)
    await running.scenario.do("compete")
    assert await is_silent(running, ib, shares)
    assert await is_silent(running, ib, currencies)
    assert sorted(about for about, code, _ in errors.heard if code == 10197) == sorted(ib.wrapper.reqId2Ticker)
    await running.scenario.do("stop_competing")
    await follows(running, ib, shares, apple)


async def test_a_stream_that_is_asked_for_while_a_session_elsewhere_has_the_data_gets_10197(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    await running.scenario.do("compete", seconds=3600)
    ticker = ib.reqMktData(apple)
    await answered(ib)
    [request_id] = list(ib.wrapper.reqId2Ticker)
    assert errors.codes(request_id) == [10197]
    assert ticker.time is None
    with pytest.raises(VerbRefused, match="already"):
        await running.scenario.do("compete")
    await running.scenario.do("stop_competing")
    await until(ib, lambda: ticker.bid == bid(running, apple))
    with pytest.raises(VerbRefused, match="compete begins one"):
        await running.scenario.do("stop_competing")


async def test_a_session_elsewhere_leaves_after_its_time(running: Running, ib: IB, apple: Contract) -> None:
    ticker = await streaming(running, ib, apple)
    await running.scenario.do("compete", seconds=0.01)
    await follows(running, ib, ticker, apple)
    assert not running.gateway.link.has_competitor


@pytest.mark.parametrize(("farm", "gone", "there"), [("euhmds", "VOD", "AAPL"), ("ushmds", "AAPL", "VOD")])
async def test_a_farm_of_history_that_is_away_takes_its_own_instruments_past_alone(
    running: Running, ib: IB, farm: str, gone: str, there: str
) -> None:
    contracts = {"VOD": Stock("VOD", "SMART", "GBP"), "AAPL": Stock("AAPL", "SMART", "USD")}
    await soon(ib.qualifyContractsAsync(*contracts.values()))
    await running.scenario.do("break_farm", farm=farm)

    async def head(symbol: str) -> object:
        return await soon(ib.reqHeadTimeStampAsync(contracts[symbol], "TRADES", useRTH=True, formatDate=1))

    async def bars(symbol: str) -> list[object]:
        chart = ib.reqHistoricalDataAsync(contracts[symbol], "", "2 D", "1 day", "TRADES", useRTH=True)
        return list(await soon(chart))

    async def ticks(symbol: str) -> list[object]:
        past = ib.reqHistoricalTicksAsync(contracts[symbol], "", "20261120 15:00:00 UTC", 10, "TRADES", useRth=True)
        return list(await soon(past))

    for ask in (head, bars, ticks):
        with pytest.raises(RequestError, match="162"):
            await ask(gone)
        assert await ask(there)
    await running.scenario.do("mend_farm", farm=farm)
    assert await head(gone)
