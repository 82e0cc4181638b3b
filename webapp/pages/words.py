"""What a page says of a state: one table for the server's first paint and for the browser, which gets it as JSON."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

from brokers.domain import OrderStatus, SecurityType, TradingMode
from webapp.accounts.alert_rows import Alert
from webapp.pages import formats, order_words, session_words
from webapp.pages.tones import BAD, BUSY, IDLE, OK, WARN
from webapp.trading import price_steps
from webapp.trading.kill_switch.state import KillSwitchBody
from webapp.trading.models import Palette

ORDER_STATUSES = {
    OrderStatus.PENDING: ("Pending", BUSY),
    # Its reason says whether a machine still looks for it, and what a person can do.
    OrderStatus.UNKNOWN: ("Unknown", WARN),
    OrderStatus.SUBMITTED: ("Submitted", BUSY),
    OrderStatus.FILLED: ("Filled", OK),
    OrderStatus.CANCELLED: ("Cancelled", IDLE),
    OrderStatus.REJECTED: ("Rejected", BAD),
}

# IB's code, and what a person calls it.
SECURITY_TYPES: dict[str, str] = {
    SecurityType.STK.value: "Stock or fund on an exchange (STK)",
    SecurityType.OPT.value: "Option (OPT)",
    SecurityType.FUT.value: "Future (FUT)",
    SecurityType.FOP.value: "Option on a future (FOP)",
    SecurityType.CASH.value: "Currency pair (CASH)",
    SecurityType.IND.value: "Index (IND)",
    SecurityType.CFD.value: "CFD (CFD)",
    SecurityType.BOND.value: "Bond (BOND)",
    SecurityType.CRYPTO.value: "Cryptocurrency (CRYPTO)",
    SecurityType.CMDTY.value: "Commodity (CMDTY)",
    SecurityType.FUND.value: "Mutual fund (FUND)",
    SecurityType.WAR.value: "Warrant (WAR)",
    SecurityType.CONTFUT.value: "Continuous future (CONTFUT)",
}

# The colours of a price that rises and of one that falls. An arrow always says the same.
PALETTES: dict[str, str] = {
    Palette.BLUE_ORANGE.value: "Blue rises, orange falls: told apart by almost everyone, whatever colours they see",
    Palette.GREEN_RED.value: "Green rises, red falls",
    Palette.RED_GREEN.value: "Red rises, green falls, as in East Asia",
}

TRADING_MODES = {
    TradingMode.PAPER: ("PAPER", "simulated money"),
    TradingMode.LIVE: ("LIVE", "real money"),
}


# Alerts that ask for something and say nothing of a loss.
ASKING = (Alert.Kind.SECOND_FACTOR, Alert.Kind.LOGIN, Alert.Kind.ORDER_UNKNOWN)

AMOUNT = re.compile(r"-?(?=.*[1-9])([0-9]{1,18}(\.[0-9]{0,10})?|\.[0-9]{1,10})")


def as_json() -> dict[str, object]:
    """Every word that a script needs, keyed by the codes that events carry."""
    return {
        **session_words.as_json(),
        "orders": {
            status.value: {"label": label, "tone": tone, "open": not status.is_final}
            for status, (label, tone) in ORDER_STATUSES.items()
        },
        "exits": order_words.EXIT_LABELS,
    }


def step_words(steps: str, price: str | None) -> str:
    """The step at what was typed, as digits; the first one while that is no amount."""
    step = price_steps.in_text_at(steps, Decimal(price or 0) if _is_amount(price) else Decimal(0))
    return "" if step is None else formats.plain(step)


def all_steps(steps: str) -> str:
    """Of `price_steps.as_text`: `0.01`, or `0.0001 below 1, 0.01 from there`, in the order of prices."""
    pairs = [pair.split(":") for pair in steps.split()]
    edges = [low for low, _ in pairs[1:]]
    below = [f"{step} below {edge}" for (_, step), edge in zip(pairs, edges, strict=False)]
    last = [pairs[-1][1]] if pairs else []
    return ", ".join([*below, *(f"{step} from there" if below else step for step in last)])


def _is_amount(text: str | None) -> bool:
    """Not zero, of either sign, and no more digits than an amount can have."""
    return AMOUNT.fullmatch(text or "") is not None


def kill_switch(body: KillSwitchBody) -> str:
    """Who stopped trading, since when, and why; `kill_switch.js` does the same."""
    if not body["engaged"]:
        return ""
    since = (body["at"] or "")[:16].replace("T", " ")
    scope = "on all accounts" if body["for_all"] else "on this account"
    why = f": {body['reason']}" if body["reason"] else ""
    return f"Stopped {scope} by {body['by']} at {since} UTC{why}. No order is taken until it is released."


def ago(age: timedelta) -> str:
    """`12 s`, `5 min`, `3 h`, `2 d`; what is younger than two seconds is now."""
    seconds = max(0, int(age.total_seconds()))
    for limit, unit, length in ((60, "s", 1), (3600, "min", 60), (48 * 3600, "h", 3600)):
        if seconds < limit:
            return "now" if seconds < 2 else f"{seconds // length} {unit}"
    return f"{seconds // 86400} d"


def span(length: timedelta) -> str:
    """`a minute`, or `5 minutes`: of whole minutes."""
    minutes = length // timedelta(minutes=1)
    return "a minute" if minutes == 1 else f"{minutes} minutes"


def alert_label(alert: str) -> str:
    """Before an alert's own sentence in a list of what happened; `alerts.js` does the same."""
    return "Alert" if alert else "Alert is over"


def alert_tone(alert: Alert) -> str:
    """What is over is quiet."""
    return IDLE if alert.ended_at else WARN if alert.kind in ASKING else BAD


def live_trading_label(on: bool) -> str:
    """In a list of what happened; `live_trading.js` does the same."""
    return "Live trading turned on" if on else "Live trading turned off"


def may_trade(allowed: bool | None, reason: str) -> str:
    """The sentence behind "May trade": what is known, and why."""
    if allowed is None:
        return "Not known yet"
    if allowed:
        return "Yes"
    return f"No: {reason}" if reason else "No"
