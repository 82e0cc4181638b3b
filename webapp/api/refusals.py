"""What a service refuses, as the problem that says so.

No refusal of an order is a 5xx: what stands between a program and the broker repeats those by itself, and an order that
was refused is nobody's to repeat but its sender's.
"""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI

from webapp.accounts.refusals import LiveTradingOff, NotAllowed
from webapp.api.problems import of_fields, problem
from webapp.bus import questions
from webapp.trading.models import Order
from webapp.trading.refusals import (
    KillSwitchEngaged,
    LimitExceeded,
    OrderConflict,
    OrderInvalid,
    OrderNotOpen,
    PreviewRefused,
    SearchInvalid,
    SessionNotReady,
    WatchlistInvalid,
)

KINDS: dict[type[Exception], tuple[int, str]] = {
    OrderConflict: (409, "order_conflict"),
    OrderNotOpen: (409, "order_not_open"),
    SessionNotReady: (409, "session_not_ready"),
    KillSwitchEngaged: (409, "kill_switch_engaged"),
    LiveTradingOff: (403, "live_trading_off"),
    NotAllowed: (403, "not_allowed"),
    LimitExceeded: (422, "limit_exceeded"),
    PreviewRefused: (422, "preview_refused"),
}
RETRY_AFTER = 5


def add_handlers(api: NinjaAPI) -> None:
    for refusal in KINDS:
        api.add_exception_handler(refusal, _refused)
    api.add_exception_handler(OrderInvalid, _wrong_fields)
    api.add_exception_handler(WatchlistInvalid, _wrong_fields)
    api.add_exception_handler(SearchInvalid, _wrong_search)
    api.add_exception_handler(Order.DoesNotExist, lambda *_: problem(404, "There is no such order."))
    api.add_exception_handler(questions.NoAnswer, _no_answer)
    api.add_exception_handler(questions.Refused, _no_answer)


def _refused(_request: HttpRequest, error: Any) -> HttpResponse:
    status, kind = KINDS[type(error)]
    return problem(status, str(error), kind=kind)


def _wrong_fields(_request: HttpRequest, error: Any) -> HttpResponse:
    return of_fields(error.errors)


def _wrong_search(_request: HttpRequest, error: Any) -> HttpResponse:
    """The field in the API's spelling of IB's word."""
    field = re.sub(r"(?<=[a-z])([A-Z])", r"_\1", error.field).lower() or "text"
    return of_fields({field: str(error)})


def _no_answer(_request: HttpRequest, error: Any) -> HttpResponse:
    """Of a question alone, which changes nothing and may be asked again."""
    response = problem(503, str(error), kind="no_answer")
    response["Retry-After"] = str(RETRY_AFTER)
    return response
