"""Whose act it is: taken from the request, in a thread as in a task, and from no header that anybody can send."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.test import AsyncRequestFactory, Client, RequestFactory

from webapp.accounts import tokens
from webapp.accounts.models import BrokerAccount, User
from webapp.audit.acting import acting_middleware, client_ip, from_request, origin
from webapp.audit.models import AuditEntry, Via


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "", "10.0.0.9"),
        (0, "203.0.113.5", "10.0.0.9"),
        (1, "203.0.113.5", "203.0.113.5"),
        (1, "1.2.3.4, 203.0.113.5", "203.0.113.5"),
        (2, "1.2.3.4, 203.0.113.5, 10.0.0.1", "203.0.113.5"),
        (2, "203.0.113.5", "10.0.0.9"),
        (1, "2001:db8::7", "2001:db8::7"),
        (1, "rubbish", None),
    ],
)
def test_only_our_own_proxies_are_believed(settings: Any, proxies: int, forwarded: str, expected: str | None) -> None:
    settings.PROXIES = proxies
    assert client_ip("10.0.0.9", forwarded) == expected


def test_a_peer_without_an_address_is_nobody(settings: Any) -> None:
    assert client_ip("", "") is None


@pytest.mark.parametrize(
    ("path", "via"),
    [("/accounts/", Via.PAGE), ("/api/v1/fills", Via.API), ("/desk/", Via.DESK), ("/admin/", Via.ADMIN)],
)
def test_the_door_is_told_by_the_path(path: str, via: Via) -> None:
    assert from_request(RequestFactory().get(path)).via is via


def test_one_request_leaves_nothing_to_the_next_in_its_thread() -> None:
    seen: list[str] = []

    def answer(_request: HttpRequest) -> HttpResponse:
        seen.append(origin().user_agent)
        return HttpResponse()

    acting_middleware(answer)(RequestFactory().get("/", headers={"User-Agent": "first"}))
    assert (seen, origin().user_agent) == (["first"], "")


async def test_requests_side_by_side_are_not_taken_for_each_other() -> None:
    both_are_in = asyncio.Barrier(2)
    seen: dict[str, str] = {}

    async def answer(request: HttpRequest) -> HttpResponse:
        await both_are_in.wait()
        seen[request.path] = await sync_to_async(lambda: origin().user_agent)()
        return HttpResponse()

    served: Any = acting_middleware(answer)
    factory = AsyncRequestFactory()
    await asyncio.gather(*(served(factory.get(f"/{name}", headers={"User-Agent": name})) for name in ("a", "b")))
    assert seen == {"/a": "a", "/b": "b"}


@pytest.mark.django_db
def test_a_page_acts_as_its_signed_in_user(account: BrokerAccount, alice: User) -> None:
    client = Client(headers={"User-Agent": "Firefox"})
    client.force_login(alice)
    client.post(f"/accounts/{account.id}/stop/")
    entry = AuditEntry.objects.get(action="session_stop")
    assert (entry.actor, entry.via, entry.ip, entry.user_agent) == ("alice", "page", "127.0.0.1", "Firefox")
    assert (entry.account_id, entry.owner) == (account.id, "alice")


@pytest.mark.django_db
def test_a_token_names_its_user_and_itself(alice: User) -> None:
    seen = []

    def answer(request: HttpRequest) -> HttpResponse:
        from webapp.api.authentication import BearerToken

        BearerToken()(request)
        here = origin()
        seen.append((here.via, here.token, here.person()))
        return HttpResponse()

    token = tokens.create(alice, "robot")
    acting_middleware(answer)(RequestFactory().get("/api/v1/fills", headers={"Authorization": f"Bearer {token}"}))
    assert seen == [(Via.API, "robot", alice)]
