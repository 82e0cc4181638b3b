"""A session's row as its writers change it: locked, saved, and told to browsers when they would see the difference.

Every write locks the session's row first and the account's row last, where the event takes its number.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from brokers.domain import SessionState
from webapp.accounts import events, outages, suspension
from webapp.accounts.models import AccountEvent, GatewaySession

# By the database's clock, the one that leases are granted by.
HELD = ~Q(owner="") & Q(lease_expires_at__gt=Now())

AT_REST = frozenset({SessionState.STOPPED, SessionState.AUTH_FAILED, SessionState.AUTH_REQUIRED})

WORKER_SILENT = "Its worker has gone silent. What that said last may not be so any more."

WRITTEN_HERE = [
    *("desired_state", "state", "state_reason", "state_since", "gateway_id", "last_error", "second_factor"),
    *("starts_again", "broker_lost"),
    *("down_since", "was_up", "alert", "alert_since"),
]
LEASE = ["owner", "fence", "lease_expires_at"]


def as_body(session: GatewaySession) -> dict[str, Any]:
    """What browsers get of a session, as JSON.

    `since` is ISO 8601 in UTC; `may_trade` is None while nobody knows; `second_factor` is None unless a person is
    waited for; `alert` is empty while there is none, `suspended` while no administrator has suspended the account.
    `worker_lost`: what the row says was said by a worker whose lease ran out; `reason` and `since` tell of that, then,
    and not what it said last. `broker_lost`: the gateway is there, and has no connection to the broker.
    """
    account, worker_lost = session.account, is_worker_lost(session)
    return {
        "state": str(session.state),
        "desired_state": str(session.desired_state),
        "reason": WORKER_SILENT if worker_lost else session.state_reason,
        "since": _since(session, worker_lost=worker_lost).isoformat(),
        "second_factor": session.second_factor,
        "alert": session.alert,
        "account_codes": account.account_codes,
        "account_code": account.account_code,
        "may_trade": account.may_trade,
        "may_trade_reason": account.may_trade_reason,
        "trading_mode": str(account.trading_mode),
        "takes_orders": SessionState(session.state).takes_orders and not account.is_suspended and not worker_lost,
        "worker_lost": worker_lost,
        "broker_lost": session.broker_lost,
        "suspended": suspension.in_words(account),
    }


def _since(session: GatewaySession, *, worker_lost: bool) -> datetime:
    return session.lease_expires_at if worker_lost and session.lease_expires_at else session.state_since


def locked(account_id: uuid.UUID) -> GatewaySession:
    # `of`: the account's row is for the event to lock, last.
    return GatewaySession.objects.select_for_update(of=("self",)).select_related("account").get(account_id=account_id)


def locked_under(fence: int, account_id: uuid.UUID) -> GatewaySession | None:
    session = locked(account_id)
    return session if session.fence == fence else None


def is_held(session: GatewaySession) -> bool:
    return GatewaySession.objects.filter(HELD, pk=session.pk).exists()


def is_worker_lost(session: GatewaySession) -> bool:
    """Its lease ran out, and nobody has taken it over. A session at rest has nothing that could be lost."""
    if session.state in AT_REST or not session.owner:
        return False
    return GatewaySession.objects.filter(pk=session.pk, lease_expires_at__lte=Now()).exclude(owner="").exists()


def enter(session: GatewaySession, state: SessionState, reason: str) -> None:
    """A refused login outlasts the stop that follows it, or a start would repeat the wrong password."""
    if session.state == SessionState.AUTH_FAILED and state is SessionState.STOPPED:
        return
    if session.state != state:
        session.state_since = timezone.now()
    if state is SessionState.AUTH_FAILED:
        session.desired_state = GatewaySession.Desired.STOPPED
    session.state = state
    session.broker_lost = False
    session.state_reason = fit(reason, 300)


@contextmanager
def told(session: GatewaySession) -> Iterator[None]:
    """Save the locked session, with an event when a browser would see the difference."""
    before = as_body(session)
    yield
    outages.mark(session, was=SessionState(before["state"]), now=timezone.now())
    session.save(update_fields=WRITTEN_HERE)
    if (body := as_body(session)) != before:
        tell(session)
    if body["alert"] != before["alert"]:
        tell_alert(session)


def tell(session: GatewaySession) -> None:
    events.append(account_id=session.account_id, kind=AccountEvent.Kind.SESSION, subject="", body=as_body(session))


def tell_alert(session: GatewaySession) -> None:
    events.append(
        account_id=session.account_id, kind=AccountEvent.Kind.ALERT, subject="", body={"alert": session.alert}
    )


def on_commit(call: Callable[[], object]) -> None:
    # Robust: the row holds the wish, and the workers' slow poll finds it without the message.
    transaction.on_commit(call, robust=True)


def fit(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
