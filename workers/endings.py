"""How a session on this worker can end, and what it leaves behind."""

from __future__ import annotations

from dataclasses import dataclass

from brokers.domain import SessionState

OUR_ERROR = "An error of ours ended this connection; it is in the worker's log."


@dataclass(frozen=True, slots=True)
class End:
    """What a session leaves behind on this worker. Without the lease it leaves nothing.

    `gives_up` withdraws the wish to run until a person acts.
    """

    state: SessionState
    reason: str
    stops_gateway: bool = True
    gives_up: bool = False


STOP_WANTED = End(SessionState.STOPPED, "Stopped.")
# The gateway stays: the next run finds it, and saves a login. What nobody wants any more is swept.
WORKER_STOPS = End(
    SessionState.STOPPED,
    "Its worker was shut down, and another one takes it over. The gateway stays logged in meanwhile.",
    stops_gateway=False,
)
DRAINED = End(
    SessionState.STOPPED,
    "Its worker is taken out of service, and another one takes it over. The gateway stays logged in meanwhile.",
    stops_gateway=False,
)
BROKEN = End(SessionState.ERROR, f"{OUR_ERROR} The session is opened again.", stops_gateway=False)
# Without a look at the lease's time: the relay has let a later lease's session through.
FENCED = End(
    SessionState.ERROR, "A newer session of this account has its gateway. This one has let go.", stops_gateway=False
)
LEASE_LOST = End(SessionState.ERROR, "", stops_gateway=False)
