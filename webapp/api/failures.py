"""What fails before or behind the API's own views, as a problem too; for a page, as Django has it."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views import defaults

from webapp.api.problems import OUR_FAULT, problem


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """A Host header that isn't ours, say."""
    if _is_of_the_api(request):
        return problem(400, "The request can't be read: its headers or its address are not what a server accepts.")
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    return problem(500, OUR_FAULT) if _is_of_the_api(request) else defaults.server_error(request)


def _is_of_the_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
