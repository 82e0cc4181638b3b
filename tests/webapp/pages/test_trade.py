"""The trading screen's first paint, its search, its watchlists and its download."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from webapp.accounts import events
from webapp.accounts.models import BrokerAccount, User
from webapp.bus import doorbell, questions
from webapp.bus import redis as bus_redis
from webapp.trading.exports import places
from webapp.trading.models import AccountValue, Execution, Instrument, Order, Position, Watchlist

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def screen(browser: Client, ready_account: BrokerAccount) -> Callable[..., Any]:
    return lambda **query: browser.get(f"/accounts/{ready_account.id}/trade/", query)


@pytest.fixture
def search(browser: Client, ready_account: BrokerAccount) -> Callable[..., Any]:
    return lambda **query: browser.get(f"/accounts/{ready_account.id}/search/", query, headers=HTMX)


@pytest.fixture
def order(ready_account: BrokerAccount, aapl: Instrument) -> Order:
    return Order.objects.create(
        account=ready_account,
        client_order_id=uuid.uuid4(),
        instrument=aapl,
        account_code="DU1000001",
        side="BUY",
        quantity=Decimal(1500),
        limit_price=Decimal("187.5"),
        status="SUBMITTED",
        ib_status="PreSubmitted",
    )


@pytest.fixture
def fill(order: Order) -> Execution:
    return Execution.objects.create(
        account=order.account,
        exec_id="0000e0d5.6a1b2c3d.01.01",
        order=order,
        account_code="DU1000001",
        instrument=order.instrument,
        side="BUY",
        quantity=Decimal(1500),
        price=Decimal("187.5"),
        exchange="NASDAQ",
        executed_at=datetime(2026, 1, 5, 15, 30, tzinfo=UTC),
    )


@pytest.mark.parametrize(("mode", "words"), [("paper", "simulated money"), ("live", "real money")])
def test_paper_and_live_are_said_in_words(
    screen: Callable[..., Any], ready_account: BrokerAccount, mode: str, words: str
) -> None:
    BrokerAccount.objects.update(trading_mode=mode)
    text = screen().content.decode()
    assert f"<strong>{mode.upper()}</strong> <span>{words}</span>" in text
    assert f"<title>{mode.upper()} " in text


def test_the_page_starts_live_updates_at_the_event_that_it_was_painted_with(
    screen: Callable[..., Any], ready_account: BrokerAccount, elements: Callable[[Any], Any]
) -> None:
    with transaction.atomic():
        events.append(account_id=ready_account.id, kind="notice", subject="", body={"message": "Something was said."})
    response = screen()
    [main] = elements(response).all("main")
    assert main["data-last-event-number"] == "1"
    assert main["data-socket"] == f"/ws/accounts/{ready_account.id}/"
    assert "Something was said." in response.content.decode()


def test_a_notice_that_is_said_again_is_one_line_that_counts(
    screen: Callable[..., Any], ready_account: BrokerAccount, elements: Callable[[Any], Any]
) -> None:
    for _ in range(3):
        with transaction.atomic():
            body = {"code": 2152, "message": "Depth is limited."}
            events.append(account_id=ready_account.id, kind="notice", subject="2152", body=body)
    response = screen()
    [line] = [each for each in elements(response).all("li") if each.get("data-code") == "2152"]
    [notices] = elements(response).with_attribute("data-notices")
    assert (line["data-message"], line["data-times"], notices["data-newest-number"]) == ("Depth is limited.", "3", "3")
    assert '<span class="tag times">3 times</span>' in response.content.decode()


def test_an_order_shows_its_status_in_words_with_the_brokers_own_behind(
    screen: Callable[..., Any], order: Order, elements: Callable[[Any], Any]
) -> None:
    response = screen()
    rows = [each for each in elements(response).all("tr") if each.get("data-client-order-id")]
    [status] = [each for each in elements(response).with_attribute("data-status") if each["data-status"] == "SUBMITTED"]
    text = response.content.decode()
    assert [row["data-client-order-id"] for row in rows] == [str(order.client_order_id)]
    assert status["title"] == "The broker's own word: PreSubmitted"
    assert ">1,500</span>" in text
    assert ">187.50</td>" in text


def test_an_unknown_order_says_no_more_than_its_reason_does(screen: Callable[..., Any], order: Order) -> None:
    Order.objects.update(status="UNKNOWN", reason="The broker shows it no more.")
    text = screen().content.decode()
    assert ">Unknown</span>" in text
    assert "The broker shows it no more." in text
    assert "checking" not in text


def test_an_order_placed_elsewhere_is_shown_and_has_no_cancel(
    browser: Client, ready_account: BrokerAccount, order: Order, elements: Callable[[Any], Any]
) -> None:
    Order.objects.update(client_order_id=None)
    response = browser.get(f"/accounts/{ready_account.id}/trade/")
    forms = [each for each in elements(response).all("form") if "data-cancel" in each]
    assert all("hidden" in form for form in forms)
    assert ">1,500</span>" in response.content.decode()


def test_a_commission_is_a_dash_until_the_broker_reported_it(screen: Callable[..., Any], fill: Execution) -> None:
    def commission() -> str:
        _, _, after = screen().content.decode().partition(f'data-exec-id="{fill.exec_id}"')
        return after.partition('data-field="commission"')[2].partition("</td>")[0].rpartition(">")[2]

    assert commission() == "—"
    Execution.objects.filter(pk=fill.pk).update(commission=Decimal("1.07"), commission_currency="USD")
    assert commission() == "1.07 USD"


def test_positions_and_account_values_are_painted_from_rows(
    screen: Callable[..., Any], ready_account: BrokerAccount, aapl: Instrument, elements: Callable[[Any], Any]
) -> None:
    Position.objects.create(
        account=ready_account,
        account_code="DU1",
        instrument=aapl,
        quantity=Decimal(-20000),
        average_cost=Decimal("1.08125"),
    )
    AccountValue.objects.create(
        account=ready_account, account_code="DU1", tag="NetLiquidation", currency="USD", value=Decimal("1000234.5")
    )
    response = screen()
    text = response.content.decode()
    [row] = [each for each in elements(response).all("tr") if each.get("data-position-con-id") == str(aapl.con_id)]
    assert row["data-position-key"] == f"DU1-{aapl.con_id}"
    assert ">-20,000</td>" in text
    assert "Net liquidation" in text
    told = AccountValue.objects.get().updated_at
    assert re.search(rf"As of <time [^>]*>{told:%Y-%m-%d %H:%M:%S} UTC</time>, when the broker last told them", text)
    assert ">1,000,234.50</span>" in text


def test_a_position_whose_cost_is_not_known_shows_a_dash(
    screen: Callable[..., Any], ready_account: BrokerAccount, aapl: Instrument
) -> None:
    Position.objects.create(
        account=ready_account, account_code="DU1", instrument=aapl, quantity=Decimal(5), average_cost=None
    )
    row = screen().content.decode().partition(f'data-position-con-id="{aapl.con_id}"')[2].partition("</tr>")[0]
    cost = row.partition('data-field="average_cost"')[2]
    assert 'title="Not known yet"' in cost
    assert ">—</td>" in cost


def test_an_open_order_is_shown_however_many_came_after_it(
    screen: Callable[..., Any], order: Order, elements: Callable[[Any], Any]
) -> None:
    newer = {"account": order.account, "instrument": order.instrument, "quantity": Decimal(1), "status": "FILLED"}
    Order.objects.bulk_create(Order(**newer, client_order_id=uuid.uuid4(), side="BUY") for _ in range(101))
    shown = [each["data-client-order-id"] for each in elements(screen()).all("tr") if each.get("data-client-order-id")]
    assert len(shown) == 101
    assert shown[-1] == str(order.client_order_id)


def test_the_screen_asks_the_database_as_often_for_many_rows_as_for_few(
    screen: Callable[..., Any], fill: Execution, watchlist: Watchlist, eurusd: Instrument
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            screen()
        return len(asked)

    few = queries()
    for row in (fill.order, fill, watchlist.items.get()):
        row.pk = None
        row.instrument = eurusd
        for name, value in (("client_order_id", uuid.uuid4()), ("exec_id", "0000e0d5.6a1b2c3d.02.01")):
            if hasattr(row, name):
                setattr(row, name, value)
        row.save()
    assert queries() == few


def test_a_screen_without_a_watchlist_says_how_to_make_one(screen: Callable[..., Any]) -> None:
    assert "You have no watchlist yet." in screen().content.decode()


def test_the_first_watchlist_is_shown_unless_another_is_named(
    screen: Callable[..., Any], watchlist: Watchlist, alice: User, elements: Callable[[Any], Any]
) -> None:
    other = Watchlist.objects.create(user=alice, name="Second")

    def con_ids(**query: Any) -> list[str | None]:
        return [row["data-con-id"] for row in elements(screen(**query)).all("tr") if "data-con-id" in row]

    assert con_ids() == ["265598"]
    assert con_ids(watchlist=other.id) == []
    assert screen(watchlist="no-id").status_code == 404


def test_quotes_are_dashes_until_they_come(screen: Callable[..., Any], watchlist: Watchlist) -> None:
    row = screen().content.decode().partition('data-con-id="265598"')[2].partition("</tr>")[0]
    assert row.count(">—<") == 8
    assert "no data" in row


@pytest.mark.parametrize("name", ["", "   ", "n" * 61, "a\x07b"])
def test_a_watchlist_with_a_bad_name_is_not_made_and_the_message_stands_beside_it(
    browser: Client, ready_account: BrokerAccount, elements: Callable[[Any], Any], name: str
) -> None:
    response = browser.post("/watchlists/", {"name": name, "account": ready_account.id}, headers=HTMX)
    [field] = [each for each in elements(response).all("input") if each.get("name") == "name"]
    assert response.status_code == 422
    assert field["aria-describedby"] == "watchlist-name-error"
    assert not Watchlist.objects.exists()


def test_a_new_watchlist_opens_on_the_screen_that_asked(browser: Client, ready_account: BrokerAccount) -> None:
    response = browser.post("/watchlists/", {"name": "Main", "account": ready_account.id}, headers=HTMX)
    watchlist = Watchlist.objects.get()
    assert response["HX-Redirect"] == f"/accounts/{ready_account.id}/trade/?watchlist={watchlist.id}"


def test_a_second_watchlist_of_the_same_name_is_refused(browser: Client, watchlist: Watchlist) -> None:
    response = browser.post("/watchlists/", {"name": "Main"})
    assert response.status_code == 422
    assert "already" in response.content.decode()


def test_an_instrument_is_added_once_and_removed(
    browser: Client, ready_account: BrokerAccount, watchlist: Watchlist, eurusd: Instrument
) -> None:
    form = {"con_id": eurusd.con_id, "account": ready_account.id}
    for _ in range(2):
        response = browser.post(f"/watchlists/{watchlist.id}/items/", form, headers=HTMX)
    assert f'id="add-{eurusd.con_id}"' in response.content.decode()
    assert [item.instrument_id for item in watchlist.items.all()] == [265598, eurusd.con_id]
    browser.post(f"/watchlists/{watchlist.id}/items/{eurusd.con_id}/remove/", form, headers=HTMX)
    assert [item.instrument_id for item in watchlist.items.all()] == [265598]


@pytest.mark.parametrize("con_id", ["", "x", "404404", "9" * 30, "²"])
def test_what_is_no_known_instrument_is_not_added(browser: Client, watchlist: Watchlist, con_id: str) -> None:
    assert browser.post(f"/watchlists/{watchlist.id}/items/", {"con_id": con_id}).status_code == 404


def test_a_watchlist_is_deleted_with_what_is_on_it(
    browser: Client, ready_account: BrokerAccount, watchlist: Watchlist
) -> None:
    response = browser.post(f"/watchlists/{watchlist.id}/delete/", {"account": ready_account.id})
    assert response["Location"] == f"/accounts/{ready_account.id}/trade/"
    assert not Watchlist.objects.exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Type a symbol"),
        ("   ", "Type a symbol"),
        ("x" * 41, "at most 40 characters"),
        ("A\x07B", "control character"),
    ],
)
def test_a_search_that_can_find_nothing_says_why(search: Callable[..., Any], text: str, says: str) -> None:
    response = search(q=text)
    assert response.status_code == 422
    assert says in response.content.decode()


def test_a_search_that_nobody_answers_shows_what_is_known_and_says_so(
    search: Callable[..., Any], watchlist: Watchlist, elements: Callable[[Any], Any]
) -> None:
    response = search(q="AAPL", watchlist=watchlist.id)
    assert "No worker is running" in response.content.decode()
    assert [each["data-result-con-id"] for each in elements(response).with_attribute("data-result-con-id")] == [
        "265598"
    ]
    assert "On the list" in response.content.decode()


@contextmanager
def worker(reply: Callable[[Any, dict[str, Any]], Any]) -> Iterator[None]:
    """Listens at the doorbell as a worker does, and answers one question."""
    listening = Event()

    async def answer_one() -> None:
        connection = bus_redis.async_client()
        try:
            async with asyncio.timeout(20):
                async for message in doorbell.listen(connection):
                    if "reconnected" in message:
                        listening.set()
                    if "question" in message:
                        return await reply(connection, message)
        finally:
            await connection.aclose()

    thread = Thread(target=lambda: asyncio.run(answer_one()))
    thread.start()
    assert listening.wait(10)
    try:
        yield
    finally:
        thread.join(20)


def test_what_the_broker_lists_comes_in_its_order_before_what_is_known(
    search: Callable[..., Any], watchlist: Watchlist, eurusd: Instrument, elements: Callable[[Any], Any]
) -> None:
    with worker(lambda c, message: questions.answer(c, message, {"con_ids": [eurusd.con_id, 404404]})):
        response = search(q="A", watchlist=watchlist.id)
    found = [each["data-result-con-id"] for each in elements(response).with_attribute("data-result-con-id")]
    assert found == [str(eurusd.con_id), "265598"]
    assert f'id="add-{eurusd.con_id}"' in response.content.decode()


def test_a_refused_search_shows_the_workers_sentence(search: Callable[..., Any], aapl: Instrument) -> None:
    with worker(lambda c, message: questions.refuse(c, message, "The broker limits searches to one a second.")):
        response = search(q="zzz")
    assert "The broker limits searches to one a second." in response.content.decode()


def test_a_search_is_not_asked_while_the_session_is_down(
    browser: Client, account: BrokerAccount, aapl: Instrument
) -> None:
    response = browser.get(f"/accounts/{account.id}/search/", {"q": "AAPL"}, headers=HTMX)
    assert "The session isn&#x27;t ready" in response.content.decode()
    assert "data-result-con-id" in response.content.decode()


# The export reads on a connection of its own, which sees what is committed.
@pytest.mark.django_db(transaction=True)
def test_fills_download_as_a_file_of_the_accounts_code(
    browser: Client, ready_account: BrokerAccount, fill: Execution
) -> None:
    response = browser.get(f"/accounts/{ready_account.id}/fills.csv")
    lines = b"".join(response.streaming_content).decode().splitlines()
    assert 'filename="fills-DU1000001.csv"' in response["Content-Disposition"]
    assert len(lines) == 2
    assert fill.exec_id in lines[1]


@pytest.mark.parametrize("most", ["MOST", "MOST_OF_ONE_USER"])
def test_a_download_that_has_to_wait_says_for_how_long(
    browser: Client, ready_account: BrokerAccount, most: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, most, 0)
    response = browser.get(f"/accounts/{ready_account.id}/fills.csv")
    assert (response.status_code, response["Retry-After"]) == (503, "30")


def test_a_name_with_markup_is_shown_as_text(screen: Callable[..., Any], watchlist: Watchlist) -> None:
    Watchlist.objects.update(name="<script>alert(1)</script>")
    BrokerAccount.objects.update(name="<b>bold</b>")
    text = screen().content.decode()
    assert "<script>alert" not in text
    assert "<b>bold" not in text
