"""What is wanted of a session (its owner's writes) and what is so (the worker's, under its fence).

Every write locks the session's row first and the account's row last, where the event takes its number.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypedDict

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from brokers.domain import SessionState, TradingPermission
from webapp.accounts import events, outages
from webapp.accounts.models import AccountEvent, GatewaySession
from webapp.accounts.refusals import SessionRefused
from webapp.audit import recording as audit
from webapp.bus import doorbell, tasks

# By the database's clock, the one that leases are granted by.
HELD = ~Q(owner="") & Q(lease_expires_at__gt=Now())

WRITTEN_HERE = [
    *("desired_state", "state", "state_reason", "state_since", "gateway_id", "last_error", "second_factor"),
    *("down_since", "was_up", "alert", "alert_since"),
]
LEASE = ["owner", "fence", "lease_expires_at"]

LOGIN_REFUSED = (
    "The broker refused this username and password, and repeating a wrong password locks the login. "
    "Enter the username and password again, then start the session."
)


class SecondFactor(TypedDict):
    """What a person is asked for on a phone; `until` is ISO 8601 in UTC."""

    attempt: int
    attempts: int
    until: str


def request_start(account_id: uuid.UUID) -> None:
    """Wish the session to run, and call for a worker. Asking again does no harm.

    Raises SessionRefused for a login that the broker refused and nobody has entered again since.
    """
    with transaction.atomic():
        session = _locked(account_id)
        if session.state == SessionState.AUTH_FAILED:
            raise SessionRefused(LOGIN_REFUSED)
        with _told(session):
            session.desired_state = GatewaySession.Desired.RUNNING
            if not _is_held(session):
                # Whatever a lost worker wrote last, READY say, isn't so any more.
                session.second_factor = None
                _enter(session, SessionState.STOPPED, "Waiting for a worker to start it.")
        audit.record(audit.Action.SESSION_START, account=session.account)
        _on_commit(lambda: tasks.send("workers.tasks.open_session", str(account_id)))
        _on_commit(lambda: doorbell.ring(account_id))


def request_stop(account_id: uuid.UUID) -> None:
    """Wish the session to stop. One that no worker holds is STOPPED at once; a refused login stays AUTH_FAILED."""
    with transaction.atomic():
        session = _locked(account_id)
        with _told(session):
            session.desired_state = GatewaySession.Desired.STOPPED
            if not _is_held(session):
                _stop_unheld(session)
        audit.record(audit.Action.SESSION_STOP, account=session.account)
        _on_commit(lambda: doorbell.ring(account_id))


def record_state(
    *,
    account_id: uuid.UUID,
    fence: int,
    state: SessionState,
    reason: str,
    gateway_id: str | None = None,
    last_error: str | None = None,
    second_factor: SecondFactor | None = None,
    gives_up: bool = False,
) -> bool:
    """A worker's word on the session. False, and nothing is written, when `fence` isn't the session's any more.

    `reason` is a sentence for the owner; `gateway_id` and `last_error` stay as they are when None. `second_factor` is
    what a person is asked for in this state. `gives_up` withdraws the wish to run until a person acts. AUTH_FAILED does
    so always, since each try with a wrong password brings a lock nearer.
    """
    with transaction.atomic():
        session = _locked_under(fence, account_id)
        if session is None:
            return False
        with _told(session):
            _enter(session, *outages.as_expected(session, state, reason, timezone.now()))
            session.second_factor = second_factor
            if gives_up:
                session.desired_state = GatewaySession.Desired.STOPPED
            session.gateway_id = session.gateway_id if gateway_id is None else gateway_id
            session.last_error = session.last_error if last_error is None else _fit(last_error, 500)
    return True


def record_ready(
    *, account_id: uuid.UUID, fence: int, account_codes: Sequence[str], permission: TradingPermission
) -> bool:
    """READY, with what the broker said of the account. False, and nothing is written, under an outdated fence."""
    with transaction.atomic():
        session = _locked_under(fence, account_id)
        if session is None:
            return False
        with _told(session):
            session.second_factor = None
            _enter(session, SessionState.READY, f"The broker confirmed {', '.join(account_codes)}.")
            _record_permission(session, account_codes, permission)
    return True


def record_lost(account_id: uuid.UUID) -> bool:
    """Its worker's lease ran out and nobody has taken it over: what that worker wrote last isn't so any more."""
    with transaction.atomic():
        session = _locked(account_id)
        if session.state not in outages.UP or _is_held(session):
            return False
        with _told(session):
            _enter(session, SessionState.STOPPED, "Its worker was lost. Another one takes it over.")
    return True


def record_new_login(account_id: uuid.UUID) -> None:
    """The login was entered again, so a state that asks for one doesn't speak of the stored one any more."""
    with transaction.atomic():
        session = _locked(account_id)
        if session.state in outages.NEEDS_A_PERSON:
            with _told(session):
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
        session = _locked(account_id)
        session.alert = _fit(outages.alert_due(session, timezone.now()), 300)
        if not session.alert:
            return False
        session.alert_since = timezone.now()
        session.save(update_fields=["alert", "alert_since"])
        _tell_alert(session)
    return True


