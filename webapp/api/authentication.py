"""Who asks, and whether they may: the token that a request carries."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja.security.base import AuthBase

from webapp.accounts import allowances, tokens
from webapp.accounts.allowances import AllowanceSpent
from webapp.accounts.models import ApiToken, User
from webapp.accounts.permissions import Permission
from webapp.api import naming
from webapp.audit import acting

# What an operation of a scope does with the account that its address names.
MAY = {tokens.READ: Permission.VIEW, tokens.TRADE: Permission.TRADE}


class ScopeMissing(Exception):
    """The token is good, and may not do this."""

    def __init__(self, token: ApiToken, scope: str) -> None:
        has = " and ".join(f"“{one}”" for one in token.scopes)
        super().__init__(
            f"This needs a token with the scope “{scope}”; this one has {has}. Nothing was done. "
            "Make another token on the page “API tokens”."
        )
        self.scope = scope


class BearerToken(AuthBase):
    """`Authorization: Bearer TOKEN`. Ninja's own HttpBearer writes the header it didn't like to the log."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __init__(self, scope: ApiToken.Scope = tokens.READ, lane: str = allowances.REQUESTS) -> None:
        super().__init__()
        self.scope = scope
        self.lane = lane

    def __call__(self, request: HttpRequest) -> ApiToken | None:
        """Raises AllowanceSpent, ScopeMissing, and Http404 for what isn't theirs. None for whoever has no token."""
        token = tokens.in_header(request.headers.get("Authorization", ""))
        if token is None:
            return None
        acting.by_token(token.user, token.name)
        allowance = request.allowance = allowances.spend(token.pk, self.lane)  # type: ignore[attr-defined]  # ours
        if allowance is not None and allowance.is_spent:
            raise AllowanceSpent(allowance)
        if self.scope not in token.scopes:
            raise ScopeMissing(token, self.scope)
        request.named = naming.find(token.user, _parameters(request), MAY[self.scope])  # type: ignore[attr-defined]
        return token


READS = BearerToken()
TRADES = BearerToken(tokens.TRADE)
CANCELS = BearerToken(tokens.TRADE, allowances.CANCELS)


def user_of(request: HttpRequest) -> User:
    token: ApiToken = request.auth  # type: ignore[attr-defined]  # set by ninja from BearerToken
    return token.user


def _parameters(request: HttpRequest) -> dict[str, Any]:
    return request.resolver_match.kwargs if request.resolver_match is not None else {}
