"""What an order gets from the market: at which price, and how much of what is displayed."""

from __future__ import annotations

from decimal import Decimal

from brokers.simulator.market import Quote
from brokers.simulator.orders import Order


def crossing_price(order: Order, quote: Quote) -> Decimal | None:
    """The price at which the order trades against this quote, or None while it rests.

    A buyer pays the ask and a seller gets the bid, also when the limit would have allowed worse.
    """
    price = quote.ask if order.sign > 0 else quote.bid
    limit = order.limit_price
    if limit is None or (limit >= price if order.sign > 0 else limit <= price):
        return price
    return None


class DisplayedSize:
    """How much of each side of the book is still there; the market's next step shows a new size."""

    def __init__(self) -> None:
        self._taken: dict[tuple[int, int], Decimal] = {}

    def take(self, order: Order, quote: Quote) -> Decimal:
        """As much of what the order still wants as its side of the book holds; zero when others took it all."""
        side = (order.instrument.con_id, order.sign)
        displayed = quote.ask_size if order.sign > 0 else quote.bid_size
        taken = self._taken.get(side, Decimal(0))
        quantity = min(order.remaining, displayed - taken)
        self._taken[side] = taken + quantity
        return quantity

    def renew(self, con_id: int) -> None:
        self._taken.pop((con_id, 1), None)
        self._taken.pop((con_id, -1), None)
