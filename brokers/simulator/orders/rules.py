"""What an order has to be before its market is looked at: IB's codes, and its words as far as they are known."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from brokers.simulator.catalogue.catalogue import Catalogue, Match
from brokers.simulator.catalogue.combinations import CombinationRefused
from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.catalogue.listings.instrument import COMBINATION
from brokers.simulator.clock import parse_ib_time
from brokers.simulator.orders import terms as order_terms
from brokers.simulator.orders.book import OrderBook
from brokers.simulator.orders.groups import OCA_TYPES
from brokers.simulator.orders.message import OrderMessage, names
from brokers.simulator.orders.order import FILLED, Order
from brokers.simulator.orders.refusals import OrderRefused, incomplete, rejection, validation
from brokers.simulator.orders.triggers import TRIGGER_METHODS
from brokers.simulator.wire import decimal, integer, plain

# IB's own limit on working orders for one contract, side and account.
WORKING_ORDERS = 20

# The words of IB's `orderTypes` that are not those of an order's own type.
_LISTED_AS = {"STP LMT": "STPLMT", "TRAIL LIMIT": "TRAILLMT"}

# Terms that would change what an order does and that this gateway doesn't act on. Taking such an order as if they
# were not there would be a lie to the client.
_UNSUPPORTED_WORDS = names("goodAfterTime hedgeType algoStrategy activeStartTime activeStopTime")
_UNSUPPORTED_NUMBERS = names("scalePriceIncrement cashQty minQty")


def find_instrument(catalogue: Catalogue, message: OrderMessage, *, expired: bool = False) -> Match:
    """What the order is for, or with `expired` was for. A combination is made of the legs that the message names."""
    if message.contract["secType"] == COMBINATION:
        return _find_combination(catalogue, message, expired=expired)
    matches = catalogue.find(message.contract | {"includeExpired": "1"} if expired else message.contract)
    if not matches:
        raise OrderRefused(200, "No security definition has been found for the request")
    if len(matches) > 1:
        symbol = message.contract["symbol"]
        raise OrderRefused(200, f"The contract description specified for {symbol} is ambiguous.")
    return matches[0]


def _find_combination(catalogue: Catalogue, message: OrderMessage, *, expired: bool) -> Match:
    contract, legs = message.contract, message.combo_legs
    try:
        made = catalogue.combination(legs, symbol=contract["symbol"], exchange=contract["exchange"], expired=expired)
    except CombinationRefused as refused:
        raise validation(str(refused)) from refused
    return Match(made.instrument, contract["exchange"] or made.instrument.venue.default_exchange)


def find_account(message: OrderMessage, accounts: Collection[str]) -> str:
    """The account that the order is for. It must be named where there are several behind the login."""
    named = message.terms["account"]
    if named and named not in accounts:
        raise validation(f"Invalid account code '{named}'")
    if not named and len(accounts) > 1:
        raise OrderRefused(435, "You must specify an account.")
    return named or next(iter(accounts))


def judge(message: OrderMessage, instrument: Instrument, *, now: datetime) -> None:
    """Raises OrderRefused when no order with these terms can be taken."""
    _judge_kind(message, instrument)
    _judge_quantity(order_terms.quantity_of(message), instrument)
    _judge_completeness(message)
    _judge_end(message, now)
    _judge_unsupported(message)


def _judge_kind(message: OrderMessage, instrument: Instrument) -> None:
    terms = message.terms
    if terms["action"] not in ("BUY", "SELL"):
        raise validation(f"Invalid order action '{terms['action']}'")
    if terms["tif"] not in ("", *order_terms.TIMES_IN_FORCE):
        raise OrderRefused(10052, f"Invalid time in force:{terms['tif']}.")
    if terms["tif"] and terms["tif"] not in instrument.order_types:
        raise OrderRefused(10052, f"Invalid time in force:{terms['tif']}.")
    if not _is_offered(message, instrument):
        raise OrderRefused(387, "Unsupported order type for this exchange and security type.")
    if order_terms.trigger_method_of(message) not in TRIGGER_METHODS:
        raise validation(f"Invalid trigger method {terms['triggerMethod']}")
    if (integer(terms["ocaType"]) or 0) not in OCA_TYPES:
        raise validation(f"Invalid OCA type {terms['ocaType']}")


def _is_offered(message: OrderMessage, instrument: Instrument) -> bool:
    """Whether this kind of order exists there; what takes part in the opening has a limit or none, and no more."""
    order_type = message.terms["orderType"]
    if message.terms["tif"] == "OPG" and order_type not in ("MKT", "LMT"):
        return False
    return order_type in order_terms.ORDER_TYPES and _LISTED_AS.get(order_type, order_type) in instrument.order_types


def _judge_quantity(quantity: Decimal, instrument: Instrument) -> None:
    if quantity == 0:
        raise OrderRefused(434, "The order size cannot be zero.")
    if quantity < 0:
        raise validation(f"Invalid order size {plain(quantity)}")
    if quantity % 1 and instrument.security_type == "STK" and quantity % instrument.size_increment:
        raise OrderRefused(
            10243, "Fractional-sized order cannot be placed via API. Please use desktop version to place this order."
        )
    if quantity < instrument.min_size:
        raise OrderRefused(
            388,
            f"Order size {plain(quantity)} is smaller than the minimum required size of {plain(instrument.min_size)}.",
        )
    if quantity % instrument.size_increment:
        raise rejection(f"The size must be a multiple of {plain(instrument.size_increment)}")


def _judge_completeness(message: OrderMessage) -> None:
    order_type = message.terms["orderType"]
    if order_type in order_terms.LIMITED and order_terms.limit_price_of(message) is None:
        raise incomplete(f"A {order_type} order needs a limit price.")
    if order_type in order_terms.WITH_AUX_PRICE and order_terms.aux_price_of(message) is None:
        raise incomplete(f"A {order_type} order needs a price to wake at.")
    if order_type in order_terms.TRAILING:
        _judge_trail(message)


def _judge_trail(message: OrderMessage) -> None:
    amount, percent = order_terms.aux_price_of(message), order_terms.trailing_percent_of(message)
    if not amount and percent is None:
        raise incomplete("A trailing order needs a trailing amount or percentage.")
    if amount and percent is not None:
        raise validation("A trailing order has a trailing amount or a trailing percentage, not both")
    if percent is not None and percent >= 100:
        raise validation(f"Invalid trailing percentage {plain(percent)}")
    if message.terms["orderType"] == "TRAIL LIMIT":
        _judge_limit_behind_trail(message)


def _judge_limit_behind_trail(message: OrderMessage) -> None:
    """An offset wins over a limit price: clients send back the limit that openOrder shows them."""
    # They write 0 for a limit price that was never set.
    if order_terms.limit_offset_of(message) is None and not order_terms.limit_price_of(message):
        raise incomplete("A trailing limit order needs a limit price or an offset of it.")


def _judge_end(message: OrderMessage, now: datetime) -> None:
    if message.terms["tif"] != "GTD":
        return
    text = message.terms["goodTillDate"]
    try:
        ends_at = parse_ib_time(text)
    except ValueError as error:
        raise OrderRefused(
            343,
            f"The date, time, or time-zone entered is invalid: {text!r}. The correct format is yyyymmdd hh:mm:ss "
            "xx/xxxx",
        ) from error
    if ends_at <= now:
        raise rejection(f"The good till date {text} is in the past")


def _judge_unsupported(message: OrderMessage) -> None:
    terms = message.terms
    named = [name for name in _UNSUPPORTED_WORDS if terms[name]]
    named += [name for name in _UNSUPPORTED_NUMBERS if decimal(terms[name])]
    if terms["adjustedOrderType"] not in ("", "None"):
        named.append("adjustedOrderType")
    if message.conditions:
        named.append("conditions")
    if named:
        raise validation(f"This simulated gateway doesn't support {', '.join(named)}")


def judge_modification(order: Order, message: OrderMessage, instrument: Instrument, account: str) -> None:
    """Raises OrderRefused when `message` can't replace the terms of an order that exists under its id."""
    if order.status == FILLED:
        raise OrderRefused(104, "Cannot modify a filled order.")
    if not order.is_open:
        raise OrderRefused(103, "Duplicate order id")
    now = (
        message.terms["action"],
        message.terms["orderType"],
        instrument.con_id,
        account,
        order_terms.parent_id_of(message),
    )
    was = (
        order.side,
        order.order_type,
        order.instrument.con_id,
        order.account,
        order_terms.parent_id_of(order.message),
    )
    if now != was:
        raise OrderRefused(105, "Order being modified does not match original order.")
    if message.terms["ocaGroup"] != order.message.terms["ocaGroup"]:
        raise OrderRefused(10326, "OCA group revision is not allowed.")
    if order_terms.quantity_of(message) <= order.filled:
        raise validation(f"The order size must be above the {plain(order.filled)} already filled")


def judge_crowding(book: OrderBook, order: Order) -> None:
    """IB's limit counts what is open for one contract, on one side, for one account."""
    working = [
        one
        for one in book.open(con_id=order.instrument.con_id)
        if one.instrument is order.instrument and (one.side, one.account) == (order.side, order.account)
    ]
    if len(working) >= WORKING_ORDERS:
        raise rejection(f"The maximum of {WORKING_ORDERS} working orders on one side is reached")
