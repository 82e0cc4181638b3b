"""What a page says of a session: why it stands as it does, what the system does about it, what a person can do.

One table for the server's first paint and for the browser, which gets it as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from brokers.domain import SessionState
from webapp.accounts import sessions
from webapp.accounts.models import BrokerAccount
from webapp.pages.tones import BAD, BUSY, IDLE, OK, WARN


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the way from a browser to the broker."""

    tone: str
    label: str


UNKNOWN = Part(IDLE, "not known")
UP = Part(OK, "connected")
DOWN = Part(IDLE, "not connected")


@dataclass(frozen=True, slots=True)
class StateWords:
    """`step` is the place in STEPS that this state stands at, or None when it stands on none of them.

    `doing` is what the system does now, `advice` what a person can do. `gateway` is the server's part of the way, to
    its gateway; `broker` the gateway's own, to IB. `actions` are the ones a page offers: start, restart, stop,
    password. `start` is what the button to start says.
    """

    label: str
    tone: str
    step: int | None
    doing: str
    advice: str
    gateway: Part
    broker: Part
    actions: tuple[str, ...] = ("stop",)
    start: str = "Start"


STEPS = (
    "Start the gateway",
    "Log in at Interactive Brokers",
    "Read orders, positions and balances",
    "Ready",
)
NOTHING_TO_DO = "Nothing to do."

STATES = {
    SessionState.STOPPED: StateWords(
        label="Stopped",
        tone=IDLE,
        step=None,
        doing="No gateway runs for this account, and nothing starts one by itself.",
        advice="Press Start to connect. Orders that rest at the broker stay there.",
        gateway=Part(IDLE, "not running"),
        broker=DOWN,
        actions=("start",),
    ),
    SessionState.STARTING: StateWords(
        label="Starting",
        tone=BUSY,
        step=0,
        doing="A gateway is being started for this account.",
        advice=NOTHING_TO_DO,
        gateway=Part(BUSY, "starting"),
        broker=DOWN,
    ),
    SessionState.LOGGING_IN: StateWords(
        label="Logging in",
        tone=BUSY,
        step=1,
        doing="The gateway runs and logs in; then it is connected to.",
        advice="Nothing to do, unless Interactive Brokers asks for your approval on your phone.",
        gateway=Part(BUSY, "connecting"),
        broker=Part(BUSY, "logging in"),
    ),
    SessionState.TWO_FACTOR: StateWords(
        label="Waiting for your approval",
        tone=WARN,
        step=1,
        doing="The gateway waits at the login until you approve it or its time is over; then it asks again.",
        advice="Open IBKR Mobile on your phone and approve the login. If no message came, open the app by itself. "
        "“Ask again” starts the login anew and sends another message.",
        gateway=Part(BUSY, "connecting"),
        broker=Part(WARN, "waits for your approval"),
        actions=("restart", "stop"),
    ),
    SessionState.SYNCING: StateWords(
        label="Syncing",
        tone=BUSY,
        step=2,
        doing="What the broker knows of this account is being read. Orders are taken once that is done.",
        advice=NOTHING_TO_DO,
        gateway=Part(BUSY, "connecting"),
        broker=UNKNOWN,
    ),
    SessionState.READY: StateWords(
        label="Ready",
        tone=OK,
        step=3,
        doing="It is connected: quotes, fills and what becomes of orders come in as they happen.",
        advice="Open the trading screen.",
        gateway=UP,
        broker=UP,
    ),
    SessionState.DEGRADED: StateWords(
        label="Ready, data limited",
        tone=WARN,
        step=3,
        doing="The broker mends its market data by itself, and the quotes go on when it has. Orders go on meanwhile.",
        advice="Some quotes may stand still: check prices before you send an order.",
        gateway=UP,
        broker=Part(WARN, "connected, data limited"),
    ),
    SessionState.RESTARTING: StateWords(
        label="Restarting",
        tone=BUSY,
        step=1,
        doing="This restart is scheduled. The session comes back by itself, and says so if it doesn't in time.",
        advice=NOTHING_TO_DO,
        gateway=Part(BUSY, "restarting"),
        broker=Part(BUSY, "restarting"),
    ),
    SessionState.AUTH_REQUIRED: StateWords(
        label="Login needed",
        tone=WARN,
        step=1,
        doing="Nothing is tried by itself: each try would send one more message to your phone.",
        advice="Take your phone, start the login and approve it in IBKR Mobile when you are asked.",
        gateway=Part(IDLE, "not running"),
        broker=Part(WARN, "needs your login"),
        actions=("start", "stop"),
        start="Try again",
    ),
    SessionState.AUTH_FAILED: StateWords(
        label="Login refused",
        tone=BAD,
        step=1,
        doing="Nothing retries the old username and password: wrong ones lock accounts.",
        advice="Enter the username and password again. The session then starts with them.",
        gateway=Part(IDLE, "not running"),
        broker=Part(BAD, "refused the login"),
        actions=("password",),
    ),
    SessionState.COMPETING: StateWords(
        label="In use elsewhere",
        tone=WARN,
        step=3,
        doing="The session stays connected and goes on by itself once the other one ends. No new order is taken.",
        advice="Sign out of TWS or the app that uses this login. Cancels can still be sent.",
        gateway=UP,
        broker=Part(WARN, "connected, data in use elsewhere"),
    ),
    SessionState.ERROR: StateWords(
        label="Error",
        tone=BAD,
        step=None,
        doing="It is tried again by itself, each time after a longer pause.",
        advice="The button tries at once. If it lasts, read the gateway's log and tell your administrator.",
        gateway=Part(BAD, "no connection"),
        broker=UNKNOWN,
        actions=("start", "stop"),
        start="Try again",
    ),
}

