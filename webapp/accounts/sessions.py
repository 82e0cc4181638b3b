"""What is wanted of a session (its owner's and administrators' writes) and what is so (the worker's, by its fence)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from django.db import transaction
from django.utils import timezone

from brokers.domain import SessionState, TradingPermission
from webapp.accounts import outages, suspension
from webapp.accounts.models import GatewaySession
from webapp.accounts.refusals import SessionRefused
from webapp.accounts.session_row import (
    HELD,
    LEASE,
    as_body,
    enter,
    fit,
    is_held,
    is_worker_lost,
    locked,
    locked_under,
    on_commit,
    tell,
    tell_alert,
    told,
)
from webapp.audit import recording as audit
from webapp.bus import doorbell, tasks

__all__ = [
    "HELD",
    "SecondFactor",
    "as_body",
    "is_worker_lost",
    "raise_alerts",
    "record_lost",
    "record_new_login",
    "record_ready",
    "record_state",
    "request_restart",
    "request_start",
    "request_stop",
    "resume",
    "suspend",
    "tell_taken_over",
]

TAKEN_OVER = "Another worker has taken this session over, and connects to its gateway."
# What a claim does, in its one UPDATE, to a state that a lost worker left standing: nobody may read READY under the new
# lease before its holder has said so. The outage begins here. Its values are `at_claim()`.
AT_CLAIM = """
    state = CASE WHEN state = ANY(%(up)s) THEN %(syncing)s ELSE state END,
    state_reason = CASE WHEN state = ANY(%(up)s) THEN %(taken_over)s ELSE state_reason END,
    state_since = CASE WHEN state = ANY(%(up)s) THEN statement_timestamp() ELSE state_since END,
    down_since = CASE WHEN state = ANY(%(up)s) THEN statement_timestamp() ELSE down_since END,
    was_up = was_up OR state = ANY(%(up)s)
"""

LOGIN_REFUSED = (
    "The broker refused this username and password, and repeating a wrong password locks the login. "
    "Enter the username and password again, then start the session."
)


def at_claim() -> dict[str, object]:
    up = [state.value for state in outages.UP]
    return {"up": up, "syncing": SessionState.SYNCING.value, "taken_over": TAKEN_OVER}


class SecondFactor(TypedDict):
    """What a person is asked for on a phone; `until` is ISO 8601 in UTC."""

    attempt: int
    attempts: int
    until: str


def request_start(account_id: uuid.UUID) -> None:
    """Wish the session to run, and call for a worker. Asking again does no harm.

    Raises SessionRefused for a login that the broker refused and nobody has entered again since, and for an account
    that an administrator has suspended.
    """
    with transaction.atomic():
        session = _startable(account_id)
        with told(session):
            session.desired_state = GatewaySession.Desired.RUNNING
            session.starts_again = False
            if not is_held(session):
                # Whatever a lost worker wrote last, READY say, isn't so any more.
                session.second_factor = None
                enter(session, SessionState.STOPPED, "Waiting for a worker to start it.")
        audit.record(audit.Action.SESSION_START, account=session.account)
        _call_for_worker(account_id)


def request_stop(account_id: uuid.UUID) -> None:
    """Wish the session to stop. One that no worker holds is STOPPED at once; a refused login stays AUTH_FAILED."""
    with transaction.atomic():
        session = locked(account_id)
        with told(session):
            session.starts_again = False
            _wish_stopped(session)
        audit.record(audit.Action.SESSION_STOP, account=session.account)


def request_restart(account_id: uuid.UUID) -> None:
    """Wish the session to stop, its gateway too, and then to run again: that is a new login. Raises SessionRefused."""
    with transaction.atomic():
        session = _startable(account_id)
        with told(session):
            session.starts_again = True
            _wish_stopped(session)
            if not session.gateway_id and not is_held(session):
                _start_again(session)
        audit.record(audit.Action.SESSION_RESTART, account=session.account)


def suspend(account_id: uuid.UUID, reason: str) -> None:
    """By an administrator: from now on it can't be started and takes no order. Open orders stay at the broker."""
    with transaction.atomic():
        session = locked(account_id)
        with told(session):
            _mark_suspended(session, timezone.now(), reason)
            session.starts_again = False
            _wish_stopped(session)
        audit.record(audit.Action.ACCOUNT_SUSPENDED, account=session.account, text=reason)


def resume(account_id: uuid.UUID) -> None:
    """End the suspension. The session stays stopped: its owner starts it, and with it a login."""
    with transaction.atomic():
        session = locked(account_id)
        if session.account.suspended_at is None:
            return
        with told(session):
            _mark_suspended(session, None, "")
        audit.record(audit.Action.ACCOUNT_RESUMED, account=session.account)


