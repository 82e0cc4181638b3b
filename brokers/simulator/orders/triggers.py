"""When a sleeping order wakes: stops, touched orders and trailing stops.

Which prices count is IB's trigger method (https://interactivebrokers.github.io/tws-api/trigger_method_limit.html): by
default the last trade, for an option two quotes in a row, and for what has no trades the quote. A buyer's quote is the
ask, a seller's the bid.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from brokers.simulator.market.market import Quote
from brokers.simulator.orders.order import Order
from brokers.simulator.orders.terms import (
    STOPS,
    TRAILING,
    aux_price_of,
    limit_offset_of,
    limit_price_of,
    trail_stop_price_of,
    trailing_percent_of,
    trigger_method_of,
)

_DOUBLE_QUOTE, _LAST, _DOUBLE_LAST, _QUOTE, _LAST_OR_QUOTE, _MIDDLE = 1, 2, 3, 4, 7, 8
TRIGGER_METHODS = frozenset((0, _DOUBLE_QUOTE, _LAST, _DOUBLE_LAST, _QUOTE, _LAST_OR_QUOTE, _MIDDLE))
_DOUBLE = (_DOUBLE_QUOTE, _DOUBLE_LAST)
_OPTIONS = ("OPT", "FOP")


def start(order: Order, quote: Quote) -> None:
    """Where its stop stands from the beginning: as asked, or the trailing amount away from the market."""
    course = order.course
    course.is_elected, course.hits = False, 0
    course.stop_price = course.limit_price = None
    if order.order_type not in TRAILING:
        return
    course.stop_price = trail_stop_price_of(order.message) or _trailed(order, quote)
    if course.stop_price is not None and order.order_type == "TRAIL LIMIT":
        course.limit_price = _limit_behind(order, course.stop_price)


def _limit_behind(order: Order, stop: Decimal) -> Decimal | None:
    offset = limit_offset_of(order.message)
    return stop + order.sign * offset if offset is not None else limit_price_of(order.message)


def watch(order: Order, quote: Quote) -> bool:
    """Lets the market's newest prices wake the order or move its stop; says whether either happened."""
    prices = list(_prices(order, quote))
    if any(_is_met(order, price) for price in prices):
        order.course.hits += 1
        order.course.is_elected = order.course.hits >= _hits_needed(order)
        return order.course.is_elected
    order.course.hits = 0
    return order.order_type in TRAILING and _trail(order, quote)


def _hits_needed(order: Order) -> int:
    return 2 if _method(order) in _DOUBLE else 1


def _method(order: Order) -> int:
    """A rule that needs trades can't serve an instrument that has none."""
    method = trigger_method_of(order.message)
    if method == 0:
        method = _DOUBLE_QUOTE if order.instrument.security_type in _OPTIONS else _LAST
    if order.instrument.has_trades:
        return method
    return {_LAST: _QUOTE, _DOUBLE_LAST: _DOUBLE_QUOTE}.get(method, method)


def _prices(order: Order, quote: Quote) -> Iterator[Decimal]:
    """The prices that count for this order, in this quote."""
    method = _method(order)
    side = quote.ask if order.sign > 0 else quote.bid
    if method in (_LAST, _DOUBLE_LAST, _LAST_OR_QUOTE) and quote.last is not None:
        yield quote.last
    if method in (_QUOTE, _DOUBLE_QUOTE, _LAST_OR_QUOTE):
        yield side
    if method == _MIDDLE:
        yield quote.middle


def wake_price(order: Order) -> Decimal | None:
    """The price that wakes it as it stands now; None for an order that never sleeps."""
    return order.course.stop_price if order.order_type in TRAILING else aux_price_of(order.message)


def _is_met(order: Order, price: Decimal) -> bool:
    wake = wake_price(order)
    if wake is None:
        return False
    rises_to_it = (order.sign > 0) == (order.order_type in STOPS)
    return price >= wake if rises_to_it else price <= wake


def _trail(order: Order, quote: Quote) -> bool:
    """Follows a market that moves the order's way, never back."""
    course = order.course
    wanted = _trailed(order, quote)
    if wanted is None:
        return False
    if course.stop_price is not None and (wanted - course.stop_price) * order.sign >= 0:
        return False
    behind = None if course.stop_price is None or course.limit_price is None else course.limit_price - course.stop_price
    course.stop_price = wanted
    if order.order_type == "TRAIL LIMIT":
        course.limit_price = _limit_behind(order, wanted) if behind is None else wanted + behind
    return True


def _trailed(order: Order, quote: Quote) -> Decimal | None:
    """The stop that belongs to the market as it is: on the increment, and never closer than was asked."""
    market = next(_prices(order, quote), None)
    if market is None:
        return None
    percent = trailing_percent_of(order.message)
    amount = aux_price_of(order.message) if percent is None else market * percent / 100
    if amount is None:
        return None
    stop = market + order.sign * amount
    increment = order.instrument.rule_on(order.exchange).increment(stop)
    return (stop / increment).to_integral_value(ROUND_CEILING if order.sign > 0 else ROUND_FLOOR) * increment
