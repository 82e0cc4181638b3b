"""Static files, from the web process itself."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]  # whitenoise has no types
    """WhiteNoise, but each file is sent whole.

    They are small, and a file that streams is read synchronously, of which Django warns under ASGI.
    """

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponse:
        found = static_file.get_response(request.method, request.META)
        with found.file or BytesIO() as file:
            response = HttpResponse(file.read(), status=int(found.status))
        # WhiteNoise's own headers alone: a 304 has no type.
        del response["Content-Type"]
        for name, value in found.headers:
            response[name] = value
        return response
