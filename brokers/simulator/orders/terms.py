"""What an order's terms say, read from the message that carried them.

Order types are IB's own codes: https://interactivebrokers.github.io/tws-api/basic_orders.html.
"""

from __future__ import annotations

from decimal import Decimal

from brokers.simulator.orders.message import OrderMessage
from brokers.simulator.wire import decimal, flag, integer

ZERO = Decimal(0)

TRAILING = frozenset(("TRAIL", "TRAIL LIMIT"))
# Wakes when the market moves against it, or comes to it.
STOPS = frozenset(("STP", "STP LMT", *TRAILING))
TOUCHED = frozenset(("MIT", "LIT"))
WAKENED = STOPS | TOUCHED
# Trades in the closing auction alone.
CLOSING = frozenset(("MOC", "LOC"))
# Needs a limit price in the field of that name; a trailing limit's may also come from its offset.
LIMITED = frozenset(("LMT", "LOC", "STP LMT", "LIT"))
# Needs an auxiliary price, the one that wakes it.
WITH_AUX_PRICE = WAKENED - TRAILING
_ONLY_IN_REGULAR_HOURS = frozenset(("MKT", "MTL", "MIT", *CLOSING))

ORDER_TYPES = frozenset(("MKT", "LMT", "MTL", *WAKENED, *CLOSING))
TIMES_IN_FORCE = frozenset(("DAY", "GTC", "IOC", "FOK", "GTD", "OPG"))


def quantity_of(message: OrderMessage) -> Decimal:
    return decimal(message.terms["totalQuantity"]) or ZERO


def limit_price_of(message: OrderMessage) -> Decimal | None:
    """None for an order whose type has none, whatever stands in the field."""
    has_limit = message.terms["orderType"] in (*LIMITED, "TRAIL LIMIT")
    return decimal(message.terms["lmtPrice"]) if has_limit else None


def aux_price_of(message: OrderMessage) -> Decimal | None:
    """The price that wakes a stop or touched order; for a trailing one, the amount that it keeps from the market."""
    return decimal(message.terms["auxPrice"]) if message.terms["orderType"] in WAKENED else None


def trailing_percent_of(message: OrderMessage) -> Decimal | None:
    return _above_zero(message, "trailingPercent") if message.terms["orderType"] in TRAILING else None


def trail_stop_price_of(message: OrderMessage) -> Decimal | None:
    """Where a trailing stop begins; None leaves it to the broker."""
    return _above_zero(message, "trailStopPrice") if message.terms["orderType"] in TRAILING else None


def limit_offset_of(message: OrderMessage) -> Decimal | None:
    """How far a trailing limit stays behind its stop."""
    return decimal(message.terms["lmtPriceOffset"]) if message.terms["orderType"] == "TRAIL LIMIT" else None


def wake_terms(message: OrderMessage) -> tuple[object, ...]:
    """All that decides when a sleeping order wakes, and at which limit a trailing one trades then."""
    offset = limit_offset_of(message)
    limit = limit_price_of(message) if offset is None and message.terms["orderType"] == "TRAIL LIMIT" else None
    terms = (aux_price_of(message), trailing_percent_of(message), trail_stop_price_of(message))
    return *terms, offset, limit, trigger_method_of(message)


def _above_zero(message: OrderMessage, name: str) -> Decimal | None:
    """A price of zero stands for none here."""
    number = decimal(message.terms[name])
    return number if number is not None and number > 0 else None


def trigger_method_of(message: OrderMessage) -> int:
    """https://interactivebrokers.github.io/tws-api/trigger_method_limit.html; 0 leaves it to the broker."""
    return integer(message.terms["triggerMethod"]) or 0


def parent_id_of(message: OrderMessage) -> int:
    """Zero for an order that isn't attached to another."""
    return integer(message.terms["parentId"]) or 0


def oca_type_of(message: OrderMessage) -> int:
    """1 cancels the others of its group, 2 and 3 reduce them; IB takes 3 for an order that names none."""
    return integer(message.terms["ocaType"]) or 3


def is_what_if(message: OrderMessage) -> bool:
    return flag(message.terms["whatIf"])


def is_transmitted(message: OrderMessage) -> bool:
    return flag(message.terms["transmit"])


def is_all_or_none(message: OrderMessage) -> bool:
    return flag(message.terms["allOrNone"]) or message.terms["tif"] == "FOK"


def may_trade_outside_regular_hours(message: OrderMessage) -> bool:
    """False, whatever it asks for, when its type or auction belongs to regular hours."""
    regular = message.terms["orderType"] in _ONLY_IN_REGULAR_HOURS or message.terms["tif"] == "OPG"
    return flag(message.terms["outsideRth"]) and not regular
