"""What a user owns. What they don't own doesn't exist for them: the answer is 404, never 403."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AnonymousUser
from django.http import Http404

from webapp.accounts.models import BrokerAccount, BrokerAccountQuerySet, User


def accounts_of(user: User | AnonymousUser) -> BrokerAccountQuerySet:
    """Their broker accounts, oldest first, each with its session."""
    return BrokerAccount.objects.owned_by(user).select_related("session")


def owned_account(user: User | AnonymousUser, account_id: uuid.UUID | str) -> BrokerAccount:
    """The user's own account, with its session. Raises Http404 for any other id, and for text that is no id."""
    account = accounts_of(user).filter(pk=_uuid(account_id)).first()
    if account is None:
        raise Http404("There is no such account.")
    return account


def _uuid(text: uuid.UUID | str) -> uuid.UUID:
    try:
        return uuid.UUID(str(text))
    except ValueError:
        raise Http404("There is no such account.") from None
