"""An order's terms on their way to IB and back: our request, the library's bytes, a gateway's words, our update."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ib_insync import Contract, Order
from ib_insync.client import Client
from ib_insync.decoder import Decoder

from brokers.domain import OcaType, OrderChange, OrderRequest, OrderSide, OrderType, TimeInForce
from brokers.interactive_brokers import convert
from brokers.interactive_brokers.orders.checks import require_sound, require_sound_terms
from brokers.interactive_brokers.orders.record import record_of
from brokers.interactive_brokers.orders.terms import NAMES, NEEDED, TRAILS, OrderTerms, changed, terms_of
from brokers.simulator.catalogue.listings import INSTRUMENTS
from brokers.simulator.messages.orders import open_order
from brokers.simulator.orders.message import OrderMessage, read_order
from brokers.simulator.orders.order import SUBMITTED
from brokers.simulator.orders.order import Order as BrokerOrder
from brokers.simulator.wire import Fields, decode, encode
from tests.brokers.words.stage import AAPL

NOW = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
APPLE = Contract(conId=265598, symbol="AAPL", secType="STK", exchange="SMART", currency="USD")

prices = st.decimals(min_value=Decimal("0.0001"), max_value=Decimal(99999), places=6)
sizes = st.decimals(min_value=Decimal("0.0001"), max_value=Decimal(9999999), places=4)
lasting = st.sampled_from([TimeInForce.DAY, TimeInForce.GTC, TimeInForce.GTD])
# A gateway ignores the wish with most other types (2109), and then doesn't repeat it.
_AT_ANY_HOUR = frozenset({OrderType.LMT, OrderType.STP_LMT, OrderType.TRAIL_LIMIT})
at_any_time = st.sampled_from(TimeInForce)


@st.composite
def requests(draw: st.DrawFn) -> OrderRequest:
    """Any order that may be sent."""
    order_type = draw(st.sampled_from(OrderType))
    asked: dict[str, Any] = {name: draw(prices) for name in NEEDED[order_type]}
    if order_type in TRAILS:
        if draw(st.booleans()):
            asked["trailing_amount"] = draw(prices)
        else:
            asked["trailing_percent"] = draw(st.decimals(min_value=Decimal("0.01"), max_value=Decimal(99), places=2))
        asked["trail_stop_price"] = draw(prices)
    asked["time_in_force"] = draw(_times_in_force(order_type))
    if asked["time_in_force"] is TimeInForce.GTD:
        asked["good_till_date"] = NOW + timedelta(seconds=draw(st.integers(1, 10**8)))
    if asked["time_in_force"] in (TimeInForce.DAY, TimeInForce.GTC) and order_type in _AT_ANY_HOUR:
        asked["outside_rth"] = draw(st.booleans())
    if draw(st.booleans()):
        asked |= {"oca_group": "a group", "oca_type": draw(st.sampled_from(OcaType))}
    return OrderRequest(
        client_order_id="ours-1",
        account_code="DU1000001",
        con_id=265598,
        side=draw(st.sampled_from(OrderSide)),
        order_type=order_type,
        quantity=draw(sizes),
        **asked,
    )


def _times_in_force(order_type: OrderType) -> st.SearchStrategy[TimeInForce]:
    if order_type in (OrderType.MKT, OrderType.LMT):
        return at_any_time
    return st.just(TimeInForce.DAY) if order_type in (OrderType.MOC, OrderType.LOC) else lasting


def sent(order: Order) -> OrderMessage:
    """As a gateway reads the library's own bytes."""
    messages: list[str] = []
    client = Client(SimpleNamespace())
    client.connState = Client.CONNECTED
    client._serverVersion = 176
    client.sendMsg = messages.append
    client.placeOrder(7, APPLE, order)
    return read_order(Fields(decode(messages[0].encode())[1:]))


def told(message: OrderMessage) -> Order:
    """As the library reads what a gateway says of that order."""
    heard: list[Order] = []
    wrapper = SimpleNamespace(openOrder=lambda _id, _contract, order, _state: heard.append(order))
    [apple] = [one for one in INSTRUMENTS if one.con_id == 265598]
    order = BrokerOrder(message, apple, "SMART", 1, 99, "DU1000001", status=SUBMITTED)
    Decoder(wrapper, 176).interpret(decode(encode(open_order(order))[4:]))
    return heard[0]


@given(requests())
def test_what_was_asked_comes_back_the_same_to_the_last_digit(request: OrderRequest) -> None:
    require_sound(request)
    terms = terms_of(request)
    require_sound_terms(terms, now=NOW)
    assert convert.order_terms(told(sent(convert.order(terms)))) == terms


