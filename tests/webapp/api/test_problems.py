"""Whatever goes wrong is said in one shape, with a status that fits, and tells nothing that is secret."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from webapp.accounts import tokens
from webapp.accounts.models import ApiToken, BrokerAccount, User
from webapp.trading import fills

pytestmark = pytest.mark.django_db

ADDRESSES = ["/api/v1/accounts", "/api/v1/fills", "/api/v1/fills/export", "/api/v1/orders"]


def problem_of(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = json.loads(response.content)
    assert set(body) - {"errors", "scope"} == {"type", "title", "status", "detail"}
    assert body["status"] == status
    assert body["detail"]
    return body


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong-token",
        "Bearer a b",
        "Bearer \u00fc",
        "Basic YWxpY2U6YWxpY2UtcGFzc3dvcmQ=",
        "gh_wrong-token",
    ],
)
def test_without_a_good_token_there_is_nothing(
    address: str, header: str | None, ready_account: BrokerAccount, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    settings.DEBUG = True  # where ninja's own bearer logs the header
    response = Client().get(address, headers={} if header is None else {"Authorization": header})
    problem = problem_of(response, 401)
    assert response["WWW-Authenticate"] == 'Bearer realm="Gatehouse"'
    assert "Authorization: Bearer TOKEN" in problem["detail"]
    assert "wrong-token" not in response.content.decode() + caplog.text
    assert "YWxpY2U" not in response.content.decode() + caplog.text


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_read_in_any_case(scheme: str, alice: User) -> None:
    token = tokens.create(alice, "test")
    assert Client().get("/api/v1/accounts", headers={"Authorization": f"{scheme} {token}"}).status_code == 200


def test_a_removed_token_opens_nothing(program: Client) -> None:
    assert program.get("/api/v1/accounts").status_code == 200
    ApiToken.objects.all().delete()
    problem_of(program.get("/api/v1/accounts"), 401)


def test_a_signed_in_browser_without_a_token_finds_nothing(client: Client, alice: User) -> None:
    client.force_login(alice)
    problem_of(client.get("/api/v1/accounts"), 401)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_what_can_only_be_read_says_so(program: Client, address: str, method: str) -> None:
    response = getattr(program, method)(address)
    problem = problem_of(response, 405)
    assert response["Allow"] == "GET"
    assert problem["detail"] == f"{method.upper()} is not possible here; GET is."


@pytest.mark.parametrize(
    "address", ["/api/v1/", "/api/v1/nothing", "/api/v1/fills/", "/api/v1/fills/1", "/api/", "/api/v2/fills"]
)
@pytest.mark.parametrize("method", ["get", "post", "head"])
def test_an_address_that_is_none_says_so(program: Client, address: str, method: str) -> None:
    response = getattr(program, method)(address)
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("address", ["/api/v1/fills", "/api/v1/fills/export", "/api/v1/orders"])
def test_another_users_account_does_not_exist(bobs_program: Client, ready_account: BrokerAccount, address: str) -> None:
    hers = problem_of(bobs_program.get(address, {"account": str(ready_account.pk)}), 404)
    nobodys = problem_of(bobs_program.get(address, {"account": str(uuid.uuid4())}), 404)
    assert hers == nobodys


BAD = [
    ("/api/v1/fills", "account", "not-an-id"),
    ("/api/v1/fills", "limit", "0"),
    ("/api/v1/fills", "limit", "501"),
    ("/api/v1/fills", "limit", "ten"),
    ("/api/v1/fills", "limit", "-1"),
    ("/api/v1/fills", "cursor", "not-a-cursor"),
    ("/api/v1/fills", "cursor", ""),
    ("/api/v1/fills", "cursor", "MjAyNi0wMS0wNVQxMjowMDowMHwx"),
    ("/api/v1/fills", "cursor", "MjAyNi0wMS0wNVQxMjowMDowMCswMDowMHw5OTk5OTk5OTk5OTk5OTk5OTk5OQ=="),
    ("/api/v1/fills", "since", "yesterday"),
    ("/api/v1/fills", "since", "2026-01-05"),
    ("/api/v1/fills", "since", "2026-01-05T12:00:00"),
    ("/api/v1/fills", "since", "2026-13-05T12:00:00Z"),
    ("/api/v1/fills", "until", "1767600000"),
    ("/api/v1/fills", "until", "2026-01-05T12:00:00 00:00"),
    ("/api/v1/fills", "con_id", "AAPL"),
    ("/api/v1/fills", "con_id", "99999999999999999999"),
    ("/api/v1/fills", "con_id", "0"),
    ("/api/v1/fills", "side", "HOLD"),
    ("/api/v1/fills", "side", "\x00"),
    ("/api/v1/fills", "acount", "mistyped"),
    ("/api/v1/fills/export", "since", "yesterday"),
    ("/api/v1/fills/export", "limit", "10"),
    ("/api/v1/orders", "status", "OPEN"),
    ("/api/v1/orders", "since", "2026-01-05T12:00:00Z"),
    ("/api/v1/orders", "limit", "0"),
    ("/api/v1/account-values", "tag", "\x00"),
    ("/api/v1/account-values", "tag", "Net\x00Liquidation"),
]


@pytest.mark.parametrize(("address", "field", "value"), BAD)
def test_a_bad_parameter_is_named_with_its_value(program: Client, address: str, field: str, value: str) -> None:
    problem = problem_of(program.get(address, {field: value}), 422)
    (error,) = problem["errors"]
    assert error["field"] == field
    assert problem["detail"] == f"{field}: {error['message']}"
    assert f"“{value[:40]}" in error["message"] or not value.isprintable()


SEARCHED_BY = ("text", "sec_type", "exchange", "currency", "last_trade_date_or_contract_month", "strike", "right")


@pytest.mark.parametrize("field", SEARCHED_BY)
def test_a_search_for_what_nobody_can_type_is_refused(
    program: Client, ready_account: BrokerAccount, field: str
) -> None:
    response = program.get(f"/api/v1/accounts/{ready_account.pk}/instruments", {"text": "AAPL", field: "A\x00B"})
    (error,) = problem_of(response, 422)["errors"]
    assert error["message"]


def test_a_name_that_nobody_can_type_is_refused(alice: User) -> None:
    writer = Client(headers={"Authorization": f"Bearer {tokens.create(alice, 'writer', scopes=['trade'])}"})
    response = writer.post("/api/v1/watchlists", json.dumps({"name": "A\x00B"}), content_type="application/json")
    assert problem_of(response, 422)["errors"]


def test_every_bad_parameter_is_named(program: Client) -> None:
    problem = problem_of(program.get("/api/v1/fills", {"limit": "x", "side": "y"}), 422)
    assert {error["field"] for error in problem["errors"]} == {"limit", "side"}


def test_a_long_value_is_shown_in_part(program: Client) -> None:
    response = program.get("/api/v1/fills", {"side": "<script>" + "x" * 5000})
    assert len(problem_of(response, 422)["detail"]) < 300


def test_a_fault_of_ours_tells_nothing_of_itself(
    program: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("host=/secret/socket")

    monkeypatch.setattr(fills, "of", broken)
    problem = problem_of(program.get("/api/v1/fills"), 500)
    assert "secret" not in json.dumps(problem)
    assert "host=/secret/socket" in caplog.text


def test_a_request_that_django_refuses_is_a_problem_too(client: Client) -> None:
    problem_of(client.get("/api/v1/fills", headers={"Host": "evil.example"}), 400)
    assert client.get("/", headers={"Host": "evil.example"})["Content-Type"].startswith("text/html")


def test_a_token_that_lacks_the_scope_is_told_which(alice: User) -> None:
    program = Client(headers={"Authorization": f"Bearer {tokens.create(alice, 'test', scopes=['trade'])}"})
    response = program.get("/api/v1/fills")
    problem = problem_of(response, 403)
    assert (problem["type"], problem["scope"]) == ("urn:gatehouse:problem:scope_missing", "read")
    assert "scope “read”; this one has “trade”" in problem["detail"]
    assert response["WWW-Authenticate"] == 'Bearer realm="Gatehouse", error="insufficient_scope", scope="read"'


def test_an_expired_token_opens_nothing(program: Client) -> None:
    ApiToken.objects.update(expires_at=timezone.now())
    problem_of(program.get("/api/v1/accounts"), 401)
