"""What a node makes of IB's words, where the library would make something else of them."""

from __future__ import annotations

import asyncio
import logging
import struct
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from brokers.config import InteractiveBrokersExecClientConfig, TradingNodeConfig
from brokers.domain import (
    Instrument,
    OrderRequest,
    OrderSide,
    OrderStatus,
    OrderType,
    Quote,
    SecurityType,
    TimeInForce,
)
from brokers.interactive_brokers.factories import (
    InteractiveBrokersLiveDataClientFactory,
    InteractiveBrokersLiveExecClientFactory,
)
from brokers.listener import LinkState
from brokers.node import ResyncIncomplete, TradingNode
from brokers.refusals import (
    ClientIdInUse,
    GatewayUnreachable,
    HandshakeTimedOut,
    LinkLost,
    NoAnswer,
    OrderRefused,
    RequestRefused,
)
from tests.brokers.recorder import DEADLINE, Recorder
from tests.brokers.scripted_gateway import ScriptedGateway, scripted_gateway

AAPL = Instrument(
    con_id=265598,
    symbol="AAPL",
    local_symbol="AAPL",
    security_type=SecurityType.STK,
    exchange="SMART",
    primary_exchange="NASDAQ",
    currency="USD",
    long_name="APPLE INC",
    price_increment=Decimal("0.01"),
    size_increment=Decimal(1),
    min_size=Decimal(1),
)
REQUEST = OrderRequest(
    client_order_id="ours-1",
    account_code="DU1000001",
    con_id=265598,
    side=OrderSide.BUY,
    order_type=OrderType.LMT,
    quantity=Decimal(10),
    time_in_force=TimeInForce.DAY,
    limit_price=Decimal("10.00"),
)

PLACE, CANCEL, OPEN_ORDERS, DETAILS, MARKET_DATA, STOP_DATA, COMPLETED_ORDERS = 3, 4, 16, 9, 1, 2, 99
READ_ONLY = "Error validating request.-'cc' : cause - The API interface is currently in Read-Only mode."


@pytest.fixture
async def gateway() -> AsyncIterator[ScriptedGateway]:
    async with scripted_gateway() as gateway:
        yield gateway


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def node_at(gateway: ScriptedGateway, recorder: Any, **settings: Any) -> TradingNode:
    settings = {"connect_deadline": DEADLINE, "request_deadline": DEADLINE, **settings}
    config = TradingNodeConfig(host="127.0.0.1", port=gateway.port, **settings)
    node = TradingNode(config=config, listener=recorder)
    node.add_data_client_factory("IB", InteractiveBrokersLiveDataClientFactory)
    node.add_exec_client_factory("IB", InteractiveBrokersLiveExecClientFactory)
    node.build()
    return node


@pytest.fixture
async def node(gateway: ScriptedGateway, recorder: Recorder) -> AsyncIterator[TradingNode]:
    node = node_at(gateway, recorder)
    await node.connect()
    yield node
    node.drop()


async def place(node: TradingNode, gateway: ScriptedGateway, request: OrderRequest = REQUEST) -> str:
    node.execution.place(request, AAPL)
    return (await gateway.next(PLACE))[1]


async def place_live(node: TradingNode, gateway: ScriptedGateway, recorder: Recorder) -> str:
    order_id = await place(node, gateway)
    gateway.order_status(order_id, "Submitted", perm_id=501)
    await recorder.update("ours-1", OrderStatus.SUBMITTED)
    return order_id


# Orders


