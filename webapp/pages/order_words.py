"""An order in words, whatever its type: what a person is asked to confirm, and what a list calls it.

Orders come as bodies or as tickets do: amounts are text, named as in `brokers.domain.OrderRequest`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from brokers.domain import PRICE_NAMES, OrderSide, OrderType, TimeInForce
from webapp.pages import formats

# As a ticket offers them, in its order.
TYPE_LABELS: Mapping[str, str] = {
    OrderType.LMT: "Limit",
    OrderType.MKT: "Market",
    OrderType.STP: "Stop",
    OrderType.STP_LMT: "Stop limit",
    OrderType.TRAIL: "Trailing stop",
    OrderType.TRAIL_LIMIT: "Trailing stop limit",
    OrderType.MIT: "Market if touched",
    OrderType.LIT: "Limit if touched",
    OrderType.MTL: "Market to limit",
    OrderType.MOC: "Market on close",
    OrderType.LOC: "Limit on close",
}
TIME_LABELS: Mapping[str, str] = {
    TimeInForce.DAY: "Day",
    TimeInForce.GTC: "Until cancelled (GTC)",
    TimeInForce.GTD: "Until a date (GTD)",
    TimeInForce.IOC: "Immediate or cancel (IOC)",
    TimeInForce.FOK: "Fill or kill (FOK)",
    TimeInForce.OPG: "At the opening (OPG)",
}
EXIT_LABELS = {"TAKE_PROFIT": "Take profit", "STOP_LOSS": "Stop loss"}

_HOW: Mapping[str, str] = {
    OrderType.MKT: "at market",
    OrderType.LMT: "at a limit of {limit_price}",
    OrderType.STP: "with a stop at {stop_price}",
    OrderType.STP_LMT: "with a stop at {stop_price} and a limit of {limit_price}",
    OrderType.TRAIL: "with a stop that trails by {trail}",
    OrderType.TRAIL_LIMIT: "with a stop that trails by {trail} and a limit {limit_price_offset} from it",
    OrderType.MIT: "at market if touched at {stop_price}",
    OrderType.LIT: "at a limit of {limit_price} if touched at {stop_price}",
    OrderType.MTL: "at market, what isn't filled at a limit",
    OrderType.MOC: "at market on close",
    OrderType.LOC: "at a limit of {limit_price} on close",
}
LASTING: Mapping[str, str] = {
    TimeInForce.DAY: "day order",
    TimeInForce.GTC: "until cancelled",
    TimeInForce.IOC: "immediate or cancel",
    TimeInForce.FOK: "fill or kill",
    TimeInForce.OPG: "at the opening",
}


def order_line(order: Mapping[str, Any], *, name: str, steps: str) -> str:
    """`Buy 100 AAPL at a limit of 189.52, day order`. Types of IB's that we don't offer keep their code.

    `steps` are the instrument's, as `price_steps.as_text` writes them.
    """
    verb = "Sell" if order["side"] == OrderSide.SELL else "Buy"
    what = f"{verb} {formats.number(order['quantity']) or '…'} {name} {terms_line(order, steps)}"
    exits = [
        f"{label} at {_price(order.get(name), steps)}"
        for name, label in (("take_profit_price", "take profit"), ("stop_loss_price", "stop loss"))
        if order.get(name)
    ]
    return "; ".join([what, *exits])


def terms_line(order: Mapping[str, Any], steps: str) -> str:
    """How and for how long: `at a limit of 189.52, day order, also outside regular hours`."""
    prices = {name: _price(order.get(name), steps) for name in PRICE_NAMES}
    how = _HOW.get(order["order_type"], order["order_type"]).format(**prices, trail=_trail(order, steps))
    hours = ["also outside regular hours"] if order.get("outside_rth") else []
    return ", ".join([how, _lasting(order), *hours])


def stop_words(order: Mapping[str, Any], steps: str) -> str | None:
    """What wakes or moves it, for a column: `180.00`, `trails 2 %`; `orders.js` does the same."""
    if order.get("stop_price"):
        return _price(order["stop_price"], steps)
    if order.get("trailing_amount") or order.get("trailing_percent"):
        return f"trails {_trail(order, steps)}"
    return None


def _trail(order: Mapping[str, Any], steps: str) -> str:
    percent, begins = order.get("trailing_percent"), order.get("trail_stop_price")
    by = f"{formats.number(percent)} %" if percent else _price(order.get("trailing_amount"), steps)
    return f"{by} from {_price(begins, steps)}" if begins else by


def _price(price: str | None, steps: str) -> str:
    return formats.number(price or None, formats.decimals_at(steps, price or None)) or "…"


def _lasting(order: Mapping[str, Any]) -> str:
    time_in_force, until = order["time_in_force"], order.get("good_till_date")
    if time_in_force == TimeInForce.GTD and until:
        return f"until {datetime.fromisoformat(until).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return LASTING.get(time_in_force, time_in_force)
