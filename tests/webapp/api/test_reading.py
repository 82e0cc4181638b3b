from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from brokers.domain import OrderSide, OrderStatus
from tests.webapp.trading.examples import NOON, commission, fields, update
from webapp.accounts import tokens
from webapp.accounts.models import BrokerAccount, User
from webapp.trading import fills, orders, watchlists
from webapp.trading.models import Instrument, Position

pytestmark = pytest.mark.django_db

Trade = Callable[..., None]


def read(program: Client, address: str, **query: Any) -> dict[str, Any]:
    response = program.get(f"/api/v1/{address}", query)
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    return body


def exec_ids(page: dict[str, Any]) -> list[str]:
    return [item["exec_id"] for item in page["items"]]


def test_accounts_are_listed_as_they_stand(program: Client, ready_account: BrokerAccount, his: BrokerAccount) -> None:
    assert read(program, "accounts") == {
        "items": [
            {
                "id": str(ready_account.pk),
                "name": "Paper",
                "trading_mode": "paper",
                "state": "READY",
                "account_codes": ["DU1000001"],
                "may_trade": True,
                "last_event_number": 0,
            }
        ],
        "next_cursor": None,
    }


def test_an_account_of_which_nothing_is_known_yet_says_null(program: Client, account: BrokerAccount) -> None:
    (item,) = read(program, "accounts")["items"]
    assert (item["state"], item["may_trade"], item["account_codes"]) == ("STOPPED", None, [])


def told(body: Any) -> dict[str, Any]:
    """What a program is told of a fill: the name is for people, and follows from the instrument."""
    return {field: value for field, value in body.items() if field != "name"}


def test_a_fill_reads_as_everywhere_with_its_account(
    program: Client, ready_account: BrokerAccount, trade: Trade
) -> None:
    trade(1)
    fills.record_commission(account_id=ready_account.pk, report=commission(exec_id="fill-1"))
    (item,) = read(program, "fills")["items"]
    assert item == {"account": str(ready_account.pk), **told(fills.as_body(fills.of(ready_account.user).get()))}
    assert (item["price"], item["commission"], item["executed_at"]) == ("190.5", "1.07", "2026-01-05T12:01:00+00:00")


def test_a_commission_that_has_not_come_is_null(program: Client, trade: Trade) -> None:
    trade(1)
    (item,) = read(program, "fills")["items"]
    assert (item["commission"], item["commission_currency"], item["realized_pnl"]) == (None, None, None)


def test_pages_hold_every_fill_once_newest_first(program: Client, trade: Trade) -> None:
    for number in range(7):
        trade(number)
    seen, cursor = [], {}
    for size in (3, 3, 1):
        page = read(program, "fills", limit=3, **cursor)
        assert len(page["items"]) == size
        seen += exec_ids(page)
        cursor = {"cursor": page["next_cursor"]}
    assert seen == [f"fill-{number}" for number in reversed(range(7))]
    assert cursor == {"cursor": None}


def test_fills_of_the_same_moment_are_split_between_pages_without_loss(program: Client, trade: Trade) -> None:
    for number in range(5):
        trade(number, at=NOON)
    first = read(program, "fills", limit=2)
    second = read(program, "fills", limit=2, cursor=first["next_cursor"])
    third = read(program, "fills", limit=2, cursor=second["next_cursor"])
    assert exec_ids(first) + exec_ids(second) + exec_ids(third) == [f"fill-{number}" for number in (4, 3, 2, 1, 0)]


def test_a_fill_that_comes_between_two_pages_shifts_nothing(program: Client, trade: Trade) -> None:
    for number in range(4):
        trade(number)
    first = read(program, "fills", limit=2)
    trade(9)
    second = read(program, "fills", limit=2, cursor=first["next_cursor"])
    assert exec_ids(first) + exec_ids(second) == ["fill-3", "fill-2", "fill-1", "fill-0"]


def test_a_full_last_page_has_no_next_one(program: Client, trade: Trade) -> None:
    trade(1)
    trade(2)
    assert read(program, "fills", limit=2)["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({}, [3, 2, 1]),
        ({"since": "2026-01-05T12:02:00Z"}, [3, 2]),
        ({"until": "2026-01-05T12:02:00Z"}, [1]),
        ({"since": "2026-01-05T13:02:00+01:00", "until": "2026-01-05T12:03:00+00:00"}, [2]),
        ({"since": "0001-01-01T00:00:00+14:00", "until": "9999-12-31T23:59:59-14:00"}, [3, 2, 1]),
        ({"since": "2026-01-06T06:41:00+18:39", "until": "2026-01-04T17:24:00-18:39"}, [2]),
        ({"side": "SELL"}, [2]),
        ({"con_id": 265598}, [3, 2, 1]),
        ({"con_id": 1}, []),
    ],
)
def test_fills_can_be_selected(program: Client, trade: Trade, query: dict[str, Any], numbers: list[int]) -> None:
    for number in (1, 2, 3):
        trade(number, side=OrderSide.SELL if number == 2 else OrderSide.BUY)
    assert exec_ids(read(program, "fills", **query)) == [f"fill-{number}" for number in numbers]


