"""Whether trading is stopped, and what is said of it."""

from __future__ import annotations

from typing import TypedDict
from uuid import UUID

from django.db.models import Q

from webapp.accounts.models import BrokerAccount
from webapp.trading.models import KillSwitch
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
    engaged = engaged_on(account_id)
    if engaged is None:
        return {"engaged": False, "for_all": False, "by": None, "at": None, "reason": ""}
    for_all = engaged.account_id is None
    return {
        "engaged": True,
        "for_all": for_all,
        "by": "an administrator" if for_all or engaged.engaged_by is None else engaged.engaged_by.get_username(),
        "at": engaged.engaged_at.isoformat(),
        "reason": engaged.reason,
    }


def engaged_on(account_id: UUID) -> KillSwitch | None:
    """The one for all before the account's own: whoever releases theirs has to know that it changes nothing."""
    switches = KillSwitch.objects.filter(Q(account=account_id) | Q(account=None)).select_related("engaged_by")
    return min(switches, key=lambda switch: switch.account_id is not None, default=None)
