"""Users as administrators see to them: suspended, and let in again."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.utils import timezone

from webapp.accounts import sessions
from webapp.accounts.models import BrokerAccount, User
from webapp.accounts.refusals import AccountInvalid
from webapp.audit import recording as audit
from webapp.bus import announce

LONGEST_REASON = 300


def suspend(*, user: User, by: User, reason: str, with_accounts: bool = False) -> None:
    """From now on the user can't sign in, their tokens open nothing and their open sockets close.

    Their sessions go on, so that fills are still recorded, and those with whom they share an account can still act on
    it, unless `with_accounts` suspends their accounts as well. Raises AccountInvalid, with what is wrong by field.
    """
    if wrong := _wrong(user, by, reason):
        raise AccountInvalid(wrong)
    with transaction.atomic():
        _write(user, is_active=False, suspended_at=timezone.now(), suspended_reason=reason.strip())
        audit.record(audit.Action.USER_SUSPENDED, subject=user.get_username(), text=reason.strip())
        _on_commit_tell_sockets(user)
    if with_accounts:
        for account in BrokerAccount.objects.filter(user=user, suspended_at=None):
            suspend_account(account=account, reason=reason)


def resume(*, user: User, by: User) -> None:
    """The user can sign in again. Accounts that were suspended stay so. Raises AccountInvalid as `suspend` does."""
    if wrong := _out_of_reach(user, by):
        raise AccountInvalid({"user": wrong})
    with transaction.atomic():
        if user.is_active:
            return
        _write(user, is_active=True, suspended_at=None, suspended_reason="")
        audit.record(audit.Action.USER_RESUMED, subject=user.get_username())


def suspend_account(*, account: BrokerAccount, reason: str) -> None:
    """See `sessions.suspend`. Raises AccountInvalid for a reason that is none."""
    if wrong := _reason_wrong(reason):
        raise AccountInvalid({"reason": wrong})
    sessions.suspend(account.pk, reason.strip())


def _wrong(user: User, by: User, reason: str) -> dict[str, str]:
    itself = "You can't suspend yourself. Ask another administrator." if user.pk == by.pk else ""
    wrong = {"user": itself or _out_of_reach(user, by), "reason": _reason_wrong(reason)}
    return {field: text for field, text in wrong.items() if text}


def _out_of_reach(user: User, by: User) -> str:
    if user.is_superuser and not by.is_superuser:
        return f"{user.get_username()} is a superuser; only another superuser can suspend one, or end that."
    return ""


def _reason_wrong(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        return "Say why: the person reads it."
    if len(reason) > LONGEST_REASON or not reason.isprintable():
        return f"A reason has at most {LONGEST_REASON} printable characters."
    return ""


def _write(user: User, **columns: object) -> None:
    for name, value in columns.items():
        setattr(user, name, value)
    user.save(update_fields=list(columns))


def _on_commit_tell_sockets(user: User) -> None:
    """Robust: the row is the truth, and each socket asks by itself every few seconds."""
    seen = list(BrokerAccount.objects.visible_to(user).values_list("pk", flat=True))
    for account_id in seen:
        transaction.on_commit(partial(announce.access_changed, account_id), robust=True)
