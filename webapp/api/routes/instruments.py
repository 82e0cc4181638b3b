from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router
from ninja.errors import ValidationError

from webapp.api.naming import account_of, instrument_named
from webapp.api.selecting import refuse_unknown
from webapp.api.shapes.instruments import FoundOut, InstrumentOut, Search
from webapp.trading import instruments, searching

router = Router(tags=["instruments"])


@router.get("/instruments/{int:con_id}", response=InstrumentOut, summary="One instrument by IB's contract id")
def get_instrument(request: HttpRequest, con_id: int) -> dict[str, Any]:
    """One that some session here has met before; search for it first otherwise."""
    return dict(instruments.as_body(instrument_named(con_id)))


@router.get(
    "/accounts/{uuid:account_id}/instruments", response=FoundOut, summary="Search for instruments through the account"
)
def search_instruments(request: HttpRequest, account_id: UUID, wanted: Query[Search]) -> dict[str, Any]:
    """The broker is asked while the session is READY. What a login may see differs, so it goes through an account."""
    refuse_unknown(request, wanted)
    account, text = account_of(request), wanted.text.strip()
    if wrong := searching.problem(text):
        raise ValidationError([{"loc": ("query", "text"), "msg": wrong}])
    terms = narrowing(wanted)
    found = searching.find_fitting(account, text, terms) if terms else searching.find(account, text)
    return {
        "items": [instruments.as_body(one) for one in found.instruments],
        "message": found.message,
        "known_earlier": sorted(found.known_earlier),
    }


def narrowing(wanted: Search) -> dict[str, str]:
    """In IB's spelling: sec_type is its secType."""
    asked = wanted.model_dump(exclude={"text"}, exclude_none=True)
    return {re.sub("_([a-z])", lambda found: found[1].upper(), name): value for name, value in asked.items() if value}
