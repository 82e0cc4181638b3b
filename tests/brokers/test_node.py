"""A node against the simulated gateway: the real library, over real TCP."""

from __future__ import annotations

import asyncio
import signal
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from brokers.config import InteractiveBrokersDataClientConfig, TradingNodeConfig
from brokers.domain import (
    Instrument,
    MarketDataType,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    SecurityType,
    TimeInForce,
)
from brokers.interactive_brokers.factories import (
    InteractiveBrokersLiveDataClientFactory,
    InteractiveBrokersLiveExecClientFactory,
)
from brokers.listener import LinkState
from brokers.node import TradingNode
from brokers.refusals import (
    AccountMissing,
    GatewayUnreachable,
    InstrumentNotFound,
    LinkLost,
    OrderRefused,
    SubscriptionRefused,
)
from tests.brokers.recorder import DEADLINE, Recorder

AAPL, EUR_USD = 265598, 12087792
PLACE_ORDER = 3


def node_at(simulator: Any, recorder: Recorder, **settings: Any) -> TradingNode:
    config = TradingNodeConfig(host=simulator.host, port=simulator.port, **settings)
    node = TradingNode(config=config, listener=recorder)
    node.add_data_client_factory("IB", InteractiveBrokersLiveDataClientFactory)
    node.add_exec_client_factory("IB", InteractiveBrokersLiveExecClientFactory)
    node.build()
    return node


@pytest.fixture
async def node(simulator: Any, recorder: Recorder) -> AsyncIterator[TradingNode]:
    node = node_at(simulator, recorder)
    await node.connect()
    yield node
    await node.stop()


@pytest.fixture
async def aapl(node: TradingNode) -> Instrument:
    return await node.provider.instrument(AAPL)


def order_for(instrument: Instrument, **changes: Any) -> OrderRequest:
    fields: dict[str, Any] = {
        "client_order_id": str(uuid.uuid4()),
        "account_code": "DU1000001",
        "con_id": instrument.con_id,
        "side": OrderSide.BUY,
        "order_type": OrderType.MKT,
        "quantity": Decimal(10),
        "time_in_force": TimeInForce.DAY,
    }
    return OrderRequest(**(fields | changes))


def resting_order_for(instrument: Instrument, **changes: Any) -> OrderRequest:
    return order_for(instrument, **({"order_type": OrderType.LMT, "limit_price": Decimal("1.00")} | changes))


async def test_connecting_shows_the_account_behind_the_login(node: TradingNode, recorder: Recorder) -> None:
    assert node.account_codes == ["DU1000001"]
    assert node.link is LinkState.UP
    assert recorder.links == [LinkState.UP]


async def test_a_login_without_the_expected_account_is_refused(simulator: Any, recorder: Recorder) -> None:
    node = node_at(simulator, recorder, account_code="DU7777777")
    with pytest.raises(AccountMissing, match="holds DU1000001, and not DU7777777"):
        await node.connect()
    assert node.link is LinkState.DOWN
    await node.stop()


async def test_a_gateway_that_is_not_there_is_said_so(simulator: Any, recorder: Recorder) -> None:
    simulator.process.terminate()
    simulator.process.wait(10)
    node = node_at(simulator, recorder)
    with pytest.raises(GatewayUnreachable, match="Nothing answers at"):
        await node.connect()


async def test_searching_a_symbol_finds_the_qualified_stock(node: TradingNode, recorder: Recorder) -> None:
    found = await node.provider.search("AAPL")
    apple = next(instrument for instrument in found if instrument.con_id == AAPL)
    assert (apple.symbol, apple.security_type, apple.currency) == ("AAPL", SecurityType.STK, "USD")
    assert apple.price_increment == Decimal("0.01")
    assert apple in recorder.instruments


async def test_searching_a_name_finds_the_stock(node: TradingNode) -> None:
    assert AAPL in [instrument.con_id for instrument in await node.provider.search("apple")]


@pytest.mark.parametrize("text", ["EUR.USD", "EURUSD", "eur/usd"])
async def test_searching_a_currency_pair_finds_it(node: TradingNode, text: str) -> None:
    (pair,) = await node.provider.search(text)
    assert (pair.con_id, pair.exchange, pair.display_symbol) == (EUR_USD, "IDEALPRO", "EUR.USD")
    assert pair.price_increment == Decimal("0.00005")


