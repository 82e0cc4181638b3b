"""What IB remarks on an order that it takes. None of it is a status."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from brokers.simulator.accounts.valuation import Valuation
from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.market.quote import Quote
from brokers.simulator.orders import price_rules
from brokers.simulator.orders.order import Order
from brokers.simulator.orders.permissions import LOCATE_STEPS, is_hard_to_borrow
from brokers.simulator.orders.standing import may_trade
from brokers.simulator.orders.terms import may_trade_outside_regular_hours
from brokers.simulator.wire import flag, plain

Notice = tuple[int, str]

# Below this, IdealPro doesn't show an order to others.
_ODD_LOT = Decimal(20_000)

PRESET = (10349, "Order TIF was set to DAY based on order preset.")


def settle(order: Order, *, calendar: Calendar, valuation: Valuation, quote: Quote) -> Iterator[Notice]:
    """Applies what the broker adds to an order of its own accord, and says so: its remarks, in order."""
    yield from _preset(order)
    yield from _ignored_hours(order)
    yield from _odd_lot(order, valuation)
    yield from _outside_hours(order, calendar)
    yield from _cap(order, quote)
    yield from _position(order, valuation)
    yield from _locate(order, valuation)


def _preset(order: Order) -> Iterator[Notice]:
    """An order without a time in force gets the preset's, and IB says so with what looks like an error."""
    terms = order.message.terms
    if not terms["tif"]:
        terms["tif"] = "DAY"
        yield PRESET


def _ignored_hours(order: Order) -> Iterator[Notice]:
    if flag(order.message.terms["outsideRth"]) and not may_trade_outside_regular_hours(order.message):
        yield (
            2109,
            'Order Event Warning:Attribute "Outside Regular Trading Hours" is ignored based on the order type and '
            "destination. PlaceOrder is now being processed.",
        )


def _odd_lot(order: Order, valuation: Valuation) -> Iterator[Notice]:
    instrument = order.instrument
    if instrument.is_currency_pair and valuation.in_base(order.quantity, instrument.symbol) < _ODD_LOT:
        yield _order_message(
            order,
            f"Your order size is below the USD {_ODD_LOT} IdealPro minimum and will be routed as an odd lot order.",
        )


def _outside_hours(order: Order, calendar: Calendar) -> Iterator[Notice]:
    order.warning = ""
    if order.is_at_auction or may_trade(order, calendar.phase(order.instrument)):
        return
    opens = calendar.next_open(order.instrument).astimezone(order.instrument.hours.zone)
    order.warning = (
        "your order will not be placed at the exchange until "
        f"{opens:%Y-%m-%d %H:%M:%S} {order.instrument.hours.time_zone}"
    )
    yield _order_message(order, order.warning)


def _order_message(order: Order, warning: str) -> Notice:
    return 399, f"Order Message: {_placed(order)}. Warning: {warning}"


def _placed(order: Order) -> str:
    instrument = order.instrument
    place = "Forex" if instrument.is_currency_pair else f"{instrument.primary_exchange}.{instrument.trading_class}"
    return f"{order.side} {plain(order.quantity)} {instrument.local_symbol} {place}"


def _cap(order: Order, quote: Quote) -> Iterator[Notice]:
    order.course.cap = None if order.is_at_auction else price_rules.cap(order, quote)
    if order.course.cap is not None:
        yield (
            2161,
            "Order Event Warning:In accordance with our regulatory obligations as a broker, the order's price was "
            f"capped to {plain(order.course.cap)}.",
        )


def _position(order: Order, valuation: Valuation) -> Iterator[Notice]:
    held = valuation.account.quantity(order.instrument)
    if held * order.sign < 0 and order.quantity > abs(held):
        yield 2137, "Order Event Warning:The closing order quantity is greater than your current position."


def _locate(order: Order, valuation: Valuation) -> Iterator[Notice]:
    if order.status and not order.course.to_locate:
        return  # a change of an order whose shares were found
    short = order.sign < 0 and order.quantity > valuation.account.quantity(order.instrument)
    if short and is_hard_to_borrow(order.instrument):
        order.course.to_locate = LOCATE_STEPS
        yield (
            404,
            "Shares for this order are not immediately available for short sale. The order will be held while we "
            "attempt to locate the shares.",
        )
