from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router

from webapp.api.authentication import user_of
from webapp.api.cursors import page_of
from webapp.api.selecting import chosen_account, given, refuse_unknown
from webapp.api.shapes.holdings import ValuePage, ValuesOut
from webapp.trading import account_values
from webapp.trading.amounts import plain
from webapp.trading.models import AccountValue

router = Router(tags=["account values"])


@router.get("/account-values", response=ValuesOut, summary="Your accounts' figures, as the broker last said them")
def list_account_values(request: HttpRequest, wanted: Query[ValuePage]) -> dict[str, Any]:
    """NetLiquidation, TotalCashValue, BuyingPower and more, by account code and currency."""
    refuse_unknown(request, wanted)
    found = account_values.of(user_of(request), chosen_account(request, wanted.account))
    found = found.filter(**given({"tag": wanted.tag}))
    page = page_of(found, cursor=wanted.cursor, limit=wanted.limit, newest_first=False)
    return {"items": [value_body(value) for value in page.rows], "next_cursor": page.next_cursor}


def value_body(value: AccountValue) -> dict[str, Any]:
    return {
        "account": value.account_id,
        "account_code": value.account_code,
        "tag": value.tag,
        "currency": value.currency,
        "value": plain(value.value),
        "updated_at": value.updated_at.isoformat(),
    }