async def test_an_order_carries_our_id_its_account_and_a_time_in_force(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    node.execution.place(REQUEST, AAPL)
    fields = await gateway.next(PLACE)
    assert "ours-1" in fields
    assert "DU1000001" in fields
    assert "DAY" in fields


@pytest.mark.parametrize("code", [161, 10349, 399, 2109, 10148, 99999])
async def test_an_error_that_the_library_takes_for_a_cancel_leaves_a_live_order_alive(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, code: int
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.error(order_id, code)
    notice = await recorder.until(lambda: next((n for n in recorder.notices if n.code == code), None))
    assert (notice.order_ref, notice.con_id) == ("ours-1", 265598)
    gateway.order_status(order_id, "Filled", perm_id=501, filled=10, remaining=0, average=9.5)
    filled = await recorder.update("ours-1", OrderStatus.FILLED)
    assert filled.average_fill_price == Decimal("9.5")
    assert {update.status for update in recorder.updates} == {OrderStatus.SUBMITTED, OrderStatus.FILLED}
    assert "Cancelled" not in {update.ib_status for update in recorder.updates}


async def test_an_unknown_code_makes_the_node_ask_what_the_order_is(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.error(order_id, 99999)
    await gateway.next(OPEN_ORDERS)


@pytest.mark.parametrize("code", [103, 110, 201, 203, 321, 388, 434, 460])
async def test_a_rejected_order_is_rejected_with_ib_s_text(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder, code: int
) -> None:
    order_id = await place(node, gateway)
    gateway.error(order_id, code, "Order rejected - reason: because")
    rejected = await recorder.update("ours-1", OrderStatus.REJECTED)
    assert (rejected.reason, rejected.reason_code) == (f"Order rejected - reason: because (IB {code})", code)
    assert rejected.ib_status == ""


async def test_a_rejected_order_that_ib_puts_away_as_cancelled_stays_rejected(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place(node, gateway)
    gateway.error(order_id, 201)
    gateway.order_status(order_id, "Cancelled", perm_id=501)
    rejected = await recorder.update("ours-1", OrderStatus.REJECTED, "Cancelled")
    assert rejected.perm_id == 501


async def test_202_is_a_cancel_with_its_reason(node: TradingNode, gateway: ScriptedGateway, recorder: Recorder) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.error(order_id, 202, "Order Canceled - reason:price too far away")
    cancelled = await recorder.update("ours-1", OrderStatus.CANCELLED)
    assert cancelled.reason == "Order Canceled - reason:price too far away (IB 202)"
    assert cancelled.ib_status == "Submitted"


async def test_a_cancel_that_came_too_late_is_no_cancel(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    node.execution.cancel("ours-1")
    assert (await gateway.next(CANCEL))[2] == order_id
    gateway.error(order_id, 10148, "OrderId that needs to be cancelled can not be cancelled, state: Filled.")
    rejected = await recorder.until(lambda: recorder.updates[-1].reason and recorder.updates[-1])
    assert (rejected.status, rejected.reason_code) == (OrderStatus.SUBMITTED, 10148)
    assert "state: Filled. (IB 10148)" in rejected.reason
    assert [notice.code for notice in recorder.notices] == [10148]
    await gateway.next(OPEN_ORDERS)


async def test_a_second_cancel_is_not_answered_by_what_ib_said_of_the_first(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    node.execution.cancel("ours-1")
    gateway.error(order_id, 161, "Cancel attempted when order is not in a cancellable state.")
    await recorder.until(lambda: recorder.updates[-1].reason_code == 161)
    node.execution.cancel("ours-1")
    gateway.order_status(order_id, "PendingCancel", perm_id=501)
    assert (await recorder.update("ours-1", OrderStatus.SUBMITTED, "PendingCancel")).reason_code is None


async def test_an_order_whose_last_share_was_executed_is_filled_without_a_status(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.execution(order_id, "0001.01", perm_id=501, ref="ours-1", shares=10, price=9.75)
    filled = await recorder.update("ours-1", OrderStatus.FILLED)
    assert (filled.filled_quantity, filled.average_fill_price) == (Decimal(10), Decimal("9.75"))
    assert filled.ib_status == "Submitted"


async def test_an_inactive_order_is_rejected_only_when_ib_rejected_it(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place(node, gateway)
    gateway.order_status(order_id, "Inactive", perm_id=501, held="locate")
    waiting = await recorder.update("ours-1", OrderStatus.SUBMITTED, "Inactive")
    assert waiting.reason == "IB holds the order: locate"
    gateway.order_status(order_id, "Submitted", perm_id=501)
    await recorder.update("ours-1", OrderStatus.SUBMITTED, "Submitted")
    gateway.error(order_id, 201, "Order rejected - reason: margin")
    gateway.order_status(order_id, "Inactive", perm_id=501)
    await recorder.update("ours-1", OrderStatus.REJECTED, "Inactive")


async def test_a_word_of_ib_s_that_nobody_knows_is_kept_and_changes_nothing(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.order_status(order_id, "Pondering", perm_id=501)
    await recorder.update("ours-1", OrderStatus.SUBMITTED, "Pondering")


async def test_a_perm_id_of_zero_is_none_until_ib_gives_one(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place(node, gateway)
    gateway.order_status(order_id, "PendingSubmit")
    assert (await recorder.update("ours-1", OrderStatus.SUBMITTED)).perm_id is None
    gateway.order_status(order_id, "Submitted", perm_id=501)
    assert (await recorder.update("ours-1", OrderStatus.SUBMITTED, "Submitted")).perm_id == 501


async def test_an_order_placed_elsewhere_is_told_with_its_instrument_first(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.open_order(0, permId=900, clientId=0)
    gateway.answer_details((await gateway.next(DETAILS))[2])
    update = await recorder.until(lambda: recorder.updates and recorder.updates[0])
    assert (update.order_ref, update.perm_id, update.order_id) == ("", 900, 0)
    assert (update.quantity, update.limit_price, update.side) == (Decimal(10), Decimal(10), OrderSide.BUY)
    told = [thing for thing in recorder.heard if thing in (update, *recorder.instruments)]
    assert told[0] == recorder.instruments[0]


async def test_an_order_of_an_instrument_that_ib_will_not_describe_is_told_all_the_same(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.open_order(0, permId=900, clientId=0)
    gateway.error((await gateway.next(DETAILS))[2], 200, "No security definition has been found for the request")
    update = await recorder.until(lambda: recorder.updates and recorder.updates[0])
    assert update.perm_id == 900
    assert recorder.instruments[0].con_id == update.con_id


async def test_two_orders_under_one_reference_stay_two(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.open_order(0, orderRef="mine", permId=901, clientId=0, status="Cancelled")
    gateway.open_order(0, orderRef="mine", permId=902, clientId=0, status="Submitted")
    gateway.answer_details((await gateway.next(DETAILS))[2])
    await recorder.until(lambda: len(recorder.updates) == 2)
    assert [(update.perm_id, update.status) for update in recorder.updates] == [
        (901, OrderStatus.CANCELLED),
        (902, OrderStatus.SUBMITTED),
    ]


async def test_an_order_id_that_a_restarted_gateway_gave_out_again_hits_one_order_only(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.open_order(order_id, orderRef="another", permId=777)
    await recorder.update("another", OrderStatus.SUBMITTED)
    gateway.order_status(order_id, "Filled", perm_id=777, filled=10)
    await recorder.update("another", OrderStatus.FILLED)
    assert {update.status for update in recorder.updates if update.order_ref == "ours-1"} == {OrderStatus.SUBMITTED}


async def test_the_next_order_id_is_above_every_id_that_was_seen(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.open_order(4000, orderRef="old", permId=900)
    gateway.answer_details((await gateway.next(DETAILS))[2])
    await recorder.update("old", OrderStatus.SUBMITTED)
    assert int(await place(node, gateway)) > 4000


async def test_no_id_is_used_twice_when_a_restarted_gateway_counts_from_the_start(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    node.drop()
    await node.connect()
    node.data.subscribe_quotes(AAPL)
    assert int((await gateway.next(MARKET_DATA))[2]) > int(order_id)


async def test_no_order_id_is_below_the_owner_s_high_water_mark(gateway: ScriptedGateway, recorder: Recorder) -> None:
    exec_clients = {"IB": InteractiveBrokersExecClientConfig(first_order_id=5000)}
    node = node_at(gateway, recorder, exec_clients=exec_clients)
    await node.connect()
    assert int(await place(node, gateway)) >= 5000
    node.drop()


async def test_an_execution_counts_for_its_order_and_keeps_the_exchange_s_time_in_utc(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    order_id = await place_live(node, gateway, recorder)
    gateway.execution(order_id, "0001.01", perm_id=501, ref="ours-1", shares=4, price=9.75)
    report = await recorder.until(lambda: recorder.executions and recorder.executions[0])
    assert report.at == datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
    assert (report.order_ref, report.quantity, report.price) == ("ours-1", Decimal(4), Decimal("9.75"))
    update = await recorder.until(lambda: recorder.updates[-1].filled_quantity and recorder.updates[-1])
    assert (update.filled_quantity, update.average_fill_price) == (Decimal(4), Decimal("9.75"))
    assert update.status is OrderStatus.SUBMITTED


async def test_an_unset_profit_is_none_and_an_unset_commission_no_report(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.say(59, 1, "0001.01", "1.7976931348623157E308", "USD", "1.7976931348623157E308", "", "")
    gateway.say(59, 1, "0002.01", 1.05, "EUR", "1.7976931348623157E308", "", "")
    report = await recorder.until(lambda: recorder.commissions and recorder.commissions[0])
    assert (report.exec_id, report.commission, report.currency) == ("0002.01", Decimal("1.05"), "EUR")
    assert report.realized_pnl is None


async def test_a_cancel_never_overtakes_the_order_that_it_cancels(node: TradingNode, gateway: ScriptedGateway) -> None:
    for number in range(60):
        node.execution.place(replace(REQUEST, client_order_id=f"ours-{number}"), AAPL)
    node.execution.cancel("ours-59")
    placed = await gateway.next(PLACE, having=lambda fields: "ours-59" in fields)
    assert (await gateway.next(CANCEL))[2] == placed[1]


async def test_an_order_does_not_wait_behind_subscriptions(node: TradingNode, gateway: ScriptedGateway) -> None:
    for con_id in range(1, 90):
        node.data.subscribe_quotes(replace(AAPL, con_id=con_id))
    node.execution.place(REQUEST, AAPL)
    await gateway.next(PLACE)
    assert len([fields for fields in gateway.received if fields[0] == str(MARKET_DATA)]) < 89


# The link


async def test_a_client_id_in_use_is_said_so(gateway: ScriptedGateway, recorder: Recorder) -> None:
    gateway.greeting = [(4, 2, -1, 326, "Unable to connect as the client id is already in use.", "")]
    node = node_at(gateway, recorder)
    connecting = asyncio.create_task(node.connect())
    await gateway.next(71)
    gateway.hang_up()
    with pytest.raises(ClientIdInUse, match="client id 1"):
        await connecting
    assert recorder.links == []


async def test_a_gateway_that_hangs_up_in_the_handshake_is_said_so(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.greeting = []
    connecting = asyncio.create_task(node_at(gateway, recorder).connect())
    await gateway.next(71)
    gateway.hang_up()
    with pytest.raises(GatewayUnreachable, match="during the handshake"):
        await connecting


async def test_a_gateway_that_does_not_shake_hands_is_given_up_at_the_deadline(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.silent = True
    with pytest.raises(HandshakeTimedOut, match=r"within 0\.1 s"):
        await node_at(gateway, recorder, connect_deadline=0.1).connect()


async def test_orders_wait_while_the_gateway_has_lost_ib(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.error(-1, 1100, "Connectivity between IB and Trader Workstation has been lost.")
    await recorder.until(lambda: node.link is LinkState.BROKER_LOST)
    with pytest.raises(OrderRefused, match="lost its connection to Interactive Brokers"):
        node.execution.place(REQUEST, AAPL)
    gateway.error(-1, 1102)
    await recorder.until(lambda: node.link is LinkState.UP)
    await place(node, gateway)
    assert recorder.links == [LinkState.UP, LinkState.BROKER_LOST, LinkState.UP]


async def test_streams_are_asked_for_again_when_ib_lost_them_and_not_when_it_kept_them(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.data.subscribe_quotes(AAPL)
    first = await gateway.next(MARKET_DATA)
    gateway.error(-1, 1100)
    gateway.error(-1, 1102)
    await recorder.until(lambda: recorder.links[-2:] == [LinkState.BROKER_LOST, LinkState.UP])
    gateway.error(-1, 1100)
    gateway.error(-1, 1101)
    again = await gateway.next(MARKET_DATA)
    assert again[2] != first[2]
    assert (await gateway.next(STOP_DATA))[2] == first[2]
    assert not [fields for fields in gateway.received if fields[0] == str(MARKET_DATA)]


async def test_a_data_farm_that_is_down_leaves_orders_alone_and_is_subscribed_again_when_back(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.data.subscribe_quotes(AAPL)
    await gateway.next(MARKET_DATA)
    gateway.error(-1, 2103, "Market data farm connection is broken:usfarm")
    gateway.error(-1, 2104, "Market data farm connection is OK:eufarm")
    await recorder.until(lambda: node.link is LinkState.DATA_DOWN)
    await place(node, gateway)
    gateway.error(-1, 2104, "Market data farm connection is OK:usfarm")
    await recorder.until(lambda: node.link is LinkState.UP)
    await gateway.next(MARKET_DATA)


async def test_a_sleeping_farm_is_normal(node: TradingNode, gateway: ScriptedGateway, recorder: Recorder) -> None:
    gateway.error(-1, 2107, "HMDS data farm connection is inactive but should be available upon demand.ushmds")
    gateway.error(-1, 2110)
    await recorder.until(lambda: node.link is LinkState.BROKER_LOST)
    assert recorder.links == [LinkState.UP, LinkState.BROKER_LOST]
    assert [notice.code for notice in recorder.notices] == [2110]


async def test_a_competing_session_is_said_so_until_quotes_come_again(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.data.subscribe_quotes(AAPL)
    request_id = (await gateway.next(MARKET_DATA))[2]
    gateway.error(request_id, 10197, "No market data during competing live session")
    await recorder.until(lambda: node.link is LinkState.COMPETING)
    gateway.say(1, 6, request_id, 1, 189.5, 100, 0)
    await recorder.until(lambda: recorder.quotes)
    assert node.link is LinkState.UP


async def test_quotes_carry_the_kind_of_data_that_came(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node.data.subscribe_quotes(AAPL)
    request_id = (await gateway.next(MARKET_DATA))[2]
    gateway.say(58, 1, request_id, 3)
    gateway.say(1, 6, request_id, 66, 189.5, 100, 0)
    quote = await recorder.until(lambda: next((quote for quote in recorder.quotes if quote.bid), None))
    assert quote.market_data_type == "delayed"


async def test_a_withdrawn_bid_is_none(node: TradingNode, gateway: ScriptedGateway, recorder: Recorder) -> None:
    node.data.subscribe_quotes(AAPL)
    request_id = (await gateway.next(MARKET_DATA))[2]
    gateway.say(1, 6, request_id, 1, 189.5, 100, 0)
    await recorder.until(lambda: recorder.quotes and recorder.quotes[-1].bid == Decimal("189.5"))
    gateway.say(1, 6, request_id, 1, -1, 0, 0)
    await recorder.until(lambda: recorder.quotes[-1].bid is None)
    assert recorder.quotes[-1].bid_size is None


async def test_a_silent_gateway_is_asked_for_the_time_and_then_given_up(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = node_at(gateway, recorder, heartbeat=0.05, heartbeat_deadline=0.1)
    await node.connect()
    await gateway.next(49)
    with pytest.raises(LinkLost, match="did not answer with the time"):
        await asyncio.wait_for(node.wait_closed(), DEADLINE)
    assert recorder.links == [LinkState.UP, LinkState.DOWN]


async def test_a_gateway_that_says_anything_but_the_time_is_not_given_up(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = node_at(gateway, recorder, heartbeat=0.05, heartbeat_deadline=1.0)
    await node.connect()
    for _ in range(2):
        await gateway.next(49)
        gateway.error(-1, 2104, "Market data farm connection is OK:usfarm")
    await gateway.next(49)
    assert recorder.links == [LinkState.UP]
    await node.stop()


# Answers that don't come


async def test_what_ib_leaves_unanswered_is_unknown_and_not_empty(gateway: ScriptedGateway, recorder: Recorder) -> None:
    node = node_at(gateway, recorder, request_deadline=0.1)
    await node.connect()
    resyncing = asyncio.create_task(node.resync())
    await gateway.next(OPEN_ORDERS)
    gateway.say(53, 1)
    with pytest.raises(
        ResyncIncomplete, match="completed orders, executions, positions, the account summary"
    ) as raised:
        await resyncing
    assert raised.value.resync.open_orders == frozenset()
    assert raised.value.resync.executions is None
    node.drop()


async def test_a_read_only_api_that_leaves_more_than_orders_unanswered_is_said_so(
    gateway: ScriptedGateway, recorder: Recorder
) -> None:
    node = node_at(gateway, recorder, request_deadline=0.1)
    await node.connect()
    resyncing = asyncio.create_task(node.resync())
    for kind in (OPEN_ORDERS, COMPLETED_ORDERS):
        await gateway.next(kind)
        gateway.error(-1, 321, READ_ONLY)
    with pytest.raises(ResyncIncomplete, match="executions, positions, the account summary") as raised:
        await resyncing
    assert raised.value.resync.read_only is True
    node.drop()


async def test_a_wrong_request_does_not_make_the_api_read_only(gateway: ScriptedGateway, recorder: Recorder) -> None:
    node = node_at(gateway, recorder, request_deadline=0.1)
    await node.connect()
    resyncing = asyncio.create_task(node.resync())
    await gateway.next(OPEN_ORDERS)
    gateway.error(-1, 321, "Error validating request.-'a0' : cause - The account code is required for this operation.")
    with pytest.raises(ResyncIncomplete, match="open orders") as raised:
        await resyncing
    assert raised.value.resync.read_only is False
    node.drop()


async def test_a_search_that_ib_leaves_unanswered_is_said_so(gateway: ScriptedGateway, recorder: Recorder) -> None:
    node = node_at(gateway, recorder, request_deadline=0.1)
    await node.connect()
    with pytest.raises(NoAnswer, match="instruments like 'AAPL' within"):
        await node.provider.search("AAPL")
    node.drop()


async def test_a_question_ends_with_the_connection_and_not_at_its_deadline(
    node: TradingNode, gateway: ScriptedGateway
) -> None:
    asking = asyncio.create_task(node.provider.instrument(1))
    await gateway.next(DETAILS)
    gateway.hang_up()
    with pytest.raises(LinkLost):
        await asyncio.wait_for(asking, 5)


async def test_a_refused_question_is_raised_with_ib_s_code(node: TradingNode, gateway: ScriptedGateway) -> None:
    asking = asyncio.create_task(node.provider.instrument(1))
    gateway.error((await gateway.next(DETAILS))[2], 321, "Error validating request")
    with pytest.raises(RequestRefused, match=r"\(IB 321\)") as raised:
        await asking
    assert raised.value.code == 321


@pytest.mark.parametrize(
    ("code", "text", "allowed", "words"),
    [
        (321, READ_ONLY, False, "read-only"),
        (321, "Error validating request", None, "Not known"),
        (460, "No trading permissions", False, "may not trade"),
        (201, "Order rejected", None, "Not known"),
    ],
)
async def test_a_refused_check_says_whether_the_login_may_trade(
    node: TradingNode, gateway: ScriptedGateway, code: int, text: str, allowed: bool | None, words: str
) -> None:
    checking = asyncio.create_task(node.check_trading_permission())
    gateway.error((await gateway.next(PLACE))[1], code, text)
    permission = await checking
    assert permission.allowed is allowed
    assert words in permission.reason


async def test_an_unanswered_check_stays_unknown(gateway: ScriptedGateway, recorder: Recorder) -> None:
    node = node_at(gateway, recorder, request_deadline=0.1)
    await node.connect()
    assert (await node.check_trading_permission()).allowed is None
    node.drop()


# Broken bytes and broken listeners


async def test_a_message_that_can_t_be_read_is_told_and_the_next_one_is_heard(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.execution(1, "0001.01", time="yesterday")
    gateway.execution(1, "0002.01", request=-1)
    gateway.answer_details((await gateway.next(DETAILS))[2])
    await recorder.until(lambda: recorder.executions)
    assert [report.exec_id for report in recorder.executions] == ["0002.01"]
    assert "could not be read" in recorder.notices[0].message


async def test_an_execution_that_makes_no_sense_is_told_of_and_not_guessed(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.execution(1, "0001.01", side="SIDEWAYS")
    notice = await recorder.until(lambda: recorder.notices and recorder.notices[0])
    assert notice.message == "The gateway sent something about an execution that could not be read."
    assert recorder.executions == []


async def test_a_frame_of_two_gigabytes_ends_the_connection_instead_of_filling_the_memory(
    node: TradingNode, gateway: ScriptedGateway, recorder: Recorder
) -> None:
    gateway.say_bytes(struct.pack(">I", 2**31 - 1) + b"1\0")
    with pytest.raises(LinkLost):
        await asyncio.wait_for(node.wait_closed(), DEADLINE)
    assert "2147483647 bytes" in recorder.notices[-1].message


class Failing(Recorder):
    def on_quote(self, quote: Quote) -> None:
        super().on_quote(quote)
        raise RuntimeError("a fault of the listener's")


async def test_a_listener_that_fails_is_logged_with_what_it_was_told_and_stops_nothing(
    gateway: ScriptedGateway, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Failing()
    node = node_at(gateway, recorder)
    await node.connect()
    node.data.subscribe_quotes(AAPL)
    request_id = (await gateway.next(MARKET_DATA))[2]
    with caplog.at_level(logging.ERROR):
        gateway.say(1, 6, request_id, 1, 189.5, 100, 0)
        await recorder.until(lambda: recorder.quotes)
        gateway.say(1, 6, request_id, 1, 189.6, 100, 0)
        await recorder.until(lambda: recorder.quotes[-1].bid == Decimal("189.6"))
    assert "a fault of the listener's" in caplog.text
    assert "con_id=265598" in caplog.text
    node.drop()