@given(requests())
def test_the_bytes_say_what_was_asked_and_nothing_that_was_not(request: OrderRequest) -> None:
    written = sent(convert.order(terms_of(request))).terms
    trails = request.order_type in TRAILS
    expected = {
        "lmtPrice": request.limit_price,
        "auxPrice": request.trailing_amount if trails else request.stop_price,
        "trailingPercent": request.trailing_percent,
        "trailStopPrice": request.trail_stop_price,
        "lmtPriceOffset": request.limit_price_offset,
        "totalQuantity": request.quantity,
    }
    assert {name: Decimal(written[name]) if written[name] else None for name in expected} == expected
    assert (written["tif"], written["outsideRth"]) == (request.time_in_force, str(int(request.outside_rth)))
    assert (written["ocaGroup"], written["ocaType"]) == (request.oca_group, str(request.oca_type or 0))


@given(requests())
def test_an_update_repeats_the_terms_of_the_request(request: OrderRequest) -> None:
    record = record_of(request, instrument=AAPL, contract=APPLE, client_id=1, order_id=7)
    update = record.as_update(NOW)
    assert {name: getattr(update, name) for name in NAMES} == {name: getattr(request, name) for name in NAMES}


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2024, 3, 4, 14, 30, tzinfo=UTC),
        datetime(2024, 3, 4, 9, 30, tzinfo=ZoneInfo("US/Eastern")),
        datetime(2024, 3, 4, 20, 0, tzinfo=timezone(timedelta(hours=5, minutes=30))),
    ],
)
def test_a_date_goes_out_in_utc_whatever_its_zone(moment: datetime) -> None:
    terms = OrderTerms(OrderSide.BUY, "LMT", Decimal(1), "GTD", limit_price=Decimal(1), good_till_date=moment)
    assert convert.order(terms).goodTillDate == "20240304-14:30:00"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20240304-14:30:00", NOW),
        ("20240304 09:30:00 US/Eastern", NOW),
        ("20240304 14:30:00 UTC", NOW),
        ("20240304 15:30:00", NOW),
        ("20240304 15:30:00 Nowhere/Atall", None),
        ("20241399-14:30:00", None),
        ("", None),
        ("tomorrow", None),
    ],
)
def test_a_date_of_ib_s_is_read_with_its_zone_or_the_gateway_s(text: str, expected: datetime | None) -> None:
    assert convert.moment(text, zone=ZoneInfo("Europe/Berlin")) == expected


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone
def test_a_date_that_goes_out_comes_back_to_the_second(moment: datetime) -> None:
    assert convert.moment(convert.as_moment(moment), zone=ZoneInfo("Asia/Tokyo")) == moment.replace(microsecond=0)


def test_prices_that_ib_fills_in_for_a_type_that_has_none_are_none() -> None:
    order = Order(action="BUY", orderType="LMT", totalQuantity=1, lmtPrice=5.0, auxPrice=0.0, trailStopPrice=6.0)
    terms = convert.order_terms(order)
    assert (terms.limit_price, terms.stop_price, terms.trail_stop_price) == (Decimal(5), None, None)
    market = convert.order_terms(Order(action="BUY", orderType="MKT", totalQuantity=1, lmtPrice=0.0, auxPrice=0.0))
    assert (market.limit_price, market.stop_price) == (None, None)


def test_an_order_that_trails_by_a_percentage_has_no_amount_whatever_ib_fills_in() -> None:
    order = Order(action="SELL", orderType="TRAIL", totalQuantity=1, trailingPercent=2.0, auxPrice=3.5)
    terms = convert.order_terms(order)
    assert (terms.trailing_percent, terms.trailing_amount) == (Decimal(2), None)


def test_a_type_that_is_not_sent_from_here_is_told_with_its_limit() -> None:
    terms = convert.order_terms(Order(action="SELL", orderType="REL", totalQuantity=1, lmtPrice=5.0, auxPrice=0.01))
    assert (terms.order_type, terms.limit_price, terms.stop_price) == ("REL", Decimal(5), None)


def trailing(**terms: Any) -> OrderTerms:
    return OrderTerms(OrderSide.SELL, "TRAIL", Decimal(1), "DAY", **terms)


def test_a_change_to_one_way_of_trailing_ends_the_other() -> None:
    by_amount = trailing(trailing_amount=Decimal(2))
    by_percent = trailing(trailing_percent=Decimal(3))
    assert changed(by_amount, OrderChange("ours-1", trailing_percent=Decimal(3))) == by_percent
    assert changed(by_percent, OrderChange("ours-1", trailing_amount=Decimal(2))) == by_amount


def test_a_change_away_from_gtd_ends_its_date() -> None:
    dated = OrderTerms(OrderSide.BUY, "LMT", Decimal(1), "GTD", limit_price=Decimal(1), good_till_date=NOW)
    assert changed(dated, OrderChange("ours-1", time_in_force=TimeInForce.DAY)).good_till_date is None


@given(requests())
def test_a_change_of_nothing_changes_nothing(request: OrderRequest) -> None:
    assert changed(terms_of(request), OrderChange(request.client_order_id)) == terms_of(request)


def test_a_change_can_alter_every_term_but_what_makes_another_order_of_it() -> None:
    fixed = {"side", "order_type", "oca_group", "oca_type"}
    assert {field.name for field in fields(OrderChange)} - {"client_order_id"} == set(NAMES) - fixed
