"""API tokens: shown once, kept as a hash, looked up by it.

A token carries 256 random bits, so a plain SHA-256 is enough (nothing can be guessed from it), and a lookup by the
hash has no timing to learn from: who doesn't know the token can't steer its hash. Revoking one removes its row.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from webapp.accounts.models import ApiToken, User
from webapp.accounts.refusals import AccountInvalid
from webapp.audit import recording as audit

PREFIX = "gh_"
# How exact `last_used_at` is: a program that reads every second doesn't write a row every second.
USE_RECORDED_EVERY = timedelta(minutes=1)
LONGEST_DAYS = 365
DAYS = 90
MOST_TOKENS = 20

READ, TRADE = ApiToken.Scope.READ, ApiToken.Scope.TRADE


def create(user: User, name: str, *, scopes: Collection[str] = (READ,), days: object = DAYS) -> str:
    """Returns the token, which is kept nowhere. It ends by itself after `days`, a number or a form's text.

    Raises AccountInvalid with a text for each field that is wrong.
    """
    errors = {field: text for field, text in _wrongs(user, name.strip(), scopes, str(days).strip()) if text}
    if errors:
        raise AccountInvalid(errors)
    token = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(
        user=user,
        name=name.strip(),
        token_hash=hash_of(token),
        scopes=[str(scope) for scope in ApiToken.Scope if scope in scopes],
        expires_at=timezone.now() + timedelta(days=int(str(days))),
    )
    with transaction.atomic():
        row.save()
        audit.record(
            audit.Action.TOKEN_CREATED,
            by=user,
            subject=row.name,
            scopes=row.scopes,
            expires_at=row.expires_at.isoformat(),
        )
    return token


def of(user: User | AnonymousUser) -> QuerySet[ApiToken]:
    """The user's own, newest first; expired ones too, until they are revoked."""
    if not user.is_authenticated:
        return ApiToken.objects.none()
    return ApiToken.objects.filter(user=user).order_by("-created_at", "-pk")


def authenticate(text: str) -> ApiToken | None:
    """The token with its user; None for one that is unknown, was revoked, has expired, or whose user is deactivated."""
    token = _valid().filter(token_hash=hash_of(text)).first()
    if token is not None:
        _record_use(token)
    return token


def in_header(authorization: str) -> ApiToken | None:
    """The token of an `Authorization: Bearer TOKEN`, whose scheme may be written in any case (RFC 9110)."""
    scheme, _, text = authorization.partition(" ")
    return authenticate(text.strip()) if scheme.lower() == "bearer" and text else None


def still_valid(token: ApiToken) -> bool:
    """For what outlives the request that `authenticate` was asked for."""
    return _valid().filter(pk=token.pk).exists()


def revoke(*, user: User, token_id: int) -> ApiToken:
    """It opens nothing from now on. Raises ApiToken.DoesNotExist for another's."""
    token = of(user).get(pk=token_id)
    with transaction.atomic():
        ApiToken.objects.filter(pk=token.pk).delete()
        audit.record(audit.Action.TOKEN_REVOKED, by=user, subject=token.name)
    return token


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _valid() -> QuerySet[ApiToken]:
    return ApiToken.objects.select_related("user").filter(user__is_active=True, expires_at__gt=Now())


def _wrongs(user: User, name: str, scopes: Collection[str], days: str) -> list[tuple[str, str]]:
    return [("name", _name_wrong(user, name)), ("scopes", _scopes_wrong(scopes)), ("days", _days_wrong(days))]


def _name_wrong(user: User, name: str) -> str:
    if not 1 <= len(name) <= 60 or not name.isprintable():
        return "A token's name has 1 to 60 characters, and no control character among them."
    if of(user).count() >= MOST_TOKENS:
        return f"You have {MOST_TOKENS} tokens, which is the most. Revoke one first."
    return ""


def _scopes_wrong(scopes: Collection[str]) -> str:
    known = ", ".join(ApiToken.Scope.values)
    unknown = [scope for scope in scopes if scope not in ApiToken.Scope.values]
    if unknown:
        return f"There is no scope “{unknown[0][:40]}”; there are {known}."
    return "" if scopes else f"A token needs at least one scope of {known}."


def _days_wrong(days: str) -> str:
    if days.isascii() and days.isdigit() and len(days) <= 4 and 1 <= int(days) <= LONGEST_DAYS:
        return ""
    return f"A token lasts 1 to {LONGEST_DAYS} whole days, not “{days[:40]}”."


def _record_use(token: ApiToken) -> None:
    unrecorded = Q(last_used_at=None) | Q(last_used_at__lt=Now() - USE_RECORDED_EVERY)
    ApiToken.objects.filter(unrecorded, pk=token.pk).update(last_used_at=Now())
