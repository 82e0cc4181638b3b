from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router
from ninja.errors import ValidationError

from webapp.accounts.models import BrokerAccount
from webapp.api.naming import account_of
from webapp.api.schema import refusals
from webapp.api.selecting import refuse_unknown
from webapp.api.shapes.quotes import QuotesOut, QuotesWanted
from webapp.trading import quotes
from webapp.trading.refusals import InstrumentUnknown

router = Router(tags=["quotes"])


@router.get(
    "/accounts/{uuid:account_id}/quotes",
    response=QuotesOut,
    summary="The newest quotes, as the account's login gets them",
    openapi_extra=refusals(_409="The session isn't ready.", _503="The session didn't answer in time."),
)
def list_quotes(request: HttpRequest, account_id: UUID, wanted: Query[QuotesWanted]) -> dict[str, Any]:
    """Market data is licensed for each login. What isn't streamed yet is from now on, for half a minute; the answer
    waits up to some seconds for its first price. For a stream of quotes use the feed.
    """
    refuse_unknown(request, wanted)
    account = account_of(request)
    found = newest_quotes(account, wanted.con_id)
    return {
        "items": [quote_body(quote) for quote in found.values() if quote is not None],
        "without_quote": [con_id for con_id, quote in found.items() if quote is None],
    }


def newest_quotes(account: BrokerAccount, con_ids: list[int]) -> dict[int, dict[str, Any] | None]:
    try:
        return quotes.newest(account, list(dict.fromkeys(con_ids)))
    except InstrumentUnknown as unknown:
        wrong = f"No session has met the instrument {unknown.con_id} yet. Search for it first"
        raise ValidationError([{"loc": ("query", "con_id"), "msg": wrong}]) from unknown


def quote_body(quote: dict[str, Any]) -> dict[str, Any]:
    age = (timezone.now() - datetime.fromisoformat(quote["at"])).total_seconds()
    return {**quote, "age_seconds": round(max(0.0, age), 3)}