def test_fills_of_one_account(program: Client, ready_account: BrokerAccount, trade: Trade) -> None:
    second = BrokerAccount.objects.create(user=ready_account.user, name="Second", trading_mode="live")
    trade(1)
    trade(2, second)
    assert exec_ids(read(program, "fills")) == ["fill-2", "fill-1"]
    assert exec_ids(read(program, "fills", account=second.pk)) == ["fill-2"]


def test_nobody_reads_another_users_fills(
    program: Client, bobs_program: Client, his: BrokerAccount, trade: Trade
) -> None:
    trade(1)
    trade(2, his)
    assert exec_ids(read(program, "fills")) == ["fill-1"]
    assert exec_ids(read(bobs_program, "fills")) == ["fill-2"]


def test_a_cursor_of_anothers_opens_nothing_of_his(
    program: Client, bobs_program: Client, his: BrokerAccount, trade: Trade
) -> None:
    for number in (1, 2, 3):
        trade(number, his)
    cursor = read(bobs_program, "fills", limit=1)["next_cursor"]
    assert exec_ids(read(program, "fills", cursor=cursor)) == []


def test_a_page_costs_the_same_number_of_queries_however_many_it_holds(
    program: Client, trade: Trade, django_assert_num_queries: Any
) -> None:
    read(program, "fills")
    for number in range(5):
        trade(number)
    with django_assert_num_queries(3):  # the token, its use, the page
        assert len(read(program, "fills")["items"]) == 5


def test_an_order_reads_as_everywhere_with_its_account(
    program: Client, ready_account: BrokerAccount, aapl: Instrument
) -> None:
    order = orders.place(account=ready_account, **fields()).order
    orders.apply_update(account_id=ready_account.pk, update=update(order, ib_status="PreSubmitted"))
    (item,) = read(program, "orders")["items"]
    assert item == {"account": str(ready_account.pk), **orders.as_body(orders.of(ready_account.user).get())}
    assert (item["status"], item["ib_status"], item["perm_ids"]) == ("SUBMITTED", "PreSubmitted", [900])


def test_an_order_placed_elsewhere_has_no_client_order_id(
    program: Client, ready_account: BrokerAccount, aapl: Instrument
) -> None:
    orders.apply_update(account_id=ready_account.pk, update=update(perm_id=77))
    (item,) = read(program, "orders")["items"]
    assert (item["client_order_id"], item["perm_ids"]) == (None, [77])


def test_orders_can_be_selected_and_paged(program: Client, ready_account: BrokerAccount, aapl: Instrument) -> None:
    for perm_id in range(1, 5):
        status = OrderStatus.FILLED if perm_id == 2 else OrderStatus.SUBMITTED
        orders.apply_update(account_id=ready_account.pk, update=update(perm_id=perm_id, status=status))
    first = read(program, "orders", status="SUBMITTED", limit=2)
    second = read(program, "orders", status="SUBMITTED", limit=2, cursor=first["next_cursor"])
    assert [item["perm_ids"] for item in first["items"] + second["items"]] == [[4], [3], [1]]
    assert second["next_cursor"] is None


def test_nobody_reads_another_users_orders(
    bobs_program: Client, ready_account: BrokerAccount, aapl: Instrument
) -> None:
    orders.place(account=ready_account, **fields())
    assert read(bobs_program, "orders")["items"] == []


def test_a_watchlist_is_made_filled_emptied_and_deleted(program: Client, alice: User, aapl: Instrument) -> None:
    writer = Client(headers={"Authorization": f"Bearer {tokens.create(alice, 'writer', scopes=['trade'])}"})

    def send(method: str, address: str, **sent: Any) -> Any:
        return getattr(writer, method)(f"/api/v1/{address}", json.dumps(sent), content_type="application/json")

    made = send("post", "watchlists", name="Tech").json()
    assert send("post", "watchlists", name="Tech").status_code == 422
    items = f"watchlists/{made['id']}/items"
    assert send("post", items, con_id=aapl.con_id).json() == {**made, "con_ids": [aapl.con_id]}
    assert read(program, "watchlists")["items"] == [{**made, "con_ids": [aapl.con_id]}]
    assert send("delete", f"{items}/{aapl.con_id}").json() == made
    for unknown in (send("post", items, con_id=4711), send("delete", f"{items}/4711")):
        assert (unknown.status_code, unknown.json()["detail"]) == (
            404,
            "No session has met the instrument 4711 yet. Search for it first.",
        )
    assert send("delete", f"watchlists/{made['id']}").status_code == 204
    assert read(program, "watchlists")["items"] == []


