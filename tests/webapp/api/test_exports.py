"""The fills as a file, over HTTP from the real server."""

from __future__ import annotations

import csv
import gc
import io
import socket
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pyarrow
import pyarrow.parquet
import pytest
from django.db import connection

from brokers.domain import OrderSide
from deploy.local.processes import became_true
from tests.webapp.live.conftest import Server, serving
from tests.webapp.trading.examples import NOON
from webapp.accounts import tokens
from webapp.accounts.models import BrokerAccount, User
from webapp.trading.exports import download, places
from webapp.trading.models import Instrument

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # Each request has a thread of its own, whose connection to the database goes with it: there is no pool here.
    pytest.mark.filterwarnings("ignore:.*was deleted while still open:ResourceWarning"),
]

ADDRESS = "/api/v1/fills/export"
Trade = Callable[..., None]


@pytest.fixture(scope="module")
def web(django_db_setup: None) -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def client(web: Server, alice: User) -> Iterator[httpx.Client]:
    """Reads with a token of alice's. No export outlives a test."""
    headers = {"Authorization": f"Bearer {tokens.create(alice, 'test')}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{web.port}", headers=headers, timeout=20) as program:
        yield program
    assert eventually_none_goes_on()
    gc.collect()


def running() -> int:
    """The exports that PostgreSQL works on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gatehouse export'")
        return int(cursor.fetchone()[0])


def eventually_none_goes_on() -> bool:
    return became_true(lambda: running() == 0 and places.places.taken() == 0, deadline=20, every=0.02)


def exec_ids(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [row["IBExecID"] for row in csv.DictReader(io.StringIO(response.text, newline=""), strict=True)]


def test_the_file_has_a_name_and_a_kind(client: httpx.Client, trade: Trade) -> None:
    trade(1)
    response = client.get(ADDRESS)
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="gatehouse-fills.csv"'
    assert response.headers["cache-control"] == "no-store"
    assert exec_ids(response) == ["fill-1"]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({}, [3, 2, 1]),
        ({"since": "2026-01-05T12:02:00Z"}, [3, 2]),
        ({"until": "2026-01-05T12:02:00Z"}, [1]),
        ({"since": "2026-01-05T13:02:00+01:00", "until": "2026-01-05T12:03:00+00:00"}, [2]),
        ({"since": "0001-01-01T00:00:00+14:00", "until": "9999-12-31T23:59:59-14:00"}, [3, 2, 1]),
        ({"side": "SELL"}, [2]),
        ({"con_id": "265598"}, [3, 2, 1]),
        ({"con_id": "1"}, []),
    ],
)
def test_it_holds_what_was_selected(
    client: httpx.Client, trade: Trade, query: dict[str, str], numbers: list[int]
) -> None:
    for number in (1, 2, 3):
        trade(number, side=OrderSide.SELL if number == 2 else OrderSide.BUY)
    assert exec_ids(client.get(ADDRESS, params=query)) == [f"fill-{number}" for number in numbers]


def test_one_account_or_all_of_ones_own_and_nobody_elses(
    client: httpx.Client, ready_account: BrokerAccount, his: BrokerAccount, trade: Trade
) -> None:
    second = BrokerAccount.objects.create(user=ready_account.user, name="Second", trading_mode="live")
    for number, account in ((1, ready_account), (2, second), (3, his)):
        trade(number, account)
    assert sorted(exec_ids(client.get(ADDRESS))) == ["fill-1", "fill-2"]
    assert exec_ids(client.get(ADDRESS, params={"account": str(second.pk)})) == ["fill-2"]
    assert client.get(ADDRESS, params={"account": str(his.pk)}).status_code == 404


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ({"params": {"format": "csv"}}, "text/csv; charset=utf-8"),
        ({"params": {"format": "jsonl"}}, "application/x-ndjson; charset=utf-8"),
        ({"params": {"format": "parquet"}}, "application/vnd.apache.parquet"),
        ({"headers": {"Accept": "application/x-ndjson"}}, "application/x-ndjson; charset=utf-8"),
        ({"headers": {"Accept": "text/csv;q=0.5, application/vnd.apache.parquet"}}, "application/vnd.apache.parquet"),
        ({"headers": {"Accept": "*/*"}}, "text/csv; charset=utf-8"),
        ({"headers": {"Accept": "text/csv"}, "params": {"format": "jsonl"}}, "application/x-ndjson; charset=utf-8"),
    ],
)
def test_the_kind_of_file_is_chosen_by_format_and_else_by_accept(
    client: httpx.Client, trade: Trade, asked: dict[str, Any], given: str
) -> None:
    trade(1)
    response = client.get(ADDRESS, **asked)
    assert (response.status_code, response.headers["content-type"]) == (200, given)
    assert b"fill-1" in response.content
    if "parquet" in given:
        assert pyarrow.parquet.read_table(pyarrow.BufferReader(response.content)).num_rows == 1


def test_a_kind_of_file_that_there_is_not_is_refused(client: httpx.Client, alice: User) -> None:
    refused = client.get(ADDRESS, headers={"Accept": "application/pdf"})
    assert refused.status_code == 406
    assert "application/pdf" in refused.json()["detail"]
    assert "text/csv" in refused.json()["detail"]
    assert client.get(ADDRESS, params={"format": "xls"}).status_code == 422


def test_the_schema_names_the_formats_and_the_parameters(client: httpx.Client) -> None:
    operation = client.get("/api/v1/openapi.json").json()["paths"][ADDRESS]["get"]
    assert set(operation["responses"]["200"]["content"]) == {
        "text/csv",
        "application/x-ndjson",
        "application/vnd.apache.parquet",
    }
    assert {"406", "429", "503"} <= set(operation["responses"])
    names = {parameter["name"] for parameter in operation["parameters"]}
    assert names == {"account", "since", "until", "con_id", "side", "format"}


@pytest.fixture
def more_than_buffers_hold(ready_account: BrokerAccount, aapl: Instrument) -> int:
    """So many fills that an export can't end before its client has read most of them."""
    count = 25_000
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO trading_execution (account_id, exec_id, trade_key, revision, order_ref, account_code,
                instrument_id, side, quantity, price, exchange, executed_at, recorded_at)
            SELECT %s, 'fill-' || n, 'fill-' || n, 1, repeat('x', 60), 'DU1000001', %s, 'BUY', 1, 190, repeat('y', 30),
                %s::timestamptz + n * interval '1 second', now()
            FROM generate_series(1, %s) AS n
            """,
            [ready_account.pk, aapl.pk, NOON, count],
        )
    return count


class Slow:
    """A client that reads as much as a test says, through a small window."""

    def __init__(self, client: httpx.Client, query: str = "") -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        self.socket.settimeout(20)
        self.socket.connect((client.base_url.host, client.base_url.port))
        token = client.headers["Authorization"]
        head = f"GET {ADDRESS}{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {token}\r\n\r\n"
        self.socket.sendall(head.encode())
        self.heard = b""

    def __enter__(self) -> Slow:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def begin(self) -> None:
        while b"\r\n\r\n" not in self.heard:
            self.heard += self.socket.recv(1024)
        assert self.heard.startswith(b"HTTP/1.1 200")

    def read_on(self) -> bytes:
        while piece := self.socket.recv(65_536):
            self.heard += piece
            if self.heard.endswith(b"0\r\n\r\n"):
                break
        return self.heard


@pytest.mark.parametrize("wanted", ["csv", "jsonl", "parquet"])
def test_a_client_that_hangs_up_ends_the_query(client: httpx.Client, more_than_buffers_hold: int, wanted: str) -> None:
    with Slow(client, f"?format={wanted}") as slow:
        if wanted != "parquet":  # its first bytes come with the first group
            slow.begin()
        assert became_true(lambda: running() == 1, deadline=20, every=0.01)
    assert eventually_none_goes_on()


def test_a_slow_client_gets_it_all(client: httpx.Client, more_than_buffers_hold: int) -> None:
    with Slow(client) as slow:
        slow.begin()
        assert became_true(lambda: running() == 1, deadline=20, every=0.01)
        heard = slow.read_on()
    assert heard.endswith(b"0\r\n\r\n")
    assert heard.count(b',"EXECUTION"\r\n') == more_than_buffers_hold


def test_a_client_that_stops_reading_holds_no_query_and_can_tell_that_the_file_is_not_whole(
    client: httpx.Client, more_than_buffers_hold: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "CLIENT_DEADLINE", 0.5)
    with Slow(client) as slow:
        slow.begin()
        assert eventually_none_goes_on()
        assert not slow.read_on().endswith(b"0\r\n\r\n")


def test_a_client_that_takes_too_long_altogether_holds_no_query(
    client: httpx.Client, more_than_buffers_hold: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "WHOLE_DEADLINE", 0.5)
    with Slow(client) as slow:
        slow.begin()
        assert eventually_none_goes_on()


def test_a_query_that_fails_half_way_leaves_a_file_that_is_not_whole(
    client: httpx.Client, more_than_buffers_hold: int, caplog: pytest.LogCaptureFixture
) -> None:
    with Slow(client) as slow:
        slow.begin()
        assert became_true(lambda: running() == 1, deadline=20, every=0.01)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gatehouse export'"
            )
        assert not slow.read_on().endswith(b"0\r\n\r\n")
    assert "an export was cut short" in caplog.text


def test_a_user_has_two_exports_at_once_and_the_third_is_told_to_wait(
    client: httpx.Client, more_than_buffers_hold: int
) -> None:
    with Slow(client) as first, Slow(client) as second:
        first.begin()
        second.begin()
        refused = client.get(ADDRESS)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
        assert "2 exports of yours" in refused.json()["detail"]
        assert client.get("/api/v1/accounts").status_code == 200
    assert eventually_none_goes_on()
    assert client.get(ADDRESS, params={"con_id": 1}).status_code == 200


def test_exports_of_others_leave_room_for_so_many(
    client: httpx.Client, more_than_buffers_hold: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MOST", 1)
    with Slow(client) as first:
        first.begin()
        refused = client.get(ADDRESS)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
        assert refused.json()["type"] == "urn:gatehouse:problem:exports_busy"
