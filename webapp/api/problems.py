"""Errors in one shape: RFC 9457's `application/problem+json`, with type, title, status and detail."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from webapp.api.shapes.problems import Problem
from webapp.trading.amounts import shown

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
PROBLEMS = {frozenset({401, 404, 422}): Problem}
NO_TOKEN = (
    "This needs a token: send the header “Authorization: Bearer TOKEN”. "  # noqa: S105 - the word, not a token
    "A token is unknown when it was mistyped or removed; `create_token` makes a new one."
)


def problem(status: int, detail: str, *, errors: list[dict[str, str]] | None = None) -> HttpResponse:
    """`errors` lists the fields that were wrong, each with its message; left out when no field is to blame."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    return HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type=CONTENT_TYPE)


class ProblemAPI(NinjaAPI):
    """A NinjaAPI whose every error is a problem, also the two that ninja answers past its exception handlers."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.add_exception_handler(Exception, _unexpected)
        self.add_exception_handler(Http404, _not_found)
        self.add_exception_handler(HttpError, _http_error)
        self.add_exception_handler(ValidationError, _invalid)

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        """Ninja's own, with their 405s rewritten, and a last one for every address that isn't there."""
        patterns = [pattern for pattern in super()._get_urls() if isinstance(pattern, URLPattern)]
        for pattern in patterns:
            # The root is there to be reversed; its own answer names the page of the docs, which is off.
            is_root = pattern.name == "api-root"
            pattern.callback = nothing_here if is_root else _with_method_problems(pattern.callback)
        return [*patterns, path("<path:rest>", nothing_here)]


@csrf_exempt
def nothing_here(request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    return problem(404, f"There is nothing at {shown(request.path)}.")


def _with_method_problems(view: Callable[..., Any]) -> Callable[..., Any]:
    @csrf_exempt
    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = view(request, *args, **kwargs)
        return _not_allowed(request, response["Allow"]) if response.status_code == 405 else response

    return answer


def _not_allowed(request: HttpRequest, methods: str) -> HttpResponse:
    response = problem(405, f"{request.method} is not possible here; {methods} is.")
    response["Allow"] = methods
    return response


def _not_found(request: HttpRequest, error: Any) -> HttpResponse:
    return problem(404, _sentence(error) or f"There is nothing at {shown(request.path)}.")


def _http_error(_request: HttpRequest, error: Any) -> HttpResponse:
    response = problem(error.status_code, NO_TOKEN if error.status_code == HTTPStatus.UNAUTHORIZED else str(error))
    if error.status_code == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="Gatehouse"'
    return response


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    errors = [_field_error(request, found) for found in error.errors]
    detail = " ".join(f"{found['field']}: {found['message']}" for found in errors)
    return problem(422, detail, errors=errors)


def _field_error(request: HttpRequest, found: dict[str, Any]) -> dict[str, str]:
    """Pydantic's words with the field and what it held. Only query and path are read here, so no secret can show."""
    field = str(found["loc"][-1])[:40]
    message = str(found["msg"]).removeprefix("Value error, ").rstrip(".")
    given = request.GET.get(field)
    value = f" It was {shown(given)}." if given is not None and shown(given) not in message else ""
    return {"field": field, "message": f"{message}.{value}"}


def _unexpected(request: HttpRequest, error: Any) -> HttpResponse:
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem(500, "Something went wrong on our side. It has been written down; please try again later.")


def _sentence(error: Any) -> str:
    """The message of a 404 of ours; Django's own carries a dictionary or nothing."""
    return error.args[0] if error.args and isinstance(error.args[0], str) else ""
