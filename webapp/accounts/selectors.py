"""What a user may see and do. What they may not see doesn't exist for them: 404. What they see and may not do is 403.

Pages, sockets and the API all ask here, and anew each time, so what is taken back is gone with the next question.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from webapp.accounts.models import INVITED_FOR, AccountShare, BrokerAccount, BrokerAccountQuerySet, User
from webapp.accounts.permissions import Permission, Role
from webapp.accounts.refusals import NotAllowed


def accounts_of(user: User | AnonymousUser) -> BrokerAccountQuerySet:
    """Every account that the user may see, oldest first, each with its session, its owner and the user's `role`."""
    return BrokerAccount.objects.visible_to(user).select_related("session", "user")


def account_for(
    user: User | AnonymousUser, account_id: uuid.UUID | str, *, may: Permission = Permission.VIEW
) -> BrokerAccount:
    """The account, with its session and the user's `role`, if the user may do this with it.

    Raises Http404 for one that the user may not see and for text that is no id, NotAllowed for one that the user sees
    and may not do this with.
    """
    account = accounts_of(user).filter(pk=_uuid(account_id)).first()
    if account is None:
        raise Http404("There is no such account.")
    if not account.allows(may):
        raise NotAllowed(_refusal(account, may))
    return account


def owned_account(user: User | AnonymousUser, account_id: uuid.UUID | str) -> BrokerAccount:
    """For what is the owner's alone; see `account_for`."""
    return account_for(user, account_id, may=Permission.OWN)


def shares_of(account: BrokerAccount) -> QuerySet[AccountShare]:
    """With whom the account is shared, and who was invited, oldest first."""
    return account.shares.order_by("invited_at", "pk")


def invitations_of(user: User) -> QuerySet[AccountShare]:
    """Those that the user can still accept."""
    waiting = AccountShare.objects.filter(user=user, accepted_at=None, declined_at=None)
    return waiting.filter(invited_at__gt=oldest_open()).select_related("account__user")


def oldest_open() -> datetime:
    """An invitation that is older than this is over."""
    return timezone.now() - INVITED_FOR


def _refusal(account: BrokerAccount, may: Permission) -> str:
    owner = account.user.get_username()
    if may is Permission.OWN:
        return f"Only {owner}, who owns {account.name}, may do this. Nothing was changed."
    role = Role(account.role).value
    return f"{owner} shares {account.name} with you as a {role}, who may look and not trade. Nothing was sent."


def _uuid(text: uuid.UUID | str) -> uuid.UUID:
    try:
        return uuid.UUID(str(text))
    except ValueError:
        raise Http404("There is no such account.") from None
