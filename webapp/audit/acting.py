"""Who acts now, and from where, for whatever records it further down.

Kept in a context variable: each request has its own, in a thread as in a task, and asgiref carries it from the one into
the other and back. So services record without being handed requests.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from webapp.audit.models import ADMINISTRATORS, Via

DOORS = {"/desk/": Via.DESK, "/admin/": Via.ADMIN, "/api/": Via.API}


class Person(Protocol):
    """A user, of whom this room knows no more than this."""

    pk: Any

    def get_username(self) -> str: ...


def _nobody() -> Person | None:
    return None


@dataclass(frozen=True, slots=True)
class Origin:
    """`person` is asked for when an entry is written: a request's user may change while it is served, at a sign-in."""

    via: Via = Via.SYSTEM
    person: Callable[[], Person | None] = _nobody
    token: str = ""
    ip: str | None = None
    user_agent: str = ""


_origin: ContextVar[Origin] = ContextVar("gatehouse_origin")


def origin() -> Origin:
    return _origin.get(Origin())


def acting_id() -> Any:
    """The id of whoever acts now, for a row that names its author; None for the server itself."""
    person = origin().person()
    return person.pk if person else None


def is_administrators() -> bool:
    """Whether what happens now comes through one of the administrators' doors."""
    return origin().via in ADMINISTRATORS


@contextmanager
def acting(here: Origin) -> Iterator[None]:
    """For the length of a `with` block. For what is no request: a command, a socket's message, a test."""
    before = _origin.set(here)
    try:
        yield
    finally:
        _origin.reset(before)


def by_token(person: Person, name: str) -> None:
    """From here on in this request it is this token's user who acts. Called by whoever has just read the token."""
    _origin.set(replace(origin(), via=Via.API, person=lambda: person, token=name))


def from_request(request: HttpRequest) -> Origin:
    return Origin(
        via=next((via for prefix, via in DOORS.items() if request.path.startswith(prefix)), Via.PAGE),
        person=lambda: _signed_in(request),
        ip=client_ip(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", "")),
        user_agent=request.headers.get("User-Agent", ""),
    )


def client_ip(peer: str, forwarded_for: str) -> str | None:
    """The client's address, or None when nobody trustworthy said it.

    Each proxy appends who spoke to it, and what stands further left is the client's own word. With GATEHOUSE_PROXIES of
    our own in front, the entry that the outermost of them wrote counts; with none, the header is ignored. A request
    that came around the proxies has too few entries, and its peer's address counts.
    """
    entries = [entry.strip() for entry in forwarded_for.split(",") if entry.strip()]
    trusted = settings.PROXIES
    return _address(entries[-trusted] if 0 < trusted <= len(entries) else peer)


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        return None


def _signed_in(request: HttpRequest) -> Person | None:
    user = getattr(request, "user", None)
    return cast("Person", user) if user is not None and user.is_authenticated else None


@sync_and_async_middleware
def acting_middleware(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Every request acts as its own user; none leaves its name to the next one in the same thread."""
    if iscoroutinefunction(get_response):
        answer = cast("Callable[[HttpRequest], Awaitable[HttpResponseBase]]", get_response)

        async def in_task(request: HttpRequest) -> HttpResponseBase:
            with acting(from_request(request)):
                return await answer(request)

        return in_task

    def in_thread(request: HttpRequest) -> HttpResponseBase:
        with acting(from_request(request)):
            return cast("HttpResponseBase", get_response(request))

    return in_thread
