"""What an order of each type may come to, and how far its prices lie from the market.

- With a limit price it trades there or better: the limit is what one is expected to cost.
- Without one it ends as a market order, a stop (STP, MIT, TRAIL, TRAIL LIMIT) once its price is touched. That may be at
  once, when its price lies on the wrong side of the market, so the greater of its own price and the quote counts.
- Each price that it names, the one that wakes it as well, and each distance lies within the band: a stop at ten times
  the market is the same slip as a limit there.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from brokers.domain import DISTANCES, PRICE_NAMES, PRICES_ON_THE_SCALE, OrderSide, OrderType, Quote
from webapp.trading.amounts import EXACT
from webapp.trading.terms import Terms

# Types that trade at once at whatever the market asks. MOC waits for the auction, a stop for its price.
AT_MARKET = frozenset({OrderType.MKT, OrderType.MTL})
HUNDRED = Decimal(100)


def needs_quote(terms: Terms) -> bool:
    return terms.limit_price is None


def price_without_limit(terms: Terms, side: OrderSide, quote: Quote) -> Decimal | None:
    """The greater of the price that wakes it and the side of the quote that it meets; None when there is neither."""
    met = quote.ask if side is OrderSide.BUY else quote.bid
    prices = (met if met is not None else quote.mark, terms.stop_price, terms.trail_stop_price)
    return max((price for price in prices if price is not None), default=None)


def named_prices(terms: Terms) -> Iterator[tuple[str, Decimal]]:
    """Each price of its own, in words."""
    return _given(terms, PRICES_ON_THE_SCALE)


def named_distances(terms: Terms) -> Iterator[tuple[str, Decimal]]:
    return _given(terms, DISTANCES)


def percent_of(amount: Decimal, reference: Decimal) -> Decimal:
    return abs(EXACT.divide(EXACT.multiply(amount, HUNDRED), reference))


def _given(terms: Terms, names: tuple[str, ...]) -> Iterator[tuple[str, Decimal]]:
    return ((PRICE_NAMES[name], price) for name in names if (price := getattr(terms, name)) is not None)
