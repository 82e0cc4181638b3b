"""The audit log searched and exported at the desk."""

from __future__ import annotations

import asyncio
import csv
import io
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import AsyncClient, Client, RequestFactory

from webapp.accounts.models import BrokerAccount, User
from webapp.audit import recording as audit
from webapp.audit.acting import Origin, acting
from webapp.audit.models import Action, AuditEntry, Via
from webapp.desk import audit_csv

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(account: BrokerAccount, bob: User) -> BrokerAccount:
    """An order of alice's by a token, a refused sign-in of bob's, and something of the server's own."""
    here = Origin(via=Via.API, person=lambda: account.user, token="robot", ip="192.0.2.7", user_agent="=cmd|calc")
    with acting(here):
        audit.record(Action.ORDER_PLACED, account=account, subject="4711", text="BUY 10 AAPL MKT DAY")
    with acting(Origin(via=Via.PAGE, ip="198.51.100.9")):
        audit.record(Action.LOGIN_FAILED, subject="bob", text="The password was wrong.")
    audit.record(Action.KILL_SWITCH_RELEASED, subject="all accounts", before={"a": 1})
    return account


def actions(desk: Client, **query: str) -> list[str]:
    """But for the administrator's own sign-in, which came first."""
    entries = desk.get("/desk/audit/", query).context["entries"]
    return [entry.action for entry in entries if entry.actor != "charlie"]


def test_the_newest_comes_first_with_who_what_and_from_where(desk: Client, log: BrokerAccount) -> None:
    assert actions(desk) == ["kill_switch_released", "login_failed", "order_placed"]
    page = desk.get("/desk/audit/").content.decode()
    for shown in ("alice", "robot", "Order placed", "BUY 10 AAPL MKT DAY", "192.0.2.7", "nobody known", "API"):
        assert shown in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"user": "alice"}, ["order_placed"]),
        ({"user": "bob"}, ["login_failed"]),
        ({"action": "order_placed"}, ["order_placed"]),
        ({"q": "aapl"}, ["order_placed"]),
        ({"q": "robot"}, ["order_placed"]),
        ({"q": "198.51."}, ["login_failed"]),
        ({"since": "2026-01-01"}, ["kill_switch_released", "login_failed", "order_placed"]),
        ({"until": "2020-01-01"}, []),
        ({"since": "2999-01-01"}, []),
    ],
    ids=str,
)
def test_it_is_searched(desk: Client, log: BrokerAccount, query: dict[str, str], found: list[str]) -> None:
    assert actions(desk, **query) == found


def test_it_is_searched_by_account(desk: Client, log: BrokerAccount) -> None:
    assert actions(desk, account=str(log.id)) == ["order_placed"]
    assert actions(desk, account=str(uuid.uuid4())) == []


@pytest.mark.parametrize("query", [{"since": "yesterday"}, {"account": "x"}, {"action": "x"}, {"until": "2026-13-01"}])
def test_what_cant_be_meant_is_said(desk: Client, query: dict[str, str]) -> None:
    for address in ("/desk/audit/", "/desk/audit.csv"):
        response = desk.get(address, query)
        assert response.status_code == 422
        assert "“" in response.content.decode()


def test_older_entries_are_a_page_further(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.desk.views.audit.ROWS", 2)
    for number in range(5):
        audit.record(Action.LOGIN, text=f"n{number}", subject="counted")
    first = desk.get("/desk/audit/", {"user": "counted"})
    second = desk.get(f"/desk/audit/?{first.context['older']}")
    third = desk.get(f"/desk/audit/?{second.context['older']}")
    told = [[entry.text for entry in page.context["entries"]] for page in (first, second, third)]
    assert told == [["n4", "n3"], ["n2", "n1"], ["n0"]]
    assert third.context["older"] == ""


def rows(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


@pytest.mark.django_db(transaction=True)
def test_it_is_exported_as_it_was_searched_and_that_is_told(desk: Client, log: BrokerAccount) -> None:
    response = desk.get("/desk/audit.csv", {"user": "alice"})
    [row] = rows(b"".join(response.streaming_content))  # type: ignore[arg-type]
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    told = {name: row[name] for name in ("action", "actor", "token", "ip", "account_name", "text")}
    assert told == {
        "action": "order_placed",
        "actor": "alice",
        "token": "robot",
        "ip": "192.0.2.7",
        "account_name": "Paper",
        "text": "BUY 10 AAPL MKT DAY",
    }
    assert row["user_agent"] == "'=cmd|calc"
    assert AuditEntry.objects.filter(action="audit_exported", actor="charlie", text="user=alice").exists()


@pytest.mark.django_db(transaction=True)
def test_an_export_goes_on_over_many_rows(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.desk.audit_csv.ROWS_AT_ONCE", 2)
    for number in range(5):
        audit.record(Action.LOGIN, text=f"n{number}", subject="counted")
    response: Any = desk.get("/desk/audit.csv", {"user": "counted"})
    assert [row["text"] for row in rows(b"".join(response.streaming_content))] == ["n4", "n3", "n2", "n1", "n0"]


@pytest.mark.django_db(transaction=True)
def test_a_reader_who_takes_their_time_holds_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.desk.audit_csv.ROWS_AT_ONCE", 1)
    for _ in range(2):
        audit.record(Action.LOGIN, subject="counted")
    connection.close()
    # As with the web process's pool, to which a connection that is closed goes back.
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    request = RequestFactory().get("/desk/audit.csv")
    chunks: Any = iter(audit_csv.response(request, AuditEntry.objects.order_by("-id")).streaming_content)
    for chunk in chunks:
        assert b"counted" in chunk
        assert connection.connection is None


@pytest.mark.django_db(transaction=True)
def test_a_client_that_stops_reading_is_given_up(charlie: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.desk.audit_csv.CLIENT_DEADLINE", 0.01)

    async def stall() -> None:
        client = AsyncClient()
        await client.aforce_login(charlie)
        response: Any = await client.get("/desk/audit.csv")
        assert await anext(aiter(response.streaming_content))
        async with asyncio.timeout(20):
            await asyncio.Event().wait()

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(stall())


@pytest.mark.django_db(transaction=True)
def test_an_export_streams_from_the_asgi_server_too(charlie: User) -> None:
    audit.record(Action.LOGIN, subject="counted")

    async def download() -> bytes:
        client = AsyncClient()
        await client.aforce_login(charlie)
        response: Any = await client.get("/desk/audit.csv", {"user": "counted"})
        return b"".join([chunk async for chunk in response.streaming_content])

    assert [row["subject"] for row in rows(asyncio.run(download()))] == ["counted"]
