"""The REST API, for programs that carry a token: `Authorization: Bearer TOKEN`.

What isn't the token's user's own doesn't exist: 404. The interactive documentation is off, since its page loads from
a CDN; the schema itself is at `openapi.json`.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Schema
from ninja.errors import ValidationError
from ninja.security.base import AuthBase

from brokers.domain import SessionState
from webapp.accounts import tokens
from webapp.accounts.models import BrokerAccount, User
from webapp.accounts.selectors import accounts_of, owned_account
from webapp.api import shapes
from webapp.api.cursors import Cursor, page_of
from webapp.api.problems import ProblemAPI
from webapp.trading import exports, fills, orders
from webapp.trading.models import Execution, Order


class BearerToken(AuthBase):
    """Ninja's own HttpBearer writes the header it didn't like to the log."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __call__(self, request: HttpRequest) -> User | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return tokens.authenticate(token.strip()) if scheme.lower() == "bearer" and token else None


api = ProblemAPI(
    title="Gatehouse",
    version="1",
    description="Accounts, orders and fills of the token's user. Amounts are decimal strings; null is unknown.",
    docs_url=None,
    auth=BearerToken(),
)
PROBLEMS = {frozenset({401, 404, 422}): shapes.Problem}


@api.get("/accounts", response={200: shapes.AccountsOut, **PROBLEMS}, summary="Your broker accounts")
def list_accounts(request: HttpRequest) -> dict[str, Any]:
    return {"items": [account_body(account) for account in accounts_of(user_of(request))]}


@api.get("/fills", response={200: shapes.FillsOut, **PROBLEMS}, summary="Your fills, newest first")
def list_fills(request: HttpRequest, wanted: Query[shapes.FillPage]) -> dict[str, Any]:
    page = page_of(selected_fills(request, wanted), moment="executed_at", cursor=cursor_of(wanted), limit=wanted.limit)
    items = [{"account": fill.account_id, **fills.as_body(fill)} for fill in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


@api.get("/fills/export", summary="Your fills as CSV, with the columns and signs of IB's Flex trade report")
def export_fills(request: HttpRequest, wanted: Query[shapes.FillSelection]) -> StreamingHttpResponse:
    return exports.fills_response(request, selected_fills(request, wanted), filename="gatehouse-fills.csv")


@api.get("/orders", response={200: shapes.OrdersOut, **PROBLEMS}, summary="Your orders, newest first")
def list_orders(request: HttpRequest, wanted: Query[shapes.OrderPage]) -> dict[str, Any]:
    page = page_of(selected_orders(request, wanted), moment="created_at", cursor=cursor_of(wanted), limit=wanted.limit)
    items = [{"account": order.account_id, **orders.as_body(order)} for order in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def user_of(request: HttpRequest) -> User:
    return request.auth  # type: ignore[attr-defined, no-any-return]  # set by ninja from BearerToken


def account_body(account: BrokerAccount) -> dict[str, Any]:
    return {
        "id": account.pk,
        "name": account.name,
        "trading_mode": account.trading_mode,
        "state": account.session.state if hasattr(account, "session") else SessionState.STOPPED.value,
        "account_codes": account.account_codes,
        "may_trade": account.may_trade,
    }


def selected_fills(request: HttpRequest, selection: shapes.FillSelection) -> QuerySet[Execution]:
    refuse_unknown(request, selection)
    found = fills.of(user_of(request), chosen_account(request, selection.account))
    wanted = {
        "executed_at__gte": selection.since,
        "executed_at__lt": selection.until,
        "instrument_id": selection.con_id,
        "side": selection.side,
    }
    return found.filter(**{name: value for name, value in wanted.items() if value is not None})


def selected_orders(request: HttpRequest, selection: shapes.OrderSelection) -> QuerySet[Order]:
    refuse_unknown(request, selection)
    found = orders.of(user_of(request), chosen_account(request, selection.account))
    wanted = {"instrument_id": selection.con_id, "side": selection.side, "status": selection.status}
    return found.filter(**{name: value for name, value in wanted.items() if value is not None})


def refuse_unknown(request: HttpRequest, selection: Schema) -> None:
    """A filter that was mistyped and ignored would answer another question than was asked."""
    known = type(selection).model_fields
    message = f"This is not a parameter here; there are {', '.join(known)}"
    errors = [{"loc": ("query", name), "msg": message} for name in request.GET if name not in known]
    if errors:
        raise ValidationError(errors)


def chosen_account(request: HttpRequest, account_id: UUID | None) -> BrokerAccount | None:
    """The account that was asked for, or None for all of the user's. Raises Http404 for another's."""
    return owned_account(user_of(request), account_id) if account_id is not None else None


def cursor_of(paging: shapes.Paging) -> Cursor | None:
    return Cursor.read(paging.cursor) if paging.cursor is not None else None