def record_state(
    *,
    account_id: uuid.UUID,
    fence: int,
    state: SessionState,
    reason: str,
    gateway_id: str | None = None,
    last_error: str | None = None,
    second_factor: SecondFactor | None = None,
    broker_lost: bool = False,
    gives_up: bool = False,
) -> bool:
    """A worker's word on the session. False, and nothing is written, when `fence` isn't the session's any more.

    `reason` is a sentence for the owner; `gateway_id` and `last_error` stay as they are when None. `second_factor` is
    what a person is asked for in this state. `broker_lost`: the gateway has no connection to the broker. `gives_up`
    withdraws the wish to run until a person acts. AUTH_FAILED does so always, since each try with a wrong password
    brings a lock nearer.
    """
    with transaction.atomic():
        session = locked_under(fence, account_id)
        if session is None:
            return False
        with told(session):
            enter(session, *outages.as_expected(session, state, reason, timezone.now()))
            if session.state == SessionState.STOPPED:
                _start_again(session)
            session.second_factor, session.broker_lost = second_factor, broker_lost
            if gives_up:
                session.desired_state = GatewaySession.Desired.STOPPED
            session.gateway_id = session.gateway_id if gateway_id is None else gateway_id
            session.last_error = session.last_error if last_error is None else fit(last_error, 500)
    return True


def record_ready(
    *, account_id: uuid.UUID, fence: int, account_codes: Sequence[str], permission: TradingPermission
) -> bool:
    """READY, with what the broker said of the account. False, and nothing is written, under an outdated fence."""
    with transaction.atomic():
        session = locked_under(fence, account_id)
        if session is None:
            return False
        with told(session):
            session.second_factor = None
            enter(session, SessionState.READY, f"The broker confirmed {', '.join(account_codes)}.")
            _record_permission(session, account_codes, permission)
    return True


def record_lost(account_id: uuid.UUID) -> bool:
    """Its worker's lease ran out and nobody has taken it over: what that worker wrote last isn't so any more."""
    with transaction.atomic():
        session = locked(account_id)
        if is_held(session) or not (session.state in outages.UP or is_worker_lost(session)):
            return False
        with told(session):
            session.second_factor = None
            enter(session, SessionState.STOPPED, "Its worker was lost. Another one takes it over.")
    return True


def tell_taken_over(*, account_id: uuid.UUID, fence: int) -> None:
    """To browsers: what a claim has made of a lost worker's last word; see `AT_CLAIM`. Nothing when it was no such."""
    with transaction.atomic():
        session = locked_under(fence, account_id)
        if session is not None and session.state_reason == TAKEN_OVER:
            tell(session)


def record_new_login(account_id: uuid.UUID) -> None:
    """The login was entered again, so a state that asks for one doesn't speak of the stored one any more."""
    with transaction.atomic():
        session = locked(account_id)
        if session.state in outages.NEEDS_A_PERSON:
            with told(session):
                session.state = SessionState.STOPPED
                session.state_since = timezone.now()
                session.state_reason = "A new login is stored. Start the session to try it."


def raise_alerts() -> list[uuid.UUID]:
    """Tell of every outage that has lasted too long, once each. Returns the accounts. READY takes the alert back."""
    down = GatewaySession.objects.filter(down_since__isnull=False, alert="").select_related("account").order_by("pk")
    due = [session.account_id for session in down if outages.alert_due(session, timezone.now())]
    return [account_id for account_id in due if _raise_alert(account_id)]


def _raise_alert(account_id: uuid.UUID) -> bool:
    with transaction.atomic():
        session = locked(account_id)
        session.alert = fit(outages.alert_due(session, timezone.now()), 300)
        if not session.alert:
            return False
        session.alert_since = timezone.now()
        session.save(update_fields=["alert", "alert_since"])
        tell_alert(session)
    return True


def _startable(account_id: uuid.UUID) -> GatewaySession:
    session = locked(account_id)
    suspension.require_none(session.account)
    if session.state == SessionState.AUTH_FAILED:
        raise SessionRefused(LOGIN_REFUSED)
    return session


def _wish_stopped(session: GatewaySession) -> None:
    session.desired_state = GatewaySession.Desired.STOPPED
    if not is_held(session):
        _stop_unheld(session)
    on_commit(lambda: doorbell.ring(session.account_id))


def _start_again(session: GatewaySession) -> None:
    """The second half of a restart: it has stopped."""
    if session.starts_again:
        session.starts_again = False
        session.desired_state = GatewaySession.Desired.RUNNING
        _call_for_worker(session.account_id)


def _call_for_worker(account_id: uuid.UUID) -> None:
    on_commit(lambda: tasks.send("workers.tasks.open_session", str(account_id)))
    on_commit(lambda: doorbell.ring(account_id))


def _mark_suspended(session: GatewaySession, at: datetime | None, reason: str) -> None:
    account = session.account
    account.suspended_at, account.suspended_reason = at, reason
    account.save(update_fields=["suspended_at", "suspended_reason"])


def _stop_unheld(session: GatewaySession) -> None:
    """Nobody is there to stop it. A worker that was lost may come back, so its fence ends here.

    Its gateway may have outlived it: `gateway_id` stays for the workers to find and to end.
    """
    enter(session, SessionState.STOPPED, "Stopped.")
    session.owner = ""
    session.fence += 1
    session.lease_expires_at = None
    session.save(update_fields=LEASE)
    if session.gateway_id:
        on_commit(lambda: tasks.send("workers.tasks.close_session", str(session.account_id)))


def _record_permission(session: GatewaySession, account_codes: Sequence[str], permission: TradingPermission) -> None:
    account = session.account
    # Orders go to the first: a code that the broker lists before it one day doesn't get them without a word.
    account.account_codes = sorted(account_codes, key=lambda code: code != account.account_code)
    account.may_trade = permission.allowed
    account.may_trade_reason = fit(permission.reason, 300)
    account.save(update_fields=["account_codes", "may_trade", "may_trade_reason"])
