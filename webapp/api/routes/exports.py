from __future__ import annotations

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router

from webapp.api.routes.fills import selected_fills
from webapp.api.shapes.fills import FillSelection
from webapp.trading import exports

router = Router(tags=["fills"])


@router.get("/fills/export", summary="Your fills as CSV, with the columns and signs of IB's Flex trade report")
def export_fills(request: HttpRequest, wanted: Query[FillSelection]) -> StreamingHttpResponse:
    return exports.fills_response(request, selected_fills(request, wanted), filename="gatehouse-fills.csv")
