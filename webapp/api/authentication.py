"""Who asks: the user whose token a request carries."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security.base import AuthBase

from webapp.accounts import tokens
from webapp.accounts.models import User
from webapp.audit import acting


class BearerToken(AuthBase):
    """Ninja's own HttpBearer writes the header it didn't like to the log."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __call__(self, request: HttpRequest) -> User | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return user_behind(token.strip()) if scheme.lower() == "bearer" and token else None


def user_behind(text: str) -> User | None:
    """The token's user, who acts by it from here on."""
    token = tokens.find(text)
    if token is None:
        return None
    acting.by_token(token.user, token.name)
    return token.user


def user_of(request: HttpRequest) -> User:
    return request.auth  # type: ignore[attr-defined, no-any-return]  # set by ninja from BearerToken
