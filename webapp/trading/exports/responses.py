"""An export as an answer to a request."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial

from asgiref.sync import async_to_sync
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

from webapp.accounts.models import User
from webapp.trading.exports import flex, json_lines, parquet
from webapp.trading.exports.copying import Copying
from webapp.trading.exports.download import Download
from webapp.trading.exports.formats import Format
from webapp.trading.exports.places import places
from webapp.trading.exports.selection import Selection

_CHUNKS: dict[Format, Callable[[Copying, Selection], AsyncIterator[bytes]]] = {
    Format.CSV: flex.chunks,
    Format.JSON_LINES: json_lines.chunks,
    Format.PARQUET: parquet.chunks,
}


def fills_response(
    request: HttpRequest, selection: Selection, *, user: User, wanted: Format, filename: str
) -> StreamingHttpResponse:
    """The fills as a download named `filename` with the format's ending. Raises TooManyExports or ExportsBusy."""
    download = Download(partial(_chunks, wanted, selection), places)
    places.take(download, user=user.pk)
    content = download if isinstance(request, ASGIRequest) else [async_to_sync(_all_of)(download)]
    response = StreamingHttpResponse(content, content_type=wanted.content_type)
    response["Content-Disposition"] = f'attachment; filename="{filename}.{wanted}"'
    response["Cache-Control"] = "no-store"
    return response


def _chunks(wanted: Format, selection: Selection, copying: Copying) -> AsyncIterator[bytes]:
    return _CHUNKS[wanted](copying, selection)


async def _all_of(download: Download) -> bytes:
    """For a server without a loop, such as Django's own test client: there a request is one call."""
    return b"".join([chunk async for chunk in download])
