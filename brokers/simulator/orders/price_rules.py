"""What an order's prices have to be: on the market's increments, and not out of this world."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.catalogue.listings.instrument import COMBINATION
from brokers.simulator.market.quote import Quote
from brokers.simulator.orders.message import OrderMessage
from brokers.simulator.orders.order import Order
from brokers.simulator.orders.refusals import OrderRefused
from brokers.simulator.orders.terms import (
    TRAILING,
    WITH_AUX_PRICE,
    aux_price_of,
    limit_offset_of,
    limit_price_of,
    trail_stop_price_of,
)

# A price this many times the market's, or so small a part of it, is a slip of the hand: the precautionary settings.
_SLIP = 10
# A limit that reaches this many times as far as the market is not sent to an exchange at all.
_TOO_FAR = 2
# A limit that reaches further than this into the market is capped on its way.
_CAPPED_BEYOND = Decimal("0.2")
_CAP = Decimal("0.1")

TOO_FAR = "The limit price is too far outside of NBBO"


def judge_prices(message: OrderMessage, instrument: Instrument, exchange: str, quote: Quote) -> None:
    """Raises OrderRefused with 110 for a price off its increment, with 109 for one that can only be a slip."""
    is_combination = instrument.security_type == COMBINATION
    for price in _prices(message):
        if (price <= 0 and not is_combination) or not instrument.rule_on(exchange).allows(price):
            raise OrderRefused(110, "The price does not conform to the minimum price variation for this contract.")
    if not is_combination and any(_is_slip(price, message, quote) for price in _market_prices(message)):
        raise OrderRefused(109, "Price is out of the range defined by the Precautionary settings at the order presets.")


def _prices(message: OrderMessage) -> Iterator[Decimal]:
    """Every price that it names, differences between prices among them."""
    yield from _market_prices(message)
    if message.terms["orderType"] in TRAILING:
        yield from (price for price in (aux_price_of(message), limit_offset_of(message)) if price)


def _market_prices(message: OrderMessage) -> Iterator[Decimal]:
    """Those that stand for a market's price."""
    trailing = message.terms["orderType"] in TRAILING
    limit = limit_price_of(message)
    if limit is not None and not (trailing and limit == 0):
        yield limit
    if message.terms["orderType"] in WITH_AUX_PRICE:
        yield from (price for price in (aux_price_of(message),) if price is not None)
    stop = trail_stop_price_of(message)
    if stop is not None:
        yield stop


def _is_slip(price: Decimal, message: OrderMessage, quote: Quote) -> bool:
    """A limit far on the order's own side only waits, for long perhaps: that is no slip."""
    if price == limit_price_of(message):
        return price > quote.mark * _SLIP
    return not quote.mark / _SLIP <= price <= quote.mark * _SLIP


def is_too_far(order: Order, quote: Quote) -> bool:
    """Whether its limit reaches so far through the market that the broker cancels it."""
    limit = order.limit_price
    if limit is None or order.legs:
        return False
    return limit > quote.ask * _TOO_FAR if order.sign > 0 else limit < quote.bid / _TOO_FAR


def cap(order: Order, quote: Quote) -> Decimal | None:
    """The price beyond which the broker doesn't let a far-reaching limit trade; None when it needs no cap."""
    limit, market = order.limit_price, quote.ask if order.sign > 0 else quote.bid
    if order.order_type != "LMT" or limit is None or order.legs:
        return None
    if (limit - market) * order.sign <= market * _CAPPED_BEYOND:
        return None
    capped = market * (1 + order.sign * _CAP)
    increment = order.instrument.rule_on(order.exchange).increment(capped)
    return (capped / increment).to_integral_value(ROUND_FLOOR if order.sign > 0 else ROUND_CEILING) * increment