# STOPPED, but asked to run.
WAITING = StateWords(
    label="Waiting",
    tone=BUSY,
    step=None,
    doing="A worker takes the session in a moment. A gateway that still runs is found again, without a new login.",
    advice="Nothing to do. If this lasts longer than a minute, ask your administrator.",
    gateway=DOWN,
    broker=UNKNOWN,
)
# What stands in the row was said by a worker that isn't there any more.
LOST = StateWords(
    label="Worker lost",
    tone=WARN,
    step=None,
    doing="The worker that held this session has gone silent, and another one takes it over within seconds. Orders "
    "that were on their way are looked for at the broker, and none is sent twice.",
    advice="Nothing to do. No order is taken until it is ready again.",
    gateway=UNKNOWN,
    broker=UNKNOWN,
)
# SYNCING, since IB lost the gateway or the gateway IB.
BROKER_AWAY = StateWords(
    label="Broker not reachable",
    tone=WARN,
    step=2,
    doing="The gateway mends its connection to Interactive Brokers by itself; then all is read anew.",
    advice="Nothing to do. Orders that rest at the broker stay there. If you must act, use TWS or the phone.",
    gateway=UP,
    broker=Part(BAD, "connection lost"),
)
# STOPPED by an administrator, who says why elsewhere on the page.
SUSPENDED = StateWords(
    label="Suspended",
    tone=BAD,
    step=None,
    doing="No gateway runs, and nothing starts one.",
    advice="Only an administrator can end this: ask them. Orders that rest at the broker stay there.",
    gateway=Part(IDLE, "not running"),
    broker=DOWN,
    actions=(),
)
# What a page says of a session while it hears nothing of the server. `reason` stands for the one that isn't known.
OUT_OF_REACH = {
    "label": "not known",
    "tone": IDLE,
    "step": None,
    "reason": "This browser has no connection to the server.",
    "doing": "The page connects again by itself.",
    "advice": "What this page shows is renewed when the connection is back.",
    "gateway": asdict(UNKNOWN),
    "broker": asdict(UNKNOWN),
}


def state_words(body: Mapping[str, Any]) -> StateWords:
    """Of `sessions.as_body`, or of an event's, which may be older than some of its fields; as `session.js` does."""
    state = SessionState(body["state"])
    if body.get("worker_lost"):
        return LOST
    if state is SessionState.SYNCING and body.get("broker_lost"):
        return BROKER_AWAY
    if state is SessionState.STOPPED and body.get("suspended"):
        return SUSPENDED
    if state is SessionState.STOPPED and body["desired_state"] == "RUNNING":
        return WAITING
    return STATES[state]


def of_account(account: BrokerAccount) -> StateWords:
    return state_words(sessions.as_body(account.session))


def actions(body: Mapping[str, Any]) -> tuple[str, ...]:
    """What a page offers now: what the state allows, less what was asked for already. `session.js` does the same.

    In ERROR a start that was asked for already is tried at once.
    """
    asked_for = "stop" if body["desired_state"] == "STOPPED" else "start"
    offered = state_words(body).actions
    return tuple(each for each in offered if each != asked_for or (each, body["state"]) == ("start", "ERROR"))


def why_not_ready(label: str, reason: str) -> str:
    """The sentence behind "Orders can't be sent". `session.js` does the same."""
    return f"The session isn't ready: {reason or f'{label}.'}"


def more_than(label: str, reason: str) -> str:
    """The reason where it says more than the label, as `Stopped.` of what is Stopped doesn't. As `session.js`."""
    return "" if reason.rstrip(".").lower() == label.lower() else reason


def as_json() -> dict[str, object]:
    return {
        "waiting": asdict(WAITING),
        "suspended": asdict(SUSPENDED),
        "lost": asdict(LOST),
        "broker_away": asdict(BROKER_AWAY),
        "out_of_reach": OUT_OF_REACH,
        "states": {state.value: asdict(words) for state, words in STATES.items()},
    }
