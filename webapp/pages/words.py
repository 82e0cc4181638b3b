"""What a page says of a state: one table for the server's first paint and for the browser, which gets it as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from brokers.domain import OrderSide, OrderStatus, OrderType, SessionState, TimeInForce, TradingMode

# How a state is coloured. Colour never stands alone: the label says the same.
IDLE, BUSY, OK, WARN, BAD = "idle", "busy", "ok", "warn", "bad"


@dataclass(frozen=True, slots=True)
class StateWords:
    """`step` is the place in STEPS that this state stands at, or None when it stands on none of them.

    `actions` are the ones a page offers: start, stop, password.
    """

    label: str
    tone: str
    step: int | None
    advice: str
    actions: tuple[str, ...] = ("stop",)


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
        "Waiting for your approval", WARN, 1, "Open IBKR Mobile on your phone and approve the login."
    ),
    SessionState.SYNCING: StateWords(
        "Syncing", BUSY, 2, "Nothing to do: what the broker knows of this account is being read."
    ),
    SessionState.READY: StateWords("Ready", OK, 3, "Open the trading screen."),
    SessionState.DEGRADED: StateWords(
        "Ready, data limited", WARN, 3, "Some quotes may stand still. Orders go on; check prices before you send one."
    ),
    SessionState.RESTARTING: StateWords(
        "Restarting", BUSY, 1, "Nothing to do: this is the expected restart, and the session comes back by itself."
    ),
    SessionState.AUTH_REQUIRED: StateWords(
        "Login needed",
        WARN,
        1,
        "Press Start, then approve the login on your phone if you are asked.",
        ("start", "stop"),
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
        1,
        "This login is signed in somewhere else, in TWS or on a phone. Sign out there, then press Start.",
        ("start", "stop"),
    ),
    SessionState.ERROR: StateWords(
        "Error", BAD, None, "Press Start to try again. If it comes back, tell your administrator.", ("start", "stop")
    ),
}

ORDER_STATUSES = {
    OrderStatus.PENDING: ("Pending", BUSY),
    OrderStatus.UNKNOWN: ("Unknown, checking with the broker", WARN),
    OrderStatus.SUBMITTED: ("Submitted", BUSY),
    OrderStatus.FILLED: ("Filled", OK),
    OrderStatus.CANCELLED: ("Cancelled", IDLE),
    OrderStatus.REJECTED: ("Rejected", BAD),
}

# Keyed by plain text: an order placed elsewhere can carry any word of IB's.
TYPES: dict[str, str] = {OrderType.MKT.value: "at market"}
TIMES_IN_FORCE: dict[str, str] = {TimeInForce.DAY.value: "day order", TimeInForce.GTC.value: "until cancelled"}

TRADING_MODES = {
    TradingMode.PAPER: ("PAPER", "simulated money"),
    TradingMode.LIVE: ("LIVE", "real money"),
}


def state_words(state: str) -> StateWords:
    return STATES[SessionState(state)]


def actions(state: str, desired_state: str) -> tuple[str, ...]:
    """What a page offers now: what the state allows, less what was asked for already. `session.js` does the same."""
    if state == SessionState.STOPPED and desired_state == "RUNNING":
        return ("stop",)
    asked_to_stop = desired_state == "STOPPED"
    return tuple(action for action in state_words(state).actions if not (asked_to_stop and action == "stop"))


def as_json() -> dict[str, object]:
    """Every word that a script needs, keyed by the codes that events carry."""
    return {
        "states": {state.value: asdict(words) for state, words in STATES.items()},
        "orders": {status.value: {"label": label, "tone": tone} for status, (label, tone) in ORDER_STATUSES.items()},
    }


def order_line(
    *, side: str, quantity: str, symbol: str, order_type: str, limit_price: str | None, time_in_force: str
) -> str:
    """An order in words, `Buy 100 AAPL at a limit of 189.52, day order`. `ticket.js` says the same while it is typed.

    What isn't filled in yet is three dots.
    """
    verb = "Sell" if side == OrderSide.SELL else "Buy"
    price = f"at a limit of {limit_price or '…'}" if order_type == OrderType.LMT else TYPES.get(order_type, order_type)
    lasting = TIMES_IN_FORCE.get(time_in_force, time_in_force)
    return f"{verb} {quantity or '…'} {symbol} {price}, {lasting}"


def may_trade(allowed: bool | None, reason: str) -> str:
    """The sentence behind "May trade": what is known, and why."""
    if allowed is None:
        return "Not known yet"
    if allowed:
        return "Yes"
    return f"No: {reason}" if reason else "No"
