"""From a sign-up to a filled order, as a person goes through it. Each test is a stretch of the way, from its start."""

from __future__ import annotations

import csv
import json
import os
import re
from collections import Counter
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, expect

from deploy.local.processes import became_true
from tests.e2e.steps import AAPL, EURUSD, PASSWORD, RECORD_STATES, Visitor, new_name

DASH = "—"


def test_a_person_signs_up_and_signs_in_again(visit: Any) -> None:
    visitor, name = visit(), new_name("alice-")
    visitor.sign_up(name, PASSWORD)
    expect(visitor.page.locator(".who")).to_have_text(name)

    visitor.sign_out()
    visitor.sign_in(name, PASSWORD)

    expect(visitor.page.locator(".who")).to_have_text(name)


def test_a_connected_account_says_its_code_and_whether_it_may_trade(visit: Any) -> None:
    visitor = visit()
    visitor.sign_up(new_name("alice-"), PASSWORD)

    visitor.connect(new_name("walter"))
    visitor.page.evaluate("window.neverReloaded = true")
    visitor.sees_state("READY")

    expect(visitor.page.locator("[data-account-code]")).to_have_text(re.compile(r"^DU\d{7}$"))
    expect(visitor.page.locator("[data-may-trade]")).to_have_attribute("data-may-trade", "yes")
    expect(visitor.page.get_by_role("link", name="Open trading screen")).to_be_visible()
    assert visitor.page.evaluate("window.neverReloaded") is True
    past = reversed(visitor.page.locator("[data-past] li strong").all_inner_texts())
    assert [label for label, _ in groupby(past)][-4:] == ["Starting", "Logging in", "Syncing", "Ready"]
    screenshot(visitor.page, "session")


def test_the_page_follows_the_session_through_every_state_without_a_reload(alice: Visitor, new_tab: Any) -> None:
    alice.is_live()
    alice.page.evaluate(RECORD_STATES)
    other = new_tab(alice.page)
    other.goto(alice.page.url)

    other.get_by_role("button", name="Stop").click()
    alice.sees_state("STOPPED")
    other.get_by_role("button", name="Start").click()
    alice.sees_state("READY")

    shown = alice.page.evaluate("window.shownStates")
    assert shown[-5:] == ["STOPPED", "STARTING", "LOGGING_IN", "SYNCING", "READY"]


def test_a_wrong_password_ends_in_a_plain_sentence_and_is_never_tried_again(visit: Any, celery: Any) -> None:
    visitor, login, wrong = visit(), new_name("walter"), "open-sesame-9"
    visitor.sign_up(new_name("alice-"), PASSWORD)

    visitor.connect(login, wrong)
    visitor.sees_state("AUTH_FAILED")

    expect(visitor.page.locator("[data-session-reason]")).to_have_text(re.compile("refused .*password"))
    expect(visitor.page.locator("[data-action=start]")).to_be_hidden()
    wait_for_supervision(celery, rounds=2)
    assert login_attempts(visitor) == 1
    assert files_that_hold(wrong, visitor.stack.var) == []

    visitor.page.get_by_role("link", name="Enter the login again").click()
    visitor.page.fill("[name=username]", login)
    visitor.page.fill("[name=password]", login)
    visitor.page.get_by_role("button", name="Store and start").click()
    visitor.sees_state("READY")


def wait_for_supervision(celery: Any, *, rounds: int) -> None:
    """Beat's rounds are what starts a session again, so they are counted instead of seconds."""

    def count() -> int:
        (worker,) = json.loads(celery("inspect", "stats", "--json")).values()
        return int(worker["total"].get("workers.tasks.supervise_sessions", 0))

    before = count()
    assert became_true(lambda: count() >= before + rounds, deadline=60)


def login_attempts(visitor: Visitor) -> int:
    """By the gateway's own word. A second start of it would have moved the first one's log aside."""
    logs = visitor.gateway_folder().glob("gateway.log*")
    return sum(log.read_text().count("login failed") for log in logs)


def files_that_hold(secret: str, var: Path) -> list[str]:
    kept = [path for folder in ("log", "gateways", "run", "redis") for path in (var / folder).rglob("*")]
    return [str(path) for path in kept if path.is_file() and secret.encode() in path.read_bytes()]


