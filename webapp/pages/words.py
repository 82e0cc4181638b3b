"""What a page says of a state: one table for the server's first paint and for the browser, which gets it as JSON."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal

from brokers.domain import OrderStatus, SecurityType, SessionState, TradingMode
from webapp.accounts.alert_rows import Alert
from webapp.pages import formats, order_words
from webapp.trading import price_steps
from webapp.trading.kill_switch.state import KillSwitchBody
from webapp.trading.models import Palette

# How a state is coloured. Colour never stands alone: the label says the same.
IDLE, BUSY, OK, WARN, BAD = "idle", "busy", "ok", "warn", "bad"


@dataclass(frozen=True, slots=True)
class StateWords:
    """`step` is the place in STEPS that this state stands at, or None when it stands on none of them.

    `actions` are the ones a page offers: start, stop, password. `start` is what the button to start says.
    """

    label: str
    tone: str
    step: int | None
    advice: str
    actions: tuple[str, ...] = ("stop",)
    start: str = "Start"


STEPS = (
    "Start the gateway",
    "Log in at Interactive Brokers",
    "Read orders, positions and balances",
    "Ready",
)

STATES = {
    SessionState.STOPPED: StateWords(
        "Stopped", IDLE, None, "Press Start to connect. Orders that rest at the broker stay there.", ("start",)
    ),
    SessionState.STARTING: StateWords(
        "Starting", BUSY, 0, "Nothing to do: a gateway is being started for this account."
    ),
    SessionState.LOGGING_IN: StateWords(
        "Logging in", BUSY, 1, "Nothing to do, unless Interactive Brokers asks for your approval on your phone."
    ),
    SessionState.TWO_FACTOR: StateWords(
        "Waiting for your approval",
        WARN,
        1,
        "Open IBKR Mobile on your phone and approve the login. If no message came, open the app by itself.",
    ),
    SessionState.SYNCING: StateWords(
        "Syncing", BUSY, 2, "Nothing to do: what the broker knows of this account is being read."
    ),
    SessionState.READY: StateWords("Ready", OK, 3, "Open the trading screen."),
    SessionState.DEGRADED: StateWords(
        "Ready, data limited", WARN, 3, "Some quotes may stand still. Orders go on; check prices before you send one."
    ),
    SessionState.RESTARTING: StateWords(
        "Restarting", BUSY, 1, "Nothing to do: this restart is scheduled, and the session comes back by itself."
    ),
    SessionState.AUTH_REQUIRED: StateWords(
        "Login needed",
        WARN,
        1,
        "Take your phone, start the login and approve it in IBKR Mobile when you are asked.",
        ("start", "stop"),
        "Try again",
    ),
    SessionState.AUTH_FAILED: StateWords(
        "Login refused",
        BAD,
        1,
        "Enter the username and password again. Nothing retries the old ones: wrong passwords lock accounts.",
        ("password",),
    ),
    SessionState.COMPETING: StateWords(
        "In use elsewhere",
        WARN,
        3,
        "Sign out of TWS or the app that uses this login, and this goes on by itself. Cancels can still be sent.",
    ),
    SessionState.ERROR: StateWords(
        "Error",
        BAD,
        None,
        "It is tried again by itself; the button tries at once. If it lasts, tell your administrator.",
        ("start", "stop"),
        "Try again",
    ),
}

# STOPPED, but asked to run.
WAITING = StateWords(
    "Waiting",
    BUSY,
    None,
    "Nothing to do: a worker starts it in a moment. If this lasts longer than a minute, ask your administrator.",
)
# STOPPED by an administrator, who says why elsewhere on the page.
SUSPENDED = StateWords(
    "Suspended",
    BAD,
    None,
    "Only an administrator can end this: ask them. Orders that rest at the broker stay there.",
    (),
)
# What a page says of a session while it hears nothing of the server. `reason` stands for the one that isn't known.
OUT_OF_REACH = {
    "label": "not known",
    "tone": IDLE,
    "step": None,
    "reason": "This browser has no connection to the server.",
    "advice": "What this page shows is renewed when the connection is back.",
}

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

AMOUNT = re.compile(r"(?=.*[1-9])([0-9]{1,18}(\.[0-9]{0,10})?|\.[0-9]{1,10})")


def state_words(state: str, desired_state: str, *, suspended: bool = False) -> StateWords:
    """`session.js` does the same."""
    if state == SessionState.STOPPED and suspended:
        return SUSPENDED
    if state == SessionState.STOPPED and desired_state == "RUNNING":
        return WAITING
    return STATES[SessionState(state)]


def actions(state: str, desired_state: str, *, suspended: bool = False) -> tuple[str, ...]:
    """What a page offers now: what the state allows, less what was asked for already. `session.js` does the same.

    In ERROR a start that was asked for already is tried at once.
    """
    asked_for = "stop" if desired_state == "STOPPED" else "start"
    offered = state_words(state, desired_state, suspended=suspended).actions
    return tuple(action for action in offered if action != asked_for or (action, state) == ("start", "ERROR"))


def why_not_ready(label: str, reason: str) -> str:
    """The sentence behind "Orders can't be sent". `session.js` does the same."""
    return f"The session isn't ready: {reason or f'{label}.'}"


def as_json() -> dict[str, object]:
    """Every word that a script needs, keyed by the codes that events carry."""
    return {
        "waiting": asdict(WAITING),
        "suspended": asdict(SUSPENDED),
        "out_of_reach": OUT_OF_REACH,
        "states": {state.value: asdict(words) for state, words in STATES.items()},
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
    """Above zero, and no more digits than an amount can have."""
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
