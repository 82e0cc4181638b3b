"""Where a session stands, and what a gateway says by the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SessionState(StrEnum):
    """Where one account's session stands. Every change is shown to the user with a reason."""

    STOPPED = "STOPPED"
    STARTING = "STARTING"
    LOGGING_IN = "LOGGING_IN"
    TWO_FACTOR = "TWO_FACTOR"
    SYNCING = "SYNCING"
    READY = "READY"
    DEGRADED = "DEGRADED"
    RESTARTING = "RESTARTING"
    AUTH_REQUIRED = "AUTH_REQUIRED"
    AUTH_FAILED = "AUTH_FAILED"
    COMPETING = "COMPETING"
    ERROR = "ERROR"

    @property
    def takes_orders(self) -> bool:
        """Whether orders may be sent. DEGRADED means that a data farm is down; orders go on."""
        return self in (SessionState.READY, SessionState.DEGRADED)

    @property
    def takes_cancels(self) -> bool:
        """Whether cancels may be sent. COMPETING costs the quotes alone, and no order may outlive its user's wish."""
        return self.takes_orders or self is SessionState.COMPETING


class TradingMode(StrEnum):
    """Whose money it is: nobody's, or the account owner's."""

    PAPER = "paper"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class TradingPermission:
    """Whether this login may trade; `allowed` is None while nobody knows. `reason` is a sentence for the user."""

    allowed: bool | None
    reason: str


# The code of a notice that is ours and not IB's.
OURS = 0


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the gateway said and that changes no status by itself; with the code OURS, the node itself."""

    code: int
    message: str
    at: datetime
    order_ref: str = ""
    con_id: int | None = None