@pytest.mark.parametrize("text", ["", "   ", "AA\0PL"])
async def test_a_search_for_nothing_that_can_be_sent_finds_nothing(node: TradingNode, text: str) -> None:
    assert await node.provider.search(text) == []


async def test_an_unknown_instrument_is_said_so(node: TradingNode) -> None:
    with pytest.raises(InstrumentNotFound, match="99999999"):
        await node.provider.instrument(99999999)


async def test_quotes_come_for_a_stock_and_a_pair(node: TradingNode, recorder: Recorder, aapl: Instrument) -> None:
    pair = await node.provider.instrument(EUR_USD)
    node.data.subscribe_quotes(aapl)
    node.data.subscribe_quotes(pair)

    def whole(con_id: int) -> Any:
        quotes = [quote for quote in recorder.quotes if quote.con_id == con_id]
        return next((quote for quote in quotes if quote.bid and quote.ask and quote.close), None)

    stock = await recorder.until(lambda: whole(AAPL))
    money = await recorder.until(lambda: whole(EUR_USD))
    assert stock.bid < stock.ask
    assert stock.market_data_type is MarketDataType.LIVE
    assert money.last is None
    assert all(quote.last is None for quote in recorder.quotes if quote.con_id == EUR_USD)


async def test_a_stock_s_last_trade_comes_with_its_size(
    node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    node.data.subscribe_quotes(aapl)
    quote = await recorder.until(lambda: next((q for q in recorder.quotes if q.last and q.last_size), None))
    assert quote.change is None or quote.close is not None


async def test_a_stock_s_day_comes_with_its_quote(node: TradingNode, recorder: Recorder, aapl: Instrument) -> None:
    node.data.subscribe_quotes(aapl)
    quote = await recorder.until(lambda: next((q for q in recorder.quotes if q.volume and q.high and q.open), None))
    assert quote.low <= quote.open <= quote.high


async def test_two_wishes_for_one_instrument_share_a_line(
    simulator: Any, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    node.data.subscribe_quotes(aapl)
    node.data.subscribe_quotes(aapl)
    assert node.data.subscribed == {AAPL}


async def test_an_instrument_that_is_no_longer_wanted_stops_ticking(
    node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    pair = await node.provider.instrument(EUR_USD)
    node.data.subscribe_quotes(aapl)
    await recorder.until(lambda: recorder.quotes)
    node.data.unsubscribe_quotes(AAPL)
    recorder.quotes.clear()
    node.data.subscribe_quotes(pair)
    await recorder.until(lambda: len(recorder.quotes) >= 5)
    assert {quote.con_id for quote in recorder.quotes} == {EUR_USD}


async def test_a_line_too_many_is_refused_before_ib_does(simulator: Any, recorder: Recorder) -> None:
    node = node_at(simulator, recorder, data_clients={"IB": InteractiveBrokersDataClientConfig(market_data_lines=1)})
    await node.connect()
    node.data.subscribe_quotes(await node.provider.instrument(AAPL))
    with pytest.raises(SubscriptionRefused, match="All 1 market data lines"):
        node.data.subscribe_quotes(await node.provider.instrument(EUR_USD))
    assert not [notice for notice in recorder.notices if notice.code == 101]
    await node.stop()


async def test_a_market_order_fills_and_its_commission_follows(
    node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    request = order_for(aapl)
    node.execution.place(request, aapl)
    filled = await recorder.update(request.client_order_id, OrderStatus.FILLED, "Filled")
    assert (filled.filled_quantity, filled.ib_status) == (Decimal(10), "Filled")
    assert filled.perm_id is not None
    await recorder.until(lambda: recorder.updates[-1].average_fill_price)
    report = await recorder.until(lambda: recorder.executions and recorder.executions[0])
    assert (report.order_ref, report.side, report.account_code) == (
        request.client_order_id,
        OrderSide.BUY,
        "DU1000001",
    )
    commission = await recorder.until(lambda: recorder.commissions and recorder.commissions[0])
    assert commission.exec_id == report.exec_id
    assert commission.currency == "USD"
    assert commission.commission > 0


async def test_a_limit_order_rests_and_is_cancelled(node: TradingNode, recorder: Recorder, aapl: Instrument) -> None:
    request = resting_order_for(aapl, limit_price=Decimal("10.00"))
    node.execution.place(request, aapl)
    resting = await recorder.update(request.client_order_id, OrderStatus.SUBMITTED, "Submitted")
    assert (resting.limit_price, resting.time_in_force) == (Decimal(10), "DAY")
    node.execution.cancel(request.client_order_id)
    cancelled = await recorder.update(request.client_order_id, OrderStatus.CANCELLED)
    assert cancelled.filled_quantity == 0
    with pytest.raises(OrderRefused, match="cancelled already"):
        node.execution.cancel(request.client_order_id)


async def test_a_price_off_its_increment_is_refused_here_or_rejected_in_ib_s_words(
    node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    request = resting_order_for(aapl, limit_price=Decimal("10.001"))
    with pytest.raises(OrderRefused, match=r"the nearest right ones are 10\.00 and 10\.01"):
        node.execution.place(request, aapl)
    node.execution.place(request, replace(aapl, price_rules=()))
    rejected = await recorder.update(request.client_order_id, OrderStatus.REJECTED)
    assert rejected.reason_code == 110
    assert rejected.reason.endswith("(IB 110)")


async def test_the_order_s_own_instrument_is_told_before_its_update(
    simulator: Any, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    node.execution.place(request := resting_order_for(aapl), aapl)
    await recorder.update(request.client_order_id, OrderStatus.SUBMITTED)
    await node.stop()
    late = Recorder()
    other = node_at(simulator, late)
    await other.connect()
    resync = await other.resync()
    assert request.client_order_id in resync.open_orders.order_refs
    introduced = next(n for n, told in enumerate(late.heard) if getattr(told, "symbol", "") == "AAPL")
    assert introduced < late.heard.index(late.updates[0])
    await other.stop()


async def test_a_resync_tells_what_happened_while_away(simulator: Any, recorder: Recorder) -> None:
    first = node_at(simulator, recorder)
    await first.connect()
    instrument = await first.provider.instrument(AAPL)
    filled, resting = order_for(instrument), resting_order_for(instrument)
    first.execution.place(filled, instrument)
    first.execution.place(resting, instrument)
    await recorder.update(filled.client_order_id, OrderStatus.FILLED)
    await recorder.update(resting.client_order_id, OrderStatus.SUBMITTED)
    first.drop()

    back = Recorder()
    second = node_at(simulator, back)
    await second.connect()
    resync = await second.resync()
    assert resync.missing == ()
    assert resync.open_orders.order_refs == {resting.client_order_id}
    assert filled.client_order_id in resync.executions.order_refs
    assert filled.client_order_id in resync.completed_orders.order_refs
    assert resync.order_refs == {filled.client_order_id, resting.client_order_id}
    assert resync.perm_ids == {told.perm_id for told in back.updates}
    assert [report.order_ref for report in back.executions] == [filled.client_order_id]
    assert [position.quantity for position in resync.positions] == [Decimal(10)]
    assert {value.tag for value in back.values} >= {"NetLiquidation", "TotalCashValue"}
    await back.until(lambda: back.commissions)
    assert (await back.update(filled.client_order_id, OrderStatus.FILLED)).filled_quantity == 10
    second.execution.cancel(resting.client_order_id)
    await back.update(resting.client_order_id, OrderStatus.CANCELLED)
    await second.stop()


async def test_a_second_resync_on_one_connection_answers_as_the_first(node: TradingNode) -> None:
    assert await node.resync() == await node.resync()


async def test_the_login_may_trade_and_the_check_leaves_no_order(
    simulator: Any, node: TradingNode, recorder: Recorder
) -> None:
    permission = await node.check_trading_permission()
    assert permission.allowed is True
    resync = await node.resync()
    assert resync.order_refs == frozenset()
    assert resync.positions == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"client_order_id": "with\0nul"}, "control character"),
        ({"client_order_id": ""}, "needs a client order id"),
        ({"quantity": Decimal(0)}, "above zero"),
        ({"quantity": Decimal(-1)}, "above zero"),
        ({"quantity": Decimal("NaN")}, "above zero"),
        ({"quantity": Decimal("1.00000000000000000001")}, "more digits"),
        ({"limit_price": Decimal(10)}, "MKT has no limit price; 10 was given"),
        ({"order_type": OrderType.LMT}, "needs a limit price"),
        ({"order_type": "REL"}, "Orders of type REL are not sent from here; MKT, LMT,"),
        ({"order_type": OrderType.TRAIL}, "by an amount or by a percentage"),
        ({"time_in_force": TimeInForce.GTD}, "needs the date"),
        ({"con_id": 1}, "was given"),
        ({"quantity": 5}, "quantity is 5; it has to be a Decimal"),
        ({"limit_price": 150.1}, r"limit_price is 150\.1; it has to be a Decimal"),
        ({"account_code": "DU42"}, "This login has no account DU42; it has DU1000001"),
    ],
)
async def test_an_order_that_can_t_be_meant_is_refused_before_a_byte_leaves(
    simulator: Any, node: TradingNode, aapl: Instrument, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(OrderRefused, match=message):
        node.execution.place(order_for(aapl, **changes), aapl)
    assert (await node.resync()).order_refs == frozenset()
    assert not [row for row in simulator.rows() if row["kind"] == "order" or row.get("message_id") == PLACE_ORDER]


async def test_the_same_order_is_not_sent_twice(node: TradingNode, recorder: Recorder, aapl: Instrument) -> None:
    request = resting_order_for(aapl)
    node.execution.place(request, aapl)
    with pytest.raises(OrderRefused, match="not sent twice"):
        node.execution.place(request, aapl)


async def test_an_order_without_a_connection_is_refused(node: TradingNode, aapl: Instrument) -> None:
    node.drop()
    with pytest.raises(OrderRefused, match="no connection"):
        node.execution.place(order_for(aapl), aapl)


async def test_cancelling_what_this_session_never_saw_is_refused(node: TradingNode) -> None:
    with pytest.raises(OrderRefused, match="no such open order"):
        node.execution.cancel(str(uuid.uuid4()))


async def test_a_gateway_that_goes_away_ends_the_wait_with_a_reason(
    simulator: Any, node: TradingNode, recorder: Recorder
) -> None:
    simulator.process.kill()
    with pytest.raises(LinkLost, match="was lost"):
        await asyncio.wait_for(node.wait_closed(), DEADLINE)
    assert recorder.links == [LinkState.UP, LinkState.DOWN]


async def test_stopping_ends_the_wait_without_an_error(node: TradingNode) -> None:
    waiting = asyncio.create_task(node.wait_closed())
    await node.stop()
    await asyncio.wait_for(waiting, DEADLINE)


async def test_a_node_that_connects_again_takes_up_its_streams(
    simulator: Any, node: TradingNode, recorder: Recorder, aapl: Instrument
) -> None:
    node.data.subscribe_quotes(aapl)
    await recorder.until(lambda: recorder.quotes)
    node.drop()
    recorder.quotes.clear()
    await node.connect()
    assert (await recorder.until(lambda: recorder.quotes and recorder.quotes[0])).con_id == AAPL
    assert recorder.links == [LinkState.UP, LinkState.DOWN, LinkState.UP]


async def test_a_quiet_gateway_that_tells_the_time_stays_connected(simulator: Any, recorder: Recorder) -> None:
    node = node_at(simulator, recorder, heartbeat=0.02)
    await node.connect()
    closing = asyncio.create_task(node.wait_closed())
    for _ in range(20):
        await node.provider.instrument(AAPL)
        assert not (await asyncio.wait({closing}, timeout=0.02))[0]
    await node.stop()
    await closing


async def test_a_gateway_that_is_frozen_is_given_up_though_its_socket_stays_open(
    simulator: Any, recorder: Recorder
) -> None:
    node = node_at(simulator, recorder, heartbeat=0.05, heartbeat_deadline=1.0)
    await node.connect()
    simulator.process.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(LinkLost, match="did not answer with the time"):
            await asyncio.wait_for(node.wait_closed(), DEADLINE)
    finally:
        simulator.process.send_signal(signal.SIGCONT)


def test_a_frozen_gateway_is_given_up_within_ten_seconds() -> None:
    config = TradingNodeConfig()
    assert config.heartbeat + config.heartbeat_deadline <= 10
    assert config.heartbeat_deadline < config.request_deadline


async def test_two_nodes_on_one_loop_share_nothing(simulator: Any, recorder: Recorder) -> None:
    mine, other = node_at(simulator, recorder), node_at(simulator, Recorder(), client_id=2)
    await mine.connect()
    await other.connect()
    mine.data.subscribe_quotes(await mine.provider.instrument(AAPL))
    assert (mine.data.subscribed, other.data.subscribed) == ({AAPL}, frozenset())
    await mine.stop()
    assert other.link is LinkState.UP
    await other.stop()
