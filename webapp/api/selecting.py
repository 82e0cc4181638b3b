"""What a request selects by, and what it may not."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Schema
from ninja.errors import ValidationError

from webapp.accounts.models import BrokerAccount
from webapp.accounts.selectors import account_for
from webapp.api.authentication import user_of


def refuse_unknown(request: HttpRequest, selection: Schema) -> None:
    """A filter that was mistyped and ignored would answer another question than was asked."""
    known = type(selection).model_fields
    message = f"This is not a parameter here; there are {', '.join(known)}"
    errors = [{"loc": ("query", name), "msg": message} for name in request.GET if name not in known]
    if errors:
        raise ValidationError(errors)


def chosen_account(request: HttpRequest, account_id: UUID | None) -> BrokerAccount | None:
    """The account that was asked for, or None for all of the user's. Raises Http404 for another's."""
    return account_for(user_of(request), account_id) if account_id is not None else None


def given(wanted: dict[str, Any]) -> dict[str, Any]:
    """The filters that were asked for."""
    return {name: value for name, value in wanted.items() if value is not None}
