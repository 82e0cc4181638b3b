"""API tokens: shown once, kept as a hash, looked up by it.

A token carries 256 random bits, so a plain SHA-256 is enough (nothing can be guessed from it), and a lookup by the
hash has no timing to learn from: who doesn't know the token can't steer its hash.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from webapp.accounts.models import ApiToken, User
from webapp.accounts.refusals import AccountInvalid
from webapp.audit import recording as audit

PREFIX = "gh_"
# How exact `last_used_at` is: a program that reads every second doesn't write a row every second.
USE_RECORDED_EVERY = timedelta(minutes=1)


def create(user: User, name: str) -> str:
    """Returns the token, which is kept nowhere. Raises AccountInvalid for a name that is empty or too long."""
    name = name.strip()
    if not 1 <= len(name) <= 60:
        raise AccountInvalid({"name": "A token's name has 1 to 60 characters."})
    token = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        ApiToken.objects.create(user=user, name=name, token_hash=hash_of(token))
        audit.record(audit.Action.TOKEN_CREATED, by=user, subject=name)
    return token


def authenticate(text: str) -> User | None:
    """Whose token this is; None where `find` finds none."""
    token = find(text)
    return token.user if token is not None else None


def find(text: str) -> ApiToken | None:
    """The token, with its user; None for one that is unknown, was removed, or belongs to a user who was deactivated."""
    token = ApiToken.objects.select_related("user").filter(token_hash=hash_of(text), user__is_active=True).first()
    if token is not None:
        _record_use(token)
    return token


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _record_use(token: ApiToken) -> None:
    unrecorded = Q(last_used_at=None) | Q(last_used_at__lt=Now() - USE_RECORDED_EVERY)
    ApiToken.objects.filter(unrecorded, pk=token.pk).update(last_used_at=Now())
