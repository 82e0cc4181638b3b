"""The provider against the simulated gateway: the guide's queries, chains, names and searches."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from brokers import InteractiveBrokersLiveDataClientFactory, TradingNode, TradingNodeConfig
from brokers.domain import Instrument, Right, SecurityType
from brokers.interactive_brokers.providers import InteractiveBrokersInstrumentProvider
from brokers.refusals import AmbiguousInstrument, FilterRefused, InstrumentNotFound
from tests.brokers.recorder import Recorder


@pytest.fixture
async def provider(simulator: Any, recorder: Recorder) -> AsyncIterator[InteractiveBrokersInstrumentProvider]:
    node = TradingNode(config=TradingNodeConfig(host=simulator.host, port=simulator.port), listener=recorder)
    node.add_data_client_factory("IB", InteractiveBrokersLiveDataClientFactory)
    node.build()
    await node.connect()
    yield node.provider
    await node.stop()


GUIDE: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"secType": "STK", "symbol": "AMD", "exchange": "SMART", "currency": "USD"},
        {"primary_exchange": "NASDAQ", "isin": "US0079031078", "price_increment": Decimal("0.01")},
    ),
    (
        {"secType": "STK", "symbol": "INTC", "exchange": "SMART", "primaryExchange": "NASDAQ", "currency": "USD"},
        {"con_id": 270639, "price_increment": Decimal("0.01")},
    ),
    (
        {"secType": "CASH", "symbol": "EUR", "currency": "USD", "exchange": "IDEALPRO"},
        {"con_id": 12087792, "price_increment": Decimal("0.00005")},
    ),
    ({"secType": "CFD", "symbol": "IBUS30"}, {"currency": "USD"}),
    (
        {"secType": "FUT", "symbol": "ES", "exchange": "GLOBEX", "lastTradeDateOrContractMonth": "20180921"},
        {"local_symbol": "ESU8", "expiry": date(2018, 9, 21), "multiplier": Decimal(50)},
    ),
    (
        {
            "secType": "OPT",
            "symbol": "SPY",
            "exchange": "SMART",
            "lastTradeDateOrContractMonth": "20170721",
            "strike": 240,
            "right": "C",
        },
        {"expiry": date(2017, 7, 21), "strike": Decimal(240), "right": Right.CALL, "multiplier": Decimal(100)},
    ),
    ({"secType": "BOND", "secIdType": "ISIN", "secId": "US03076KAA60"}, {"isin": "US03076KAA60"}),
    ({"secType": "CRYPTO", "symbol": "BTC", "exchange": "PAXOS", "currency": "USD"}, {"exchange": "PAXOS"}),
    ({"secType": "IND", "symbol": "SPX", "exchange": "CBOE"}, {"con_id": 416904}),
    ({"secType": "CMDTY", "symbol": "XAUUSD"}, {"currency": "USD"}),
    ({"secType": "CONTFUT", "symbol": "ES", "exchange": "CME"}, {"multiplier": Decimal(50)}),
]


@pytest.mark.parametrize(("query", "facts"), GUIDE, ids=[query["secType"] for query, _ in GUIDE])
async def test_each_query_of_the_guide_finds_its_one_instrument(
    provider: InteractiveBrokersInstrumentProvider, query: dict[str, Any], facts: dict[str, Any]
) -> None:
    found = await provider.query_one(tuple(query.items()))
    assert found.security_type == query["secType"]
    assert found.symbol == query.get("symbol", found.symbol)
    assert {name: getattr(found, name) for name in facts} == facts
    assert found.price_increment > 0
    assert found.size_increment > 0
    # Hours are in UTC, begin before they end, and are there for all that has an exchange's clock.
    assert all(one.start < one.end and one.start.tzinfo is UTC for one in found.trading_hours)
    assert found.trading_hours or found.security_type is SecurityType.BOND


async def test_all_of_the_guide_s_queries_are_loaded_at_once(
    provider: InteractiveBrokersInstrumentProvider, recorder: Recorder
) -> None:
    loaded = await provider.load_all_async([query for query, _ in GUIDE])
    assert [one.security_type for one in loaded] == [query["secType"] for query, _ in GUIDE]
    assert {one.con_id for one in recorder.instruments} == set(provider.get_all())


async def test_an_option_on_a_future_is_found_in_its_chain(provider: InteractiveBrokersInstrumentProvider) -> None:
    front = await provider.query_one({"secType": "CONTFUT", "symbol": "ES", "exchange": "CME"})
    future = (await provider.future_chain(front))[0]
    assert (future.security_type, future.con_id) == (SecurityType.FUT, front.con_id)
    options = await provider.option_chain(future, rights=[Right.CALL])
    assert {(one.security_type, one.right, one.under_con_id) for one in options} == {
        (SecurityType.FOP, Right.CALL, future.con_id)
    }
    one = await provider.query_one({"conId": options[0].con_id})
    assert one == options[0]


async def test_an_option_chain_stays_within_its_bounds(provider: InteractiveBrokersInstrumentProvider) -> None:
    spy = await provider.load_async("SPY.ARCA")
    first, last = datetime.now(UTC).date() + timedelta(days=3), datetime.now(UTC).date() + timedelta(days=45)
    options = await provider.option_chain(
        spy, expiry_from=first, expiry_to=last, strike_from=Decimal(540), strike_to=Decimal(545)
    )
    assert options
    assert all(first <= (one.expiry or date.min) <= last for one in options)
    assert all(Decimal(540) <= (one.strike or 0) <= Decimal(545) for one in options)
    assert {one.right for one in options} == set(Right)
    keys = [(one.expiry, one.strike, one.right) for one in options]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


async def test_the_series_of_options_name_the_expiries_and_strikes_of_the_chain(
    provider: InteractiveBrokersInstrumentProvider,
) -> None:
    spy = await provider.load_async("SPY.ARCA")
    [series] = await provider.option_series(spy)
    assert (series.exchange, series.trading_class, series.multiplier) == ("SMART", "SPY", Decimal(100))
    assert list(series.expiries) == sorted(set(series.expiries))
    assert list(series.strikes) == sorted(set(series.strikes))
    nearest = series.expiries[0]
    options = await provider.option_chain(spy, expiry_from=nearest, expiry_to=nearest, trading_class="SPY")
    assert {one.strike for one in options} <= set(series.strikes)
    assert {one.expiry for one in options} == {nearest}


async def test_what_no_options_are_written_on_is_refused(provider: InteractiveBrokersInstrumentProvider) -> None:
    pair = await provider.load_async("EUR/USD.IDEALPRO")
    with pytest.raises(FilterRefused, match=r"EUR\.USD is a CASH; STK, IND, FUT have options"):
        await provider.option_series(pair)


async def test_a_filter_can_ask_for_a_whole_chain(provider: InteractiveBrokersInstrumentProvider) -> None:
    spy = {"secType": "STK", "symbol": "SPY", "exchange": "SMART", "currency": "USD"}
    chain = {"build_options_chain": True, "max_expiry_days": 45, "min_strike": 544, "max_strike": 545, "right": "P"}
    stock, *options = await provider.query({**spy, **chain})
    assert stock.symbol == "SPY"
    assert {one.right for one in options} == {Right.PUT}
    assert {one.strike for one in options} == {Decimal(544), Decimal(545)}


async def test_a_future_chain_has_bounds_too(provider: InteractiveBrokersInstrumentProvider) -> None:
    es = {"secType": "CONTFUT", "symbol": "ES", "exchange": "CME"}
    everything = await provider.query({**es, "build_futures_chain": True})
    futures = [one for one in everything if one.security_type is SecurityType.FUT]
    nearer = await provider.query({**es, "build_futures_chain": True, "max_expiry_days": 200})
    assert 1 <= len([one for one in nearer if one.security_type is SecurityType.FUT]) < len(futures)


async def test_a_spread_is_made_of_two_options(provider: InteractiveBrokersInstrumentProvider) -> None:
    spy = await provider.load_async("SPY.ARCA")
    calls = await provider.option_chain(
        spy, strike_from=Decimal(540), strike_to=Decimal(545), rights=[Right.CALL],
        expiry_to=datetime.now(UTC).date() + timedelta(days=45),
    )  # fmt: skip
    legs = [{"conId": calls[0].con_id, "action": "BUY"}, {"conId": calls[1].con_id, "action": "SELL"}]
    spread = await provider.query_one({"secType": "BAG", "comboLegs": legs})
    assert (spread.symbol, spread.currency, spread.exchange) == ("SPY", "USD", "SMART")
    assert [leg.con_id for leg in spread.legs] == [calls[0].con_id, calls[1].con_id]
    assert await provider.query_one({"secType": "BAG", "comboLegs": legs}) is spread


async def test_a_filter_that_fits_several_lists_them(provider: InteractiveBrokersInstrumentProvider) -> None:
    query = {"secType": "FUT", "symbol": "ES", "exchange": "CME"}
    several = await provider.query(query)
    assert len(several) > 1
    with pytest.raises(
        AmbiguousInstrument, match=f"{len(several)} instruments fit secType 'FUT', symbol 'ES'"
    ) as raised:
        await provider.query_one(query)
    assert all(one.local_symbol in str(raised.value) for one in several)


async def test_no_match_says_what_was_asked(provider: InteractiveBrokersInstrumentProvider) -> None:
    with pytest.raises(InstrumentNotFound, match="no contract for secType 'STK', symbol 'NOPE'"):
        await provider.query({"secType": "STK", "symbol": "NOPE", "exchange": "SMART"})


@pytest.mark.parametrize(
    ("name", "con_id"), [("AAPL.NASDAQ", 265598), ("EUR/USD.IDEALPRO", 12087792), ("BTC/USD.PAXOS", 479624278)]
)
async def test_an_instrument_is_found_by_its_name(
    provider: InteractiveBrokersInstrumentProvider, name: str, con_id: int
) -> None:
    loaded = await provider.load_ids_async({name})
    assert [one.con_id for one in loaded] == [con_id]
    assert provider.find(name) == provider.find(con_id) == loaded[0]


async def test_a_search_can_be_for_some_kinds_alone(provider: InteractiveBrokersInstrumentProvider) -> None:
    found: list[Instrument] = await provider.search("SPX", kinds={SecurityType.IND})
    assert [one.con_id for one in found] == [416904]
    assert await provider.search("EUR.USD", kinds={SecurityType.BOND}) == []


@pytest.mark.parametrize(("isin", "kind"), [("US0079031078", SecurityType.STK), ("us03076kaa60 ", SecurityType.BOND)])
async def test_a_search_finds_by_isin(
    provider: InteractiveBrokersInstrumentProvider, isin: str, kind: SecurityType
) -> None:
    found = await provider.search(isin)
    assert [(one.isin, one.security_type) for one in found] == [(isin.strip().upper(), kind)]


async def test_an_isin_that_nothing_has_is_searched_for_as_a_text(
    provider: InteractiveBrokersInstrumentProvider,
) -> None:
    assert await provider.search("XX0000000000") == []