def test_a_watchlist_ticks(alice: Visitor) -> None:
    alice.open_trading_screen()
    alice.make_watchlist("Majors")
    alice.add("AAPL", AAPL)
    alice.add("EUR.USD", EURUSD)

    for field in ("bid", "ask", "bid_size", "ask_size", "last", "change"):
        alice.sees_it_tick(AAPL, field)
    for field in ("bid", "ask", "bid_size", "ask_size", "change"):
        alice.sees_it_tick(EURUSD, field)
    expect(alice.cell(EURUSD, "last")).to_have_text(DASH)  # a currency pair has no trades


def test_a_clicked_ask_becomes_an_order_that_rests_and_is_cancelled(alice: Visitor) -> None:
    alice.watch_aapl()

    price = alice.click_ask(AAPL)
    ticket = alice.page.locator("form#ticket")
    assert ticket.locator("[name=side]:checked").input_value() == "BUY"
    assert ticket.locator("[name=con_id]").input_value() == str(AAPL)
    assert Decimal(ticket.locator("[name=limit_price]").input_value()) == Decimal(price)

    resting = alice.fill_ticket(quantity="10", limit_price="100")
    alice.send()
    alice.sees_status(resting, "Submitted")

    alice.order(resting).get_by_role("button", name="Cancel").click()
    alice.sees_status(resting, "Cancelled")
    assert [row["order_ref"] for row in alice.ledger("cancel")] == [resting]


def test_a_bad_quantity_is_told_beside_its_field_and_nothing_is_sent(alice: Visitor) -> None:
    alice.watch_aapl()
    alice.click_ask(AAPL)
    refused = alice.fill_ticket(quantity="-1", limit_price="100")
    alice.review()

    expect(alice.page.locator("#ticket-quantity-error")).to_be_visible()
    expect(alice.order(refused)).to_have_count(0)

    alice.fill_ticket(quantity="1", limit_price="100")
    alice.send()
    alice.sees_status(refused, "Submitted")
    assert len(alice.placed()) == 1


def test_a_market_order_is_filled_and_leaves_by_csv_and_api(alice: Visitor, manage: Any) -> None:
    alice.watch_aapl()
    alice.add("EUR.USD", EURUSD)
    alice.click_ask(AAPL)
    market = alice.fill_ticket(quantity="10", limit_price=None)
    alice.send()

    alice.sees_status(market, "Filled")
    fills = alice.page.locator("#fills tbody tr[data-exec-id]")
    expect(fills.first.locator("[data-field=commission]")).to_have_text(re.compile(r"\d"))
    position = alice.page.locator(f"#positions tr[data-position-con-id='{AAPL}'] [data-field=quantity]")
    expect(position).to_have_text("10")
    alice.sees_it_tick(EURUSD, "bid")
    screenshot(alice.page, "trade")

    with alice.page.expect_download() as download:
        alice.page.get_by_role("link", name="Download CSV").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text().splitlines()))
    token = manage("create_token", alice.name, "e2e").splitlines()[-1]

    from_csv = {fill_of_csv(row) for row in rows}
    assert from_csv == {fill_of_api(fill) for fill in api_fills(alice, token)}
    assert from_csv == {fill_of_ledger(row, alice) for row in alice.ledger("execution")}
    assert sum(Decimal(fill[1]) for fill in from_csv) == 10


