"""placeOrder and openOrder, field by field: what the real client writes is read, given back, and read by it again."""

from __future__ import annotations

import math
from dataclasses import fields as dataclass_fields
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ib_insync import (
    ComboLeg,
    Contract,
    DeltaNeutralContract,
    LimitOrder,
    MarketOrder,
    Order,
    OrderState,
    PercentChangeCondition,
    PriceCondition,
    TagValue,
    TimeCondition,
    VolumeCondition,
)
from ib_insync.client import Client
from ib_insync.decoder import Decoder
from ib_insync.order import ExecutionCondition, MarginCondition, OrderComboLeg

from brokers.simulator.catalogue.listings import INSTRUMENTS
from brokers.simulator.messages.orders import completed_order, open_order
from brokers.simulator.orders.message import OrderMessage, read_order
from brokers.simulator.orders.order import FILLED, SUBMITTED
from brokers.simulator.orders.order import Order as BrokerOrder
from brokers.simulator.wire import FieldError, Fields, decode, encode

APPLE = Contract(conId=265598, symbol="AAPL", secType="STK", exchange="SMART", currency="USD")


class Writer:
    """The real client's own serialisation, caught before the socket."""

    def __init__(self) -> None:
        self._sent: list[str] = []
        self._client = Client(SimpleNamespace())
        self._client.connState = Client.CONNECTED
        self._client._serverVersion = 176
        self._client.sendMsg = self._sent.append

    def place_order(self, contract: Contract, order: Order, order_id: int = 7) -> list[str]:
        self._client.placeOrder(order_id, contract, order)
        message_id, *fields = decode(self._sent.pop().encode())
        assert message_id == "3"
        return fields


def received(contract: Contract, order: Order) -> OrderMessage:
    return read_order(Fields(Writer().place_order(contract, order)))


class Reader:
    """The real client's own decoder, and what it made of one message."""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []
        wrapper = SimpleNamespace(
            openOrder=lambda _id, contract, order, state: self.heard.append((contract, order, state)),
            completedOrder=lambda contract, order, state: self.heard.append((contract, order, state)),
        )
        self._decoder = Decoder(wrapper, 176)

    def read(self, message: list[Any]) -> tuple[Contract, Order, OrderState]:
        self._decoder.interpret(decode(encode(message)[4:]))
        [heard] = self.heard
        return heard  # type: ignore[return-value]


def given_back(contract: Contract, order: Order) -> Order:
    return Reader().read(open_order(broker_order(received(contract, order))))[1]


def broker_order(message: OrderMessage) -> BrokerOrder:
    [apple] = [one for one in INSTRUMENTS if one.con_id == 265598]
    return BrokerOrder(message, apple, "SMART", 3, 99, "DU1000001", status=SUBMITTED)


