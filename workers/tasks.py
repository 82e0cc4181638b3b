"""What beat and the web process may ask of a worker. All short, and all may be delivered twice."""

from __future__ import annotations

import logging
from uuid import UUID

from webapp.accounts import sessions
from webapp.bus import doorbell
from webapp.trading import commands
from workers import host, supervision
from workers.app import app
from workers.host import Taken

log = logging.getLogger(__name__)

# Seconds. An older request has been repeated by a later round of supervision.
EXPIRES = 10


@app.task(name="workers.tasks.open_session")
def open_session(account_id: str) -> None:
    """Take the account's session on this worker, if it is wanted and nobody holds it."""
    taken = host.current().open(UUID(account_id))
    log.info("account %s: open: %s", account_id, taken)
    if taken in (Taken.FULL, Taken.STOPPING, Taken.DRAINING):
        doorbell.call_any_worker()  # the task came to us alone, and another may have room


@app.task(name="workers.tasks.close_session")
def close_session(account_id: str) -> None:
    """End what a session left that nobody holds or wants any more."""
    log.info("account %s: close: %s", account_id, host.current().close(UUID(account_id)))


@app.task(name="workers.tasks.supervise_sessions")
def supervise_sessions() -> None:
    """See to it that every wanted session has an owner, and that nothing unwanted lives on."""
    for account_id in supervision.wanted_without_owner():
        sessions.record_lost(account_id)
        open_session.apply_async((str(account_id),), expires=EXPIRES)
    for account_id in supervision.left_over():
        close_session.apply_async((str(account_id),), expires=EXPIRES)
    for account_id in sessions.raise_alerts():
        log.warning("account %s: its session has been down for too long", account_id)


@app.task(name="workers.tasks.sweep_gateways")
def sweep_gateways() -> None:
    """End what an account that is gone, or that nobody wants, has left where this worker's gateways run."""
    swept = host.current().sweep()
    if swept:
        log.warning("swept what nobody wants: %s", ", ".join(swept))


@app.task(name="workers.tasks.refuse_overdue_commands")
def refuse_overdue_commands() -> None:
    """Say of orders that no session came back for in time that they were not sent. A session does it for its own."""
    refused = commands.refuse_overdue()
    if refused:
        log.warning("%d commands waited too long and were refused", refused)
