"""Which terms an order of each type has: one table for whoever offers, checks or sends them.

After https://interactivebrokers.github.io/tws-api/basic_orders.html and
https://www.interactivebrokers.com/en/trading/order-type-and-tif.php.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from brokers.domain.orders import OrderType, TimeInForce

# How a sentence names the prices of an OrderRequest.
PRICE_NAMES: Mapping[str, str] = {
    "limit_price": "limit price",
    "stop_price": "stop price",
    "trailing_amount": "trailing amount",
    "trailing_percent": "trailing percent",
    "trail_stop_price": "first stop price",
    "limit_price_offset": "offset from its stop to its limit",
}
# Prices by themselves, which have a place on the exchange's scale; and distances between two such.
PRICES_ON_THE_SCALE = ("limit_price", "stop_price", "trail_stop_price")
DISTANCES = ("trailing_amount", "limit_price_offset")

LASTING = (TimeInForce.DAY, TimeInForce.GTC, TimeInForce.GTD)
# These end at once, or in one auction.
BRIEF = (TimeInForce.IOC, TimeInForce.FOK, TimeInForce.OPG)


@dataclass(frozen=True, slots=True)
class OrderTypeRules:
    """What an order of one type has. Prices are named as in OrderRequest; one that isn't in `prices` is a mistake.

    `needed` it has to have; of `one_of` it has exactly one; `optional` may be left to IB. `may_leave_regular_hours`:
    whether `outside_rth` can be asked at all; never together with a BRIEF time in force.
    """

    name: str
    needed: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    times_in_force: tuple[TimeInForce, ...] = LASTING
    may_leave_regular_hours: bool = True

    @property
    def prices(self) -> tuple[str, ...]:
        return (*self.needed, *self.one_of, *self.optional)


_TRAILING = ("trailing_amount", "trailing_percent")

ORDER_TYPE_RULES: Mapping[OrderType, OrderTypeRules] = {
    OrderType.MKT: OrderTypeRules("market order", times_in_force=LASTING + BRIEF),
    OrderType.LMT: OrderTypeRules("limit order", needed=("limit_price",), times_in_force=LASTING + BRIEF),
    OrderType.STP: OrderTypeRules("stop order", needed=("stop_price",)),
    OrderType.STP_LMT: OrderTypeRules("stop-limit order", needed=("stop_price", "limit_price")),
    OrderType.TRAIL: OrderTypeRules("trailing stop order", one_of=_TRAILING, optional=("trail_stop_price",)),
    OrderType.TRAIL_LIMIT: OrderTypeRules(
        "trailing stop-limit order", needed=("limit_price_offset",), one_of=_TRAILING, optional=("trail_stop_price",)
    ),
    OrderType.MIT: OrderTypeRules("market-if-touched order", needed=("stop_price",)),
    OrderType.LIT: OrderTypeRules("limit-if-touched order", needed=("stop_price", "limit_price")),
    OrderType.MTL: OrderTypeRules("market-to-limit order"),
    OrderType.MOC: OrderTypeRules(
        "market-on-close order", times_in_force=(TimeInForce.DAY,), may_leave_regular_hours=False
    ),
    OrderType.LOC: OrderTypeRules(
        "limit-on-close order",
        needed=("limit_price",),
        times_in_force=(TimeInForce.DAY,),
        may_leave_regular_hours=False,
    ),
}
