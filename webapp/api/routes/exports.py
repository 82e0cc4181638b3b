from __future__ import annotations

from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from ninja import Query, Router

from webapp.api.authentication import user_of
from webapp.api.problems import problem
from webapp.api.schema import refusals
from webapp.api.selecting import chosen_account, refuse_unknown
from webapp.api.shapes.exports import ExportSelection
from webapp.trading import exports
from webapp.trading.exports import Format

router = Router(tags=["fills"])

DESCRIPTION = """
One row per execution, of a corrected one its last correction alone; by account, newest first. CSV has the names and
signs of IB's Flex trade report, JSON lines and Parquet those of `GET /fills`. The file streams, however many rows it
has; one that is cut short ends without the last chunk of HTTP, and is to be thrown away.
"""
BODIES: dict[Format, dict[str, Any]] = {
    Format.CSV: {"schema": {"type": "string"}},
    Format.JSON_LINES: {"schema": {"type": "string"}},
    Format.PARQUET: {"schema": {"type": "string", "format": "binary"}},
}
FILE = {
    "description": "The file.",
    "content": {format_.media_type: body for format_, body in BODIES.items()},
    "headers": {"Content-Disposition": {"description": "The file's name.", "schema": {"type": "string"}}},
}
RESPONSES = refusals(
    _406="No kind of file that `Accept` takes is there.",
    _429="Two exports of yours are going on, or the token has used its allowance up.",
    _503="As many exports as there may be are going on.",
)["responses"]


@router.get(
    "/fills/export",
    summary="Your fills as a file: CSV as IB's Flex has it, JSON lines or Parquet",
    description=DESCRIPTION,
    openapi_extra={"responses": {200: FILE, **RESPONSES}},
)
def export_fills(request: HttpRequest, wanted: Query[ExportSelection]) -> HttpResponseBase:
    refuse_unknown(request, wanted)
    selection = exports.selected(
        user=user_of(request),
        account=chosen_account(request, wanted.account),
        **wanted.dict(exclude={"account", "format"}),
    )
    chosen = wanted.format or accepted(request)
    return answer(request, selection, chosen) if chosen else not_acceptable(request)


def accepted(request: HttpRequest) -> Format | None:
    """What the header `Accept` likes best, or None when it takes no kind of file that there is."""
    liked = request.get_preferred_type([one.media_type for one in Format])
    return next((one for one in Format if one.media_type == liked), None)


def answer(request: HttpRequest, selection: exports.Selection, chosen: Format) -> HttpResponseBase:
    try:
        response: StreamingHttpResponse = exports.fills_response(
            request, selection, user=user_of(request), wanted=chosen, filename="gatehouse-fills"
        )
    except exports.TooManyExports as refusal:
        return later(429, refusal, kind="too_many_exports")
    except exports.ExportsBusy as refusal:
        return later(503, refusal, kind="exports_busy")
    patch_vary_headers(response, ["Accept"])
    return response


def later(status: int, refusal: Exception, *, kind: str) -> HttpResponseBase:
    response = problem(status, str(refusal), kind=kind)
    response["Retry-After"] = str(exports.RETRY_AFTER)
    return response


def not_acceptable(request: HttpRequest) -> HttpResponseBase:
    offered = ", ".join(one.media_type for one in Format)
    return problem(406, f"Accept was “{request.headers.get('Accept', '')[:80]}”, and the file can be {offered}.")
