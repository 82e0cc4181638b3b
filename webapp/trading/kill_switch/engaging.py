"""The switch engaged and released: by an account's owner, or for all by an administrator."""

from __future__ import annotations

import logging
from collections.abc import Callable
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from webapp.accounts import events
from webapp.accounts.models import AccountEvent, BrokerAccount, User
from webapp.audit import recording as audit
from webapp.audit.acting import is_administrators
from webapp.audit.recording import Action
from webapp.bus import doorbell
from webapp.trading.kill_switch.state import as_body, engaged_on
from webapp.trading.locks import hold
from webapp.trading.models import KillSwitch, OrderCommand
from webapp.trading.orders import withdrawing
from webapp.trading.texts import clip

log = logging.getLogger(__name__)

RELEASED = "The kill switch was released before a session could send this."
# The subject of an entry in the audit log that is of no one account.
ALL = "all accounts"


def engage(*, account: BrokerAccount, by: User, reason: str = "") -> None:
    """Stop the account. Engaged again, it cancels again: an order may have come in from elsewhere."""
    with transaction.atomic():
        hold(account.pk)
        _engage(account, by, reason)
        audit.record(Action.KILL_SWITCH_ENGAGED, account=account, by=by, text=reason)
        _stop(account.pk)


def engage_for_all(*, by: User, reason: str = "") -> None:
    """Stop every account, those that are connected later as well.

    The row comes first and is committed alone. An order that was placed before it is then found by the round over the
    accounts, and one that is placed after it is refused.
    """
    with transaction.atomic():
        _engage(None, by, reason)
        audit.record(Action.KILL_SWITCH_ENGAGED, by=by, subject=ALL, text=reason)
    stop_all()


def stop_all() -> None:
    """The round of `engage_for_all`, once its row is committed. One account that fails costs itself alone."""
    _for_each(_stop)


def cancel_again(*, account_id: UUID) -> None:
    """For a session that is connected anew: while the switch is engaged, what it was to cancel is cancelled again.

    The command before may have gone into a link that was about to end, and orders may have come in from elsewhere.
    """
    with transaction.atomic():
        hold(account_id)
        if engaged_on(account_id) is not None:
            _ask_to_cancel(account_id)


def release(*, account: BrokerAccount) -> None:
    """Take orders again. What was cancelled stays cancelled; the switch for all is an administrator's alone."""
    with transaction.atomic():
        hold(account.pk)
        if KillSwitch.objects.filter(account=account).delete()[0]:
            audit.record(Action.KILL_SWITCH_RELEASED, account=account)
            _resume(account.pk)


def release_for_all() -> None:
    """Accounts that were stopped by themselves stay stopped."""
    with transaction.atomic():
        if not KillSwitch.objects.filter(account=None).delete()[0]:
            return
        audit.record(Action.KILL_SWITCH_RELEASED, subject=ALL)
    _for_each(_resume)


def _engage(account: BrokerAccount | None, by: User, reason: str) -> None:
    told = {"engaged_by": by, "by_administrator": is_administrators(), "reason": clip(reason, 200)}
    KillSwitch.objects.get_or_create(account=account, defaults=told)


def _for_each(change: Callable[[UUID], None]) -> None:
    for account_id in BrokerAccount.objects.order_by("pk").values_list("pk", flat=True):
        try:
            with transaction.atomic():
                hold(account_id)
                change(account_id)
        except (BrokerAccount.DoesNotExist, DatabaseError):
            log.exception("account %s: the kill switch for all did not reach it", account_id)


def _stop(account_id: UUID) -> None:
    withdrawing.withdraw_all(account_id, through=_ask_to_cancel(account_id))
    _tell(account_id)


def _ask_to_cancel(account_id: UUID) -> OrderCommand:
    """One that a worker has claimed may have left before what it is to cancel now, or may never leave: this command
    alone can be sent twice without harm.
    """
    command = _unclaimed(account_id).first()
    if command is None:
        command = OrderCommand.objects.create(account_id=account_id, verb=OrderCommand.Verb.CANCEL_ALL)
    # Robust: the row is written, and a worker that wasn't rung finds it with its slow poll.
    transaction.on_commit(lambda: doorbell.ring(account_id), robust=True)
    return command


def _resume(account_id: UUID) -> None:
    if engaged_on(account_id) is None:
        _unclaimed(account_id).update(state=OrderCommand.State.REFUSED, reason=RELEASED, ended_at=Now())
    _tell(account_id)


def _unclaimed(account_id: UUID) -> QuerySet[OrderCommand]:
    return OrderCommand.objects.filter(
        account_id=account_id, verb=OrderCommand.Verb.CANCEL_ALL, state=OrderCommand.State.PENDING
    )


def _tell(account_id: UUID) -> None:
    body = dict(as_body(account_id))
    events.append(account_id=account_id, kind=AccountEvent.Kind.KILL_SWITCH, subject="", body=body)
