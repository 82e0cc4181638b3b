"""Errors in one shape: RFC 9457's `application/problem+json`, with type, title, status and detail."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from webapp.accounts.allowances import AllowanceSpent
from webapp.api.authentication import ScopeMissing
from webapp.api.cursors import CursorInvalid
from webapp.trading.amounts import shown

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
# What a status alone doesn't tell has a type of its own, for programs to decide by. They are names, not addresses.
TYPE = "urn:gatehouse:problem:"
NO_TOKEN = (
    "This needs a token: send the header “Authorization: Bearer TOKEN”. "  # noqa: S105 - the word, not a token
    "A token is unknown when it was mistyped, was revoked or has expired; the page “API tokens” makes a new one."
)
OUR_FAULT = "Something went wrong on our side. It has been written down; please try again later."


def problem(
    status: int, detail: str, *, kind: str = "", errors: list[dict[str, str]] | None = None, **more: str
) -> HttpResponse:
    """`kind` is the last word of the problem's type; without one the status says all.

    `errors` lists the fields that were wrong, each with its message; left out when no field is to blame.
    """
    body: dict[str, Any] = {
        "type": f"{TYPE}{kind}" if kind else "about:blank",
        "title": kind.replace("_", " ").capitalize() if kind else HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **more,
    }
    if errors:
        body["errors"] = errors
    response = HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type=CONTENT_TYPE)
    response["Cache-Control"] = "no-store"
    return response


def of_fields(errors: dict[str, str]) -> HttpResponse:
    """What a service found wrong with what was sent, by field."""
    return _of_errors([{"field": field, "message": message} for field, message in errors.items()])


def add_handlers(api: NinjaAPI) -> None:
    api.add_exception_handler(Exception, _unexpected)
    api.add_exception_handler(Http404, _not_found)
    api.add_exception_handler(HttpError, _http_error)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(CursorInvalid, _cursor_invalid)
    api.add_exception_handler(ScopeMissing, _scope_missing)
    api.add_exception_handler(AllowanceSpent, lambda _request, error: problem(429, str(error)))


@csrf_exempt
def nothing_here(request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    return problem(404, f"There is nothing at {shown(request.path)}.")


def not_allowed(request: HttpRequest, methods: str) -> HttpResponse:
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


def _scope_missing(_request: HttpRequest, error: Any) -> HttpResponse:
    response = problem(403, str(error), kind="scope_missing", scope=error.scope)
    # RFC 6750, 3.1.
    response["WWW-Authenticate"] = f'Bearer realm="Gatehouse", error="insufficient_scope", scope="{error.scope}"'
    return response


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    return _of_errors([_field_error(request, found) for found in error.errors])


def _cursor_invalid(request: HttpRequest, error: Any) -> HttpResponse:
    return _of_errors([_field_error(request, {"loc": ("query", "cursor"), "msg": str(error)})])


def _of_errors(errors: list[dict[str, str]]) -> HttpResponse:
    return problem(422, " ".join(f"{found['field']}: {found['message']}" for found in errors), errors=errors)


def _field_error(request: HttpRequest, found: dict[str, Any]) -> dict[str, str]:
    """Pydantic's words with the field and what it held in the query. No secret is asked for anywhere here."""
    field = str(found["loc"][-1])[:40]
    message = str(found["msg"]).removeprefix("Value error, ").rstrip(".")
    given = request.GET.get(field)
    value = f" It was {shown(given)}." if given is not None and shown(given) not in message else ""
    return {"field": field, "message": f"{message}.{value}"}


def _unexpected(request: HttpRequest, error: Any) -> HttpResponse:
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem(500, OUR_FAULT)


def _sentence(error: Any) -> str:
    """The message of a 404 of ours; Django's own carries a dictionary or nothing."""
    return error.args[0] if error.args and isinstance(error.args[0], str) else ""
