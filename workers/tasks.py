"""What beat and the web process may ask of a worker. All short, and all may be delivered twice."""

from __future__ import annotations

import logging
from uuid import UUID

from webapp.trading import commands
from workers import host, supervision
from workers.app import app

log = logging.getLogger(__name__)

# Seconds. An older request has been repeated by a later round of supervision.
EXPIRES = 10


@app.task(name="workers.tasks.open_session")
def open_session(account_id: str) -> None:
    """Take the account's session on this worker, if it is wanted and nobody holds it."""
    log.info("account %s: open: %s", account_id, host.current().open(UUID(account_id)))


@app.task(name="workers.tasks.close_session")
def close_session(account_id: str) -> None:
    """End what a session left that nobody holds or wants any more."""
    log.info("account %s: close: %s", account_id, host.current().close(UUID(account_id)))


@app.task(name="workers.tasks.supervise_sessions")
def supervise_sessions() -> None:
    """See to it that every wanted session has an owner, and that nothing unwanted lives on."""
    for account_id in supervision.wanted_without_owner():
        open_session.apply_async((str(account_id),), expires=EXPIRES)
    for account_id in supervision.left_over():
        close_session.apply_async((str(account_id),), expires=EXPIRES)


@app.task(name="workers.tasks.refuse_overdue_commands")
def refuse_overdue_commands() -> None:
    """Say of orders that no session came back for in time that they were not sent. A session does it for its own."""
    refused = commands.refuse_overdue()
    if refused:
        log.warning("%d commands waited too long and were refused", refused)