PEGGED_TO_BENCHMARK = Order(
    action="BUY",
    totalQuantity=1,
    orderType="PEG BENCH",
    referenceContractId=8314,
    isPeggedChangeAmountDecrease=True,
    peggedChangeAmount=0.5,
    referenceChangeAmount=0.25,
    referenceExchangeId="NYSE",
)
SCALED = Order(
    action="BUY",
    totalQuantity=1,
    orderType="LMT",
    lmtPrice=1.5,
    scaleInitLevelSize=5,
    scaleSubsLevelSize=6,
    scalePriceIncrement=0.5,
    scalePriceAdjustValue=0.25,
    scalePriceAdjustInterval=60,
    scaleProfitOffset=0.125,
    scaleAutoReset=True,
    scaleInitPosition=2,
    scaleInitFillQty=1,
    scaleRandomPercent=True,
)
CONDITIONAL = Order(
    action="BUY",
    totalQuantity=1,
    orderType="MKT",
    conditions=[
        PriceCondition(1, "a", True, 12.5, 265598, "SMART", 2),
        TimeCondition(3, "o", False, "20260101 10:00:00 US/Eastern"),
        MarginCondition(4, "a", True, 30),
        ExecutionCondition(5, "a", "STK", "SMART", "IBM"),
        VolumeCondition(6, "o", True, 1000, 8314, "NYSE"),
        PercentChangeCondition(7, "a", False, 2.5, 8314, "NYSE"),
    ],
    conditionsIgnoreRth=True,
    conditionsCancelOrder=True,
)
VARIANTS = {
    "market": MarketOrder("BUY", 10, tif="DAY"),
    "limit": LimitOrder("SELL", 3, 1.25, tif="GTC", orderRef="ours", outsideRth=True, hidden=True),
    "algo": MarketOrder("BUY", 1, algoStrategy="Adaptive", algoParams=[TagValue("adaptivePriority", "Normal")]),
    "empty-algo": MarketOrder("BUY", 1, algoStrategy="Adaptive"),
    "hedge": MarketOrder("BUY", 1, hedgeType="B", hedgeParam="0.5"),
    "delta-neutral": MarketOrder(
        "BUY",
        1,
        deltaNeutralOrderType="MKT",
        deltaNeutralConId=8314,
        deltaNeutralSettlingFirm="F",
        deltaNeutralOpenClose="O",
        deltaNeutralShortSaleSlot=2,
        deltaNeutralDesignatedLocation="here",
    ),
    "benchmark": PEGGED_TO_BENCHMARK,
    "scale": SCALED,
    "conditions": CONDITIONAL,
    "trail": Order(action="SELL", totalQuantity=1, orderType="TRAIL", trailingPercent=2.5, trailStopPrice=99.5),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_every_shape_of_order_is_read_whole_and_given_back(name: str) -> None:
    order = VARIANTS[name]
    echoed = given_back(APPLE, order)
    for field in dataclass_fields(Order):
        sent = getattr(order, field.name)
        if sent != field.default and sent not in ([], ()) and field.name not in ("openClose", "softDollarTier"):
            assert getattr(echoed, field.name) == sent, field.name


def test_a_combination_is_read_with_its_legs() -> None:
    contract = Contract(symbol="X", secType="BAG", exchange="SMART", currency="USD")
    contract.comboLegs = [ComboLeg(1, 2, "BUY", "SMART"), ComboLeg(3, 4, "SELL", "NYSE", designatedLocation="here")]
    contract.deltaNeutralContract = DeltaNeutralContract(5, 0.5, 10.0)
    order = LimitOrder("BUY", 1, 1.0, orderComboLegs=[OrderComboLeg(1.5), OrderComboLeg()])
    order.smartComboRoutingParams = [TagValue("NonGuaranteed", "1")]
    message = received(contract, order)
    assert [leg[:4] for leg in message.combo_legs] == [["1", "2", "BUY", "SMART"], ["3", "4", "SELL", "NYSE"]]
    assert message.leg_prices == ["1.5", ""]
    assert message.combo_routing == [["NonGuaranteed", "1"]]
    assert message.delta_neutral_contract == ["5", "0.5", "10.0"]
    echoed, _, _ = Reader().read(open_order(broker_order(message)))
    assert [leg.designatedLocation for leg in echoed.comboLegs] == ["", "here"]
    assert echoed.deltaNeutralContract == contract.deltaNeutralContract


@pytest.mark.parametrize(
    ("exchange", "order", "named"),
    [
        ("IBKRATS", Order(orderType="LMT", minTradeQty=5), {"minTradeQty": "5"}),
        ("SMART", Order(orderType="PEG MID", midOffsetAtHalf=0.5), {"midOffsetAtWhole": "", "midOffsetAtHalf": "0.5"}),
        (
            "IBKRATS",
            Order(orderType="PEG BEST", minCompeteSize=3, competeAgainstBestOffset=math.inf, midOffsetAtWhole=0.25),
            {"minTradeQty": "", "minCompeteSize": "3", "midOffsetAtWhole": "0.25", "midOffsetAtHalf": ""},
        ),
    ],
)
def test_the_last_fields_depend_on_exchange_and_order_type(exchange: str, order: Order, named: dict[str, str]) -> None:
    contract = Contract(symbol="AAPL", secType="STK", exchange=exchange, currency="USD")
    terms = received(contract, order).terms
    assert {name: terms[name] for name in named} == named


words = st.text(st.characters(codec="ascii", exclude_categories=("Cc",)), max_size=12)
prices = st.decimals("0.01", "100000", places=4).map(float)
sizes = st.integers(1, 10**9)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.builds(
        Order,
        action=st.sampled_from(["BUY", "SELL"]),
        totalQuantity=sizes.map(float),
        orderType=st.just("LMT"),
        lmtPrice=prices,
        auxPrice=prices,
        tif=st.sampled_from(["DAY", "GTC"]),
        orderRef=words,
        goodTillDate=words,
        modelCode=words,
        ocaGroup=words,
        outsideRth=st.booleans(),
        sweepToFill=st.booleans(),
        allOrNone=st.booleans(),
        minQty=sizes,
        percentOffset=prices,
        startingPrice=prices,
        volatility=prices,
        trailStopPrice=prices,
        scaleInitLevelSize=sizes,
        hedgeType=st.sampled_from(["", "D"]),
        hedgeParam=words.filter(bool),
        clearingAccount=words,
        algoStrategy=words,
        algoParams=st.lists(st.builds(TagValue, words, words), max_size=3),
        conditions=st.lists(
            st.builds(TimeCondition, st.just(3), st.sampled_from("ao"), st.booleans(), words), max_size=3
        ),
        conditionsIgnoreRth=st.booleans(),
        triggerPrice=prices,
        duration=sizes,
        postToAts=sizes,
    )
)
def test_whatever_the_client_writes_it_gets_back(order: Order) -> None:
    echoed = given_back(APPLE, order)
    alike = "action totalQuantity orderType lmtPrice auxPrice tif orderRef goodTillDate modelCode ocaGroup outsideRth"
    alike += " sweepToFill allOrNone minQty percentOffset startingPrice volatility trailStopPrice scaleInitLevelSize"
    alike += " hedgeType clearingAccount algoStrategy conditions triggerPrice duration postToAts"
    for name in alike.split():
        assert getattr(echoed, name) == getattr(order, name), name
    if order.algoStrategy:
        assert echoed.algoParams == order.algoParams


