"""The one place for alerts: counted in the header of every page, read, followed to what they are about."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.e2e.steps import AAPL, Visitor

MORE_THAN_IT_CAN_PAY = "100000"


def test_a_rejected_order_is_counted_in_the_header_and_its_alert_leads_to_it(alice: Visitor) -> None:
    alice.watch_aapl()
    expect(count(alice)).to_be_hidden()
    alice.click_ask(AAPL)
    rejected = alice.fill_ticket(quantity=MORE_THAN_IT_CAN_PAY, limit_price="100")
    alice.send()
    alice.sees_status(rejected, "Rejected")

    expect(count(alice)).to_have_text(re.compile("^1"))
    alice.page.get_by_role("link", name="Alerts").click()
    (alert,) = alice.page.locator("ul.alerts > li").all()
    expect(alert).to_contain_text("New")
    expect(alert).to_contain_text("EQUITY WITH LOAN VALUE MUST EXCEED THE INITIAL MARGIN")

    alert.get_by_role("link", name="See the order").click()
    expect(alice.page.locator("#order")).to_contain_text(rejected)
    expect(alice.page.locator("#order")).to_contain_text("Rejected")

    alice.page.get_by_role("link", name="Alerts").click()
    alice.page.get_by_role("button", name="Mark all as seen").click()
    expect(count(alice)).to_be_hidden()


def count(visitor: Visitor) -> Locator:
    return visitor.page.locator("header [data-unseen]")