def _tell_alert(session: GatewaySession) -> None:
    events.append(
        account_id=session.account_id, kind=AccountEvent.Kind.ALERT, subject="", body={"alert": session.alert}
    )


def as_body(session: GatewaySession) -> dict[str, Any]:
    """What browsers get of a session, as JSON.

    `since` is ISO 8601 in UTC; `may_trade` is None while nobody knows; `second_factor` is None unless a person is
    waited for; `alert` is empty while there is none.
    """
    account = session.account
    return {
        "state": str(session.state),
        "desired_state": str(session.desired_state),
        "reason": session.state_reason,
        "since": session.state_since.isoformat(),
        "second_factor": session.second_factor,
        "alert": session.alert,
        "account_codes": account.account_codes,
        "account_code": account.account_code,
        "may_trade": account.may_trade,
        "may_trade_reason": account.may_trade_reason,
        "trading_mode": str(account.trading_mode),
        "takes_orders": SessionState(session.state).takes_orders,
    }


def _locked(account_id: uuid.UUID) -> GatewaySession:
    # `of`: the account's row is for the event to lock, last.
    return GatewaySession.objects.select_for_update(of=("self",)).select_related("account").get(account_id=account_id)


def _locked_under(fence: int, account_id: uuid.UUID) -> GatewaySession | None:
    session = _locked(account_id)
    return session if session.fence == fence else None


def _is_held(session: GatewaySession) -> bool:
    return GatewaySession.objects.filter(HELD, pk=session.pk).exists()


def _enter(session: GatewaySession, state: SessionState, reason: str) -> None:
    """A refused login outlasts the stop that follows it, or a start would repeat the wrong password."""
    if session.state == SessionState.AUTH_FAILED and state is SessionState.STOPPED:
        return
    if session.state != state:
        session.state_since = timezone.now()
    if state is SessionState.AUTH_FAILED:
        session.desired_state = GatewaySession.Desired.STOPPED
    session.state = state
    session.state_reason = _fit(reason, 300)


def _stop_unheld(session: GatewaySession) -> None:
    """Nobody is there to stop it. A worker that was lost may come back, so its fence ends here.

    Its gateway may have outlived it: `gateway_id` stays for the workers to find and to end.
    """
    _enter(session, SessionState.STOPPED, "Stopped.")
    session.owner = ""
    session.fence += 1
    session.lease_expires_at = None
    session.save(update_fields=LEASE)
    if session.gateway_id:
        _on_commit(lambda: tasks.send("workers.tasks.close_session", str(session.account_id)))


def _record_permission(session: GatewaySession, account_codes: Sequence[str], permission: TradingPermission) -> None:
    account = session.account
    account.account_codes = list(account_codes)
    account.may_trade = permission.allowed
    account.may_trade_reason = _fit(permission.reason, 300)
    account.save(update_fields=["account_codes", "may_trade", "may_trade_reason"])


@contextmanager
def _told(session: GatewaySession) -> Iterator[None]:
    """Save the locked session, with an event when a browser would see the difference."""
    before = as_body(session)
    yield
    outages.mark(session, was=SessionState(before["state"]), now=timezone.now())
    session.save(update_fields=WRITTEN_HERE)
    if (body := as_body(session)) != before:
        events.append(account_id=session.account_id, kind=AccountEvent.Kind.SESSION, subject="", body=body)
    if body["alert"] != before["alert"]:
        _tell_alert(session)


def _on_commit(call: Callable[[], object]) -> None:
    # Robust: the row holds the wish, and the workers' slow poll finds it without the message.
    transaction.on_commit(call, robust=True)


def _fit(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
