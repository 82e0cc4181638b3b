from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router

from brokers.domain import SessionState
from webapp.accounts import sessions
from webapp.accounts.models import BrokerAccount
from webapp.accounts.selectors import accounts_of
from webapp.api.authentication import user_of
from webapp.api.cursors import page_of
from webapp.api.naming import account_of
from webapp.api.selecting import refuse_unknown
from webapp.api.shapes.accounts import AccountOut, AccountsOut, SessionOut
from webapp.api.shapes.fields import Paging

router = Router(tags=["accounts"])


@router.get("/accounts", response=AccountsOut, summary="Your broker accounts, oldest first")
def list_accounts(request: HttpRequest, wanted: Query[Paging]) -> dict[str, Any]:
    refuse_unknown(request, wanted)
    found = accounts_of(user_of(request))
    page = page_of(found, moment="created_at", cursor=wanted.cursor, limit=wanted.limit, newest_first=False)
    return {"items": [account_body(account) for account in page.rows], "next_cursor": page.next_cursor}


@router.get("/accounts/{uuid:account_id}", response=AccountOut, summary="One of your broker accounts")
def get_account(request: HttpRequest, account_id: UUID) -> dict[str, Any]:
    return account_body(account_of(request))


@router.get("/accounts/{uuid:account_id}/session", response=SessionOut, summary="Where its session stands, and why")
def get_session(request: HttpRequest, account_id: UUID) -> dict[str, Any]:
    return sessions.as_body(account_of(request).session)


def account_body(account: BrokerAccount) -> dict[str, Any]:
    return {
        "id": account.pk,
        "name": account.name,
        "trading_mode": account.trading_mode,
        "state": account.session.state if hasattr(account, "session") else SessionState.STOPPED.value,
        "account_codes": account.account_codes,
        "may_trade": account.may_trade,
        "last_event_number": account.last_event_number,
    }
