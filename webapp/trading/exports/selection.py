"""Which fills leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser

from brokers.domain import OrderSide
from webapp.accounts.models import BrokerAccount, User
from webapp.accounts.selectors import accounts_of


@dataclass(frozen=True, slots=True)
class Selection:
    """`since` is included, `until` is not. None selects all."""

    account_ids: tuple[UUID, ...]
    con_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    side: OrderSide | None = None


def selected(
    *,
    user: User | AnonymousUser,
    account: BrokerAccount | None = None,
    con_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    side: OrderSide | None = None,
) -> Selection:
    """Of the accounts that the user may see, or of the one of them that is named."""
    seen = accounts_of(user) if account is None else accounts_of(user).filter(pk=account.pk)
    account_ids = tuple(seen.values_list("pk", flat=True))
    return Selection(account_ids, con_id=con_id, since=since, until=until, side=side)
