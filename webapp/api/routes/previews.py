from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from webapp.api.authentication import TRADES
from webapp.api.naming import account_of
from webapp.api.schema import refusals
from webapp.api.shapes.previews import PreviewIn, PreviewOut
from webapp.trading import previews

router = Router(tags=["orders"])


@router.post(
    "/accounts/{uuid:account_id}/previews",
    auth=TRADES,
    response=PreviewOut,
    summary="What an order would bind and cost",
    openapi_extra=refusals(_409="The session isn't ready.", _503="The session didn't answer in time."),
)
def preview_order(request: HttpRequest, account_id: UUID, wanted: PreviewIn) -> dict[str, Any]:
    """The broker's what-if: nothing is transmitted, and nothing is written down. Attached exits aren't part of it."""
    return dict(previews.as_body(previews.preview(account=account_of(request), **wanted.model_dump())))