@given(st.lists(st.text(st.characters(codec="ascii", exclude_categories=("Cc",)), max_size=5), max_size=150))
def test_any_fields_are_an_order_or_a_field_error(fields: list[str]) -> None:
    try:
        read_order(Fields(fields))
    except FieldError:
        return
    pytest.fail("random fields were read as an order")


@pytest.mark.parametrize("cut", range(0, 100, 7))
def test_an_order_that_ends_early_is_a_field_error(cut: int) -> None:
    fields = Writer().place_order(APPLE, MarketOrder("BUY", 1))
    with pytest.raises(FieldError, match="ends after"):
        read_order(Fields(fields[: len(fields) - 1 - cut]))


def test_an_open_order_shows_a_real_gateways_defaults() -> None:
    echoed = given_back(APPLE, MarketOrder("BUY", 1, tif="DAY"))
    assert (echoed.lmtPrice, echoed.auxPrice) == (0.0, 0.0)
    assert (echoed.deltaNeutralOrderType, echoed.adjustedOrderType, echoed.clearingIntent) == ("None", "None", "IB")
    assert (echoed.clientId, echoed.permId, echoed.orderId, echoed.account) == (3, 99, 7, "DU1000001")


@pytest.mark.parametrize("name", VARIANTS)
def test_every_shape_of_order_can_be_completed(name: str) -> None:
    order = broker_order(received(APPLE, VARIANTS[name]))
    order.fill(quantity=order.quantity, price=Decimal("1.25"), at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    _, read, state = Reader().read(completed_order(order, lambda at: at.isoformat()))
    assert (read.permId, read.filledQuantity, read.totalQuantity) == (99, float(order.quantity), 0.0)
    assert (state.status, state.completedTime) == (FILLED, "2026-01-02T03:04:05+00:00")
    assert state.completedStatus.startswith("Filled Size: ")


@pytest.mark.parametrize("name", VARIANTS)
def test_an_order_survives_the_ledgers_row(name: str) -> None:
    message = received(APPLE, VARIANTS[name])
    assert OrderMessage.from_row(message.as_row()) == message
