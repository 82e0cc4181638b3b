"""How many requests a token may make, and that a cancel is never kept waiting by the other ones."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from tests.webapp.api.test_problems import problem_of
from tests.webapp.bus.redis_server import RedisServer
from tests.webapp.bus.redis_server import own_redis as own_redis
from webapp.accounts import allowances, tokens
from webapp.accounts.models import BrokerAccount, User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def three_a_minute(settings: Any) -> Iterator[None]:
    settings.API_REQUESTS_PER_MINUTE = 3
    allowances._counter.cache_clear()
    yield
    allowances._counter.cache_clear()


def test_every_answer_tells_what_is_left(program: Client) -> None:
    left = []
    for address in ("/api/v1/accounts", "/api/v1/fills?limit=x", "/api/v1/orders"):
        response = program.get(address)
        assert response["RateLimit-Policy"] == '"requests";q=3;w=60'
        lane, remaining, seconds = response["RateLimit"].split(";")
        assert lane == '"requests"'
        assert 1 <= int(seconds.removeprefix("t=")) <= 60
        left.append(remaining)
    assert left == ["r=2", "r=1", "r=0"]


def test_a_token_that_has_used_it_up_is_told_when_to_ask_again(program: Client) -> None:
    for _ in range(3):
        assert program.get("/api/v1/accounts").status_code == 200
    response = program.get("/api/v1/accounts")
    assert "Nothing was done" in problem_of(response, 429)["detail"]
    assert 1 <= int(response["Retry-After"]) <= 60
    assert response["RateLimit"].startswith('"requests";r=0;')


def test_each_token_has_its_own(program: Client, alice: User, bobs_program: Client) -> None:
    for _ in range(4):
        last = program.get("/api/v1/accounts")
    assert last.status_code == 429
    another = Client(headers={"Authorization": f"Bearer {tokens.create(alice, 'another')}"})
    assert another.get("/api/v1/accounts").status_code == 200
    assert bobs_program.get("/api/v1/accounts").status_code == 200


def test_a_cancel_goes_through_when_everything_else_is_used_up(alice: User, ready_account: BrokerAccount) -> None:
    trader = Client(headers={"Authorization": f"Bearer {tokens.create(alice, 'trader', scopes=['read', 'trade'])}"})
    for _ in range(4):
        trader.get("/api/v1/accounts")
    address = f"/api/v1/accounts/{ready_account.pk}/orders/{uuid.uuid4()}"
    assert trader.get(address).status_code == 429
    response = trader.delete(address)
    assert response.status_code == 404  # looked for, so not refused
    assert response["RateLimit-Policy"] == '"cancels";q=3;w=60'


def test_without_redis_nothing_is_counted_and_nothing_refused(
    program: Client, own_redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    assert "RateLimit" in program.get("/api/v1/accounts")
    own_redis.stop()
    for _ in range(5):
        response = program.get("/api/v1/accounts")
        assert response.status_code == 200
        assert "RateLimit" not in response
    assert caplog.text.count("requests aren't counted") == 1


def test_a_redis_that_does_not_answer_costs_one_short_wait(
    program: Client, own_redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    program.get("/api/v1/accounts")
    own_redis.freeze()
    for _ in range(3):
        assert program.get("/api/v1/accounts").status_code == 200
    own_redis.thaw()
    assert caplog.text.count("requests aren't counted") == 1
