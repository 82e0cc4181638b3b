"""Whether trading is stopped, and what is said of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from django.db.models import Q, QuerySet

from webapp.accounts.models import BrokerAccount
from webapp.trading.models import KillSwitch, OrderCommand
from webapp.trading.refusals import KillSwitchEngaged


class KillSwitchBody(TypedDict):
    """`for_all` when an administrator has stopped all accounts. `by` and `at` are None while it is off."""

    engaged: bool
    for_all: bool
    by: str | None
    at: str | None
    reason: str


def require_off(account: BrokerAccount) -> None:
    """Raises KillSwitchEngaged. Called while the account is held, so that none is engaged in between."""
    engaged = engaged_on(account.pk)
    if engaged is None:
        return
    since = f"since {engaged.engaged_at:%Y-%m-%d %H:%M} UTC"
    why = f" ({engaged.reason})" if engaged.reason else ""
    if engaged.account_id is None:
        raise KillSwitchEngaged(
            f"Trading is stopped on all accounts by an administrator, {since}{why}. Nothing was sent."
        )
    raise KillSwitchEngaged(
        f"The kill switch of {account.name} is engaged, {since}{why}. Release it to trade again. Nothing was sent."
    )


def as_body(account_id: UUID) -> KillSwitchBody:
    return _body(engaged_on(account_id))


def for_all_as_body() -> KillSwitchBody:
    """For administrators."""
    return _body(KillSwitch.objects.filter(account=None).select_related("engaged_by").first())


def engaged_among(account_ids: Collection[UUID]) -> set[UUID]:
    """Those of the accounts whose own switch is engaged."""
    switches = KillSwitch.objects.filter(account__in=account_ids).values_list("account", flat=True)
    return {account_id for account_id in switches if account_id is not None}


def cancels_waiting() -> int:
    """How many accounts wait for a session that cancels all of their orders."""
    waiting = [OrderCommand.State.PENDING, OrderCommand.State.SENDING]
    return OrderCommand.objects.filter(verb=OrderCommand.Verb.CANCEL_ALL, state__in=waiting).count()


def _body(engaged: KillSwitch | None) -> KillSwitchBody:
    if engaged is None:
        return {"engaged": False, "for_all": False, "by": None, "at": None, "reason": ""}
    for_all = engaged.account_id is None
    return {
        "engaged": True,
        "for_all": for_all,
        "by": _by(engaged),
        "at": engaged.engaged_at.isoformat(),
        "reason": engaged.reason,
    }


def _by(engaged: KillSwitch) -> str:
    """Users read no administrator's name; the desk has it in the audit log."""
    if engaged.account_id is None or engaged.by_administrator:
        return "an administrator"
    return engaged.engaged_by.get_username() if engaged.engaged_by else "a user who is no more"


def engaged_on(account_id: UUID) -> KillSwitch | None:
    """The one for all before the account's own: whoever releases theirs has to know that it changes nothing."""
    switches = _of(account_id).select_related("engaged_by")
    return min(switches, key=lambda switch: switch.account_id is not None, default=None)


def engaged_since(account_id: UUID) -> datetime | None:
    """Since when either stops the account, by the database's clock. None while neither does."""
    return _of(account_id).order_by("engaged_at").values_list("engaged_at", flat=True).first()


def _of(account_id: UUID) -> QuerySet[KillSwitch]:
    return KillSwitch.objects.filter(Q(account=account_id) | Q(account=None))
