from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from brokers.domain import SessionState
from webapp.accounts.models import BrokerAccount
from webapp.accounts.selectors import accounts_of
from webapp.api.authentication import user_of
from webapp.api.shapes.accounts import AccountsOut

router = Router(tags=["accounts"])


@router.get("/accounts", response=AccountsOut, summary="Your broker accounts")
def list_accounts(request: HttpRequest) -> dict[str, Any]:
    return {"items": [account_body(account) for account in accounts_of(user_of(request))]}


def account_body(account: BrokerAccount) -> dict[str, Any]:
    return {
        "id": account.pk,
        "name": account.name,
        "trading_mode": account.trading_mode,
        "state": account.session.state if hasattr(account, "session") else SessionState.STOPPED.value,
        "account_codes": account.account_codes,
        "may_trade": account.may_trade,
    }
