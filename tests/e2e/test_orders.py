"""An order as a trader makes it: what it costs, its exits, its change; what the limits refuse; real money."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, expect

from deploy.local.processes import became_true
from tests.e2e.steps import AAPL, PASSWORD, Visitor, new_name

# What it changes by, and what it then comes to.
MARGIN = re.compile(r"^\s*\+[\d,]+\.\d\d [A-Z]{3}\s+then [\d,]+\.\d\d\s*$")


def test_a_previewed_bracket_is_three_orders_and_its_change_reaches_the_broker(alice: Visitor) -> None:
    alice.watch_aapl()
    alice.click_ask(AAPL)
    bracket = alice.fill_ticket(quantity="10", limit_price="100")
    alice.page.get_by_text("Take profit, stop loss").click()
    alice.page.locator("form#ticket [name=take_profit_price]").fill("300")
    alice.page.locator("form#ticket [name=stop_loss_price]").fill("90")
    alice.review()
    expect(cost(alice, "Commission")).to_have_text(re.compile(r"^1\.00( to [\d.]+)? USD$"))
    expect(cost(alice, "Initial margin")).to_have_text(MARGIN)
    assert alice.placed() == []

    alice.page.locator("#ticket-review .send").click()
    alice.sees_status(bracket, "Submitted")
    for exit_label, price in (("Take profit", "300.00"), ("Stop loss", "90.00")):
        row = alice.page.locator("#orders tbody tr").filter(has_text=exit_label)
        expect(row).to_contain_text(price)
        expect(row.locator("[data-field=status]")).to_have_text("Submitted")
    expect(alice.page.locator("#orders tbody tr")).to_have_count(3)
    assert len(alice.placed()) == 3

    alice.order(bracket).get_by_role("link", name="Modify").click()
    alice.page.locator("form#change [name=limit_price]").fill("101.5")
    alice.page.locator("form#change button[type=submit]").click()
    alice.page.locator("form#change-review .send").click()
    expect(alice.order(bracket).locator("[data-field=limit_price]")).to_have_text("101.50")
    expect(alice.order(bracket).locator("[data-changing]")).to_be_hidden()
    changes = [(row["order_ref"], row["limit_price"]) for row in alice.ledger("order") if row["event"] == "modify"]
    assert changes == [(bracket, "101.5")]


def cost(visitor: Visitor, label: str) -> Locator:
    line = visitor.page.locator("[data-costs] dl.costs > div").filter(has=visitor.page.get_by_text(label, exact=True))
    return line.locator("dd")


def test_an_order_over_a_limit_is_refused_with_the_limit_named(alice: Visitor) -> None:
    alice.page.goto(f"/accounts/{alice.account_id}/protection/")
    alice.page.get_by_label("Largest quantity").fill("5")
    alice.page.get_by_role("button", name="Store the limits").click()
    expect(alice.page.get_by_label("Largest quantity")).to_have_value("5")
    alice.watch_aapl()
    alice.click_ask(AAPL)

    refused = alice.fill_ticket(quantity="6", limit_price="100")
    alice.review()
    said = "The quantity 6 is over this account's limit of 5 per order."
    expect(alice.page.locator("#ticket-panel [role=alert]")).to_contain_text(said)
    expect(alice.order(refused)).to_have_count(0)

    within = alice.fill_ticket(quantity="5", limit_price="100")
    alice.send()
    alice.sees_status(within, "Submitted")
    assert alice.placed() == [within]


def test_real_money_is_sent_after_the_password_and_a_typed_word(visit: Any) -> None:
    alice: Visitor = visit()
    alice.sign_up(new_name("alice-"), PASSWORD)
    alice.connect(new_name("walter"), mode="Live")
    alice.sees_state("READY")
    alice.watch_aapl()
    alice.click_ask(AAPL)
    expect(alice.page.locator("#ticket-panel")).to_contain_text("Live trading is off, so this order can't be sent.")

    turn_live_trading_on(alice)
    alice.open_trading_screen()
    alice.click_ask(AAPL)
    market = alice.fill_ticket(quantity="3", limit_price=None)
    alice.review()
    expect(alice.page.locator("#ticket-confirmation")).to_contain_text("LIVE, real money")
    alice.page.get_by_label("type LIVE to send").fill("LIVE")
    alice.page.locator("form#ticket-review .send").click()

    alice.sees_status(market, "Filled")
    assert alice.placed() == [market]
    assert became_true(lambda: {row["order_ref"] for row in alice.ledger("execution")} == {market}, deadline=5)


def turn_live_trading_on(visitor: Visitor) -> None:
    visitor.page.get_by_role("link", name="Turn it on").first.click()
    visitor.page.get_by_label("Your Gatehouse password").fill("another-password-8")
    visitor.page.get_by_role("button", name="Turn live trading on").click()
    expect(visitor.page.locator("form .error").first).to_be_visible()
    visitor.page.get_by_label("Your Gatehouse password").fill(PASSWORD)
    visitor.page.get_by_role("button", name="Turn live trading on").click()
    expect(visitor.page.get_by_text("orders leave with real money").first).to_be_visible()