def test_a_token_that_only_reads_changes_no_watchlist(program: Client, alice: User, aapl: Instrument) -> None:
    watchlist = watchlists.create(user=alice, name="Tech")
    watchlists.add(watchlist=watchlist, instrument=aapl)
    before = read(program, "watchlists")
    one = f"/api/v1/watchlists/{watchlist.pk}"
    responses = [
        program.post("/api/v1/watchlists", {"name": "More"}, content_type="application/json"),
        program.post(f"{one}/items", {"con_id": aapl.con_id}, content_type="application/json"),
        program.delete(f"{one}/items/{aapl.con_id}"),
        program.delete(one),
    ]
    assert [(response.status_code, response.json()["scope"]) for response in responses] == [(403, "trade")] * 4
    assert read(program, "watchlists") == before


def test_events_are_read_after_a_number(program: Client, ready_account: BrokerAccount, trade: Trade) -> None:
    for number in (1, 2, 3):
        trade(number)
    page = read(program, f"accounts/{ready_account.pk}/events", after=1, limit=1)
    assert [item["number"] for item in page["items"]] == [2]
    assert (page["next_after"], page["last_event_number"]) == (2, 3)
    assert read(program, f"accounts/{ready_account.pk}/events", after=3)["next_after"] == 3


def test_the_session_says_where_it_stands(program: Client, ready_account: BrokerAccount) -> None:
    session = read(program, f"accounts/{ready_account.pk}/session")
    assert (session["state"], session["takes_orders"], session["second_factor"]) == ("READY", True, None)


def test_an_instrument_that_nobody_has_met_is_404(program: Client, aapl: Instrument) -> None:
    assert read(program, f"instruments/{aapl.con_id}")["symbol"] == "AAPL"
    assert program.get("/api/v1/instruments/1").status_code == 404
    assert program.get(f"/api/v1/instruments/{10**30}").status_code == 404


def test_a_quote_of_a_session_that_is_not_ready_is_a_conflict(
    program: Client, account: BrokerAccount, aapl: Instrument
) -> None:
    response = program.get(f"/api/v1/accounts/{account.pk}/quotes", {"con_id": [aapl.con_id]})
    assert (response.status_code, response.json()["type"]) == (409, "urn:gatehouse:problem:session_not_ready")
    assert program.get(f"/api/v1/accounts/{account.pk}/quotes", {"con_id": ["1"]}).status_code == 422


def test_positions_and_values_are_paged_by_what_does_not_move(
    program: Client, ready_account: BrokerAccount, aapl: Instrument, eurusd: Instrument
) -> None:
    for instrument in (aapl, eurusd):
        Position.objects.create(account=ready_account, account_code="DU1000001", instrument=instrument, quantity=5)
    first = read(program, "positions", limit=1)
    second = read(program, "positions", limit=1, cursor=first["next_cursor"])
    assert [one["symbol"] for one in first["items"] + second["items"]] == ["AAPL", "EUR.USD"]
    assert second["next_cursor"] is None
    assert first["items"][0]["average_cost"] is None


def test_a_cursor_of_another_list_is_no_cursor(program: Client, ready_account: BrokerAccount, trade: Trade) -> None:
    trade(1)
    trade(2)
    cursor = read(program, "fills", limit=1)["next_cursor"]
    response = program.get("/api/v1/accounts", {"cursor": cursor})
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "cursor")


def test_the_documentation_is_a_page_of_this_server_alone(client: Client) -> None:
    schema = client.get("/api/v1/openapi.json").json()
    assert schema["openapi"] == "3.1.0"
    for path in schema["paths"].values():
        for operation in path.values():
            problems = {status for status in operation["responses"] if int(status) >= 400}
            assert {"401", "403", "422", "429", "500"} <= problems, operation["operationId"]
    page = client.get("/api/v1/docs")
    assert page.status_code == 200
    assert re.findall(r"""(?:src|href)=["'](?!/(?!/)|#)""", page.content.decode()) == []
    assert all(src.startswith("/static/") for src in re.findall(r"""src=["']([^"']*)""", page.content.decode()))
