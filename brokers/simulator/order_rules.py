"""Why an order is refused, with IB's codes and in IB's words as far as they are known."""

from __future__ import annotations

from decimal import Decimal

from brokers.simulator.catalogue import Catalogue, Match
from brokers.simulator.listings import Instrument
from brokers.simulator.order_message import OrderMessage, names
from brokers.simulator.orders import Order, OrderBook, is_transmitted, limit_price_of, quantity_of
from brokers.simulator.wire import decimal

# IB's own limit on working orders for one contract, side and account.
WORKING_ORDERS = 20

# Terms that would change what an order does and that this gateway doesn't act on. Taking such an order as if they
# were not there would be a lie to the client.
_UNSUPPORTED_WORDS = names("ocaGroup goodAfterTime goodTillDate hedgeType algoStrategy activeStartTime activeStopTime")
_UNSUPPORTED_NUMBERS = names("scalePriceIncrement cashQty minQty trailingPercent parentId")


class OrderRefused(Exception):
    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


def validation(cause: str) -> OrderRefused:
    return OrderRefused(321, f"Error validating request.-'bW' : cause - {cause}")


def find_instrument(catalogue: Catalogue, message: OrderMessage) -> Match:
    matches = catalogue.find(message.contract)
    if not matches:
        raise OrderRefused(200, "No security definition has been found for the request")
    if len(matches) > 1:
        symbol = message.contract["symbol"]
        raise OrderRefused(200, f"The contract description specified for {symbol} is ambiguous.")
    return matches[0]


def judge(message: OrderMessage, instrument: Instrument, *, account: str) -> None:
    """Raises OrderRefused when no order with these terms can be taken."""
    _judge_account(message, account)
    _judge_kind(message)
    _judge_quantity(quantity_of(message))
    _judge_price(message, instrument)
    _judge_unsupported(message)


def _judge_account(message: OrderMessage, account: str) -> None:
    named = message.terms["account"]
    if named not in ("", account):
        raise validation(f"Invalid account code '{named}'")


def _judge_kind(message: OrderMessage) -> None:
    terms = message.terms
    if terms["action"] not in ("BUY", "SELL"):
        raise validation(f"Invalid order action '{terms['action']}'")
    if terms["orderType"] not in ("MKT", "LMT"):
        raise OrderRefused(387, "Unsupported order type for this exchange and security type.")
    if terms["tif"] not in ("", "DAY", "GTC", "IOC"):
        raise OrderRefused(10052, f"Invalid time in force:{terms['tif']}.")


def _judge_quantity(quantity: Decimal) -> None:
    if quantity == 0:
        raise OrderRefused(434, "The order size cannot be zero.")
    if quantity < 0:
        raise validation(f"Invalid order size {quantity}")
    if quantity % 1:
        raise OrderRefused(10243, "Fractional-sized order cannot be placed via API.")


def _judge_price(message: OrderMessage, instrument: Instrument) -> None:
    if message.terms["orderType"] != "LMT":
        return
    price = limit_price_of(message)
    if price is None:
        raise validation("A limit order needs a limit price")
    if price <= 0 or not instrument.market_rule.allows(price):
        raise OrderRefused(110, "The price does not conform to the minimum price variation for this contract.")


def _judge_unsupported(message: OrderMessage) -> None:
    terms = message.terms
    named = [name for name in _UNSUPPORTED_WORDS if terms[name]]
    named += [name for name in _UNSUPPORTED_NUMBERS if decimal(terms[name])]
    if message.conditions:
        named.append("conditions")
    if not is_transmitted(message):
        named.append("transmit=0")
    if named:
        raise validation(f"This simulated gateway doesn't support {', '.join(named)}")


def judge_modification(order: Order, message: OrderMessage) -> None:
    """Raises OrderRefused when `message` can't replace the terms of an order that exists under its id."""
    if order.status == "Filled":
        raise OrderRefused(104, "Cannot modify a filled order.")
    if not order.is_open:
        raise OrderRefused(103, "Duplicate order id")
    if (order.side, order.order_type) != (message.terms["action"], message.terms["orderType"]):
        raise OrderRefused(105, "Order being modified does not match original order.")
    if quantity_of(message) <= order.filled:
        raise validation(f"The order size must be above the {order.filled} already filled")


def judge_crowding(book: OrderBook, instrument: Instrument, side: str) -> None:
    working = [order for order in book.open(con_id=instrument.con_id) if order.side == side]
    if len(working) >= WORKING_ORDERS:
        raise OrderRefused(
            201, f"Order rejected - reason:The maximum of {WORKING_ORDERS} working orders on one side is reached"
        )
