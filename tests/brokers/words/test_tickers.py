"""The library keeps each ticker for ever, by the identity of its Contract: each stream has its own, freed with it."""

from __future__ import annotations

import gc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ib_insync import Contract, Ticker

from brokers.interactive_brokers import contracts
from brokers.node import TradingNode
from tests.brokers.recorder import Recorder
from tests.brokers.scripted_gateway import ScriptedGateway
from tests.brokers.words.market import STOP_MARKET_DATA, data_node, price, quotes_of
from tests.brokers.words.stage import AAPL, MARKET_DATA, whatever_was_sent_has_arrived


def alive(con_ids: set[int]) -> list[object]:
    """The library's tickers and contracts of these that anything in this process still holds."""
    gc.collect()
    kept = [one for one in gc.get_objects() if isinstance(one, Ticker | Contract)]
    return [one for one in kept if (one.contract if isinstance(one, Ticker) else one).conId in con_ids]


def test_every_stream_asks_with_an_object_of_its_own() -> None:
    assert contracts.of_instrument(AAPL) is not contracts.of_instrument(AAPL)


async def test_a_stream_that_was_opened_again_shows_nothing_of_its_earlier_life(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    first = await quotes_of(node, gateway)
    price(gateway, first, 1, 189.4, 100)
    await recorder.until(lambda: recorder.quotes)
    gateway.error(-1, 1100)
    gateway.error(-1, 1101)
    second = (await gateway.next(MARKET_DATA))[2]
    gateway.say(58, 1, second, 1)
    price(gateway, second, 2, 189.9, 100)
    quote = await recorder.until(lambda: recorder.quotes[-1].ask and recorder.quotes[-1])
    assert (quote.bid, quote.ask) == (None, Decimal("189.9"))


async def test_a_day_of_changing_screens_keeps_no_ticker_and_no_contract(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = data_node(gateway, recorder)
    await node.connect()
    # Their hours are known for long, so that no question about these is under way.
    hours_until = datetime.now(UTC) + timedelta(days=30)
    shown = [replace(AAPL, con_id=con_id, hours_until=hours_until) for con_id in range(7_000_001, 7_000_021)]
    for instrument in shown:
        request_id = await quotes_of(node, gateway, instrument)
        price(gateway, request_id, 1, 189.4, 100)
        node.data.unsubscribe_quotes(instrument.con_id)
        await gateway.next(STOP_MARKET_DATA)
        price(gateway, request_id, 1, 189.5, 100)  # still on its way
    await whatever_was_sent_has_arrived(node, gateway)
    assert alive({one.con_id for one in shown}) == []
    node.drop()


async def test_what_the_model_computes_anew_makes_an_options_prices_no_newer(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    request_id = await quotes_of(node, gateway)
    price(gateway, request_id, 1, 2.4, 100)
    first = await recorder.until(lambda: recorder.quotes and recorder.quotes[-1])
    gateway.say(21, request_id, 13, 0, 0.25, 0.48, 2.5, 0, 0.01, 0.02, -0.03, 190)
    computed = await recorder.until(lambda: recorder.quotes[-1].delta and recorder.quotes[-1])
    assert (computed.implied_volatility, computed.delta) == (Decimal("0.25"), Decimal("0.48"))
    assert (computed.bid, computed.at) == (Decimal("2.4"), first.at)