def api_fills(visitor: Visitor, token: str) -> list[dict[str, Any]]:
    response = httpx.get(f"{visitor.stack.url}/api/v1/fills", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items


def fill_of_csv(row: dict[str, str]) -> tuple[Any, ...]:
    amounts = (Decimal(row["Quantity"]), Decimal(row["TradePrice"]), -Decimal(row["IBCommission"]))
    return (row["IBExecID"], *amounts, row["OrderReference"])


def fill_of_api(fill: dict[str, Any]) -> tuple[Any, ...]:
    sign = {"BUY": 1, "SELL": -1}[fill["side"]]
    amounts = (sign * Decimal(fill["quantity"]), Decimal(fill["price"]), Decimal(fill["commission"]))
    return (fill["exec_id"], *amounts, fill["client_order_id"])


def fill_of_ledger(row: dict[str, Any], visitor: Visitor) -> tuple[Any, ...]:
    (cost,) = [Decimal(c["amount"]) for c in visitor.ledger("commission") if c["exec_id"] == row["exec_id"]]
    return (row["exec_id"], Decimal(row["quantity"]), Decimal(row["price"]), cost, row["order_ref"])


def test_a_double_click_is_one_order(alice: Visitor) -> None:
    alice.watch_aapl()
    alice.click_ask(AAPL)
    once = alice.fill_ticket(quantity="10", limit_price="100")

    alice.page.locator("form#ticket button[type=submit]").dblclick()
    assert alice.placed() == []
    alice.page.locator("form#ticket-review .send").dblclick()

    alice.sees_status(once, "Submitted")
    expect(alice.page.locator("#orders tbody tr")).to_have_count(1)
    assert alice.placed() == [once]


def test_two_tabs_with_the_same_ticket_are_one_order(alice: Visitor, new_tab: Any) -> None:
    alice.watch_aapl()
    other = Visitor(new_tab(alice.page), alice.stack, alice.name, alice.account_id)
    other.open_trading_screen()
    once = ""
    for tab in (alice, other):
        tab.click_ask(AAPL)
        once = once or tab.fill_ticket(quantity="10", limit_price="100")
        tab.fill_ticket(quantity="10", limit_price="100")
        tab.page.evaluate("id => document.forms.ticket.elements.client_order_id.value = id", once)

    for tab in (alice, other):
        tab.review()
        expect(tab.page.locator("form#ticket-review .send")).to_be_enabled()
    for tab in (alice, other):
        tab.page.evaluate("document.forms['ticket-review'].requestSubmit()")

    for tab in (alice, other):
        tab.sees_status(once, "Submitted")
        expect(tab.page.locator("#orders tbody tr")).to_have_count(1)
    assert alice.placed() == [once]


def test_an_administrator_stops_and_starts_a_session_and_sees_no_password(
    alice: Visitor, administrator: Visitor
) -> None:
    row = account_row(administrator, alice)
    expect(row).to_contain_text(alice.name)
    expect(row).to_contain_text("Ready")
    expect(row.locator("[data-label=Gateway]")).to_have_text(re.compile(r"\w"))

    row.get_by_role("button", name="Stop").click()
    alice.sees_state("STOPPED")
    expect(account_row(administrator, alice)).to_contain_text("Stopped")
    account_row(administrator, alice).get_by_role("button", name="Start").click()
    alice.sees_state("READY")

    pages = walk_admin(administrator, f"/admin/accounts/brokeraccount/{alice.account_id}/change/")
    for change in (f"brokeraccount/{alice.account_id}", "user", "apitoken", "accountevent"):
        assert any(path.startswith(f"/admin/accounts/{change}/") for path in pages), change
    assert [path for path, text in pages.items() if alice.login in text or "sealed" in text] == []


def account_row(administrator: Visitor, owner: Visitor) -> Any:
    """The list renews itself meanwhile."""
    administrator.page.goto("/desk/")
    link = administrator.page.locator(f"#account-{owner.account_id}")
    return administrator.page.locator("#accounts tbody tr").filter(has=link)


def walk_admin(administrator: Visitor, first: str) -> dict[str, str]:
    """The desk's and the admin's pages by their path: every kind of page, up to five of a kind."""
    seen: dict[str, str] = {}
    kinds: Counter[str] = Counter()
    todo = ["/admin/", "/desk/", first]
    while todo:
        path = todo.pop()
        kind = re.sub(r"[0-9a-f-]{36}|\d+", "ID", path)
        if path in seen or kinds[kind] == 5:
            continue
        kinds[kind] += 1
        seen[path] = administrator.page.request.get(path).text()
        todo += [link for link in re.findall(r'href="(/(?:admin|desk)/[^"?#]*)"', seen[path]) if "logout" not in link]
    return seen


def screenshot(page: Page, name: str) -> None:
    folder = os.environ.get("GATEHOUSE_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png")
