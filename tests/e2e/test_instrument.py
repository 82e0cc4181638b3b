"""The page of one instrument on the whole stack: its chart draws and grows, its book comes, a price opens a ticket."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from deploy.local.processes import became_true
from tests.e2e.steps import AAPL, SECONDS, Visitor

# How many of the chart's dots have exactly the colour of a bar that rose or fell.
DOTS = """
() => {
  const colours = getComputedStyle(document.documentElement);
  const numbers = (name) => colours.getPropertyValue(name).trim().match(/[0-9a-f]{2}/g).map((hex) => parseInt(hex, 16));
  const wanted = new Set(['--up', '--down'].map((name) => numbers(name).join()));
  const largest = [...document.querySelectorAll('#chart canvas')].sort((one, other) => other.width - one.width)[0];
  if (!largest?.width) return 0;
  const { data } = largest.getContext('2d').getImageData(0, 0, largest.width, largest.height);
  let dots = 0;
  for (let at = 0; at < data.length; at += 4) dots += wanted.has(`${data[at]},${data[at + 1]},${data[at + 2]}`);
  return dots;
}
"""


def test_a_chart_draws_and_grows_and_a_price_of_the_book_opens_the_ticket(alice: Visitor) -> None:
    page = opened(alice)
    the_chart_draws_and_grows(page)
    the_book_comes(page)
    page.locator("[data-side=asks] a.price").first.click()
    expect(page.locator("form#ticket [name=limit_price]")).to_have_value(re.compile(r"^\d+\.\d\d$"))


def test_an_option_at_the_money_is_quoted_and_opens_the_ticket(alice: Visitor) -> None:
    page = opened(alice, "options/")
    expect(page.locator(".at-the-money")).to_be_in_viewport()
    call = page.locator(".at-the-money .call[data-value=ask] a.price")
    expect(call).to_have_text(re.compile(r"\d"))
    expect(page.locator(".at-the-money .call[data-value=delta]")).to_have_text(re.compile(r"^0\.\d\d$"))
    call.click()
    expect(page.locator("#ticket-heading")).to_contain_text(re.compile(r"AAPL \d+ \w{3} 20\d\d [\d.]+ Call"))
    expect(page.locator(".ticket-quote [data-kind]")).to_have_text("Live")


def opened(visitor: Visitor, rest: str = "") -> Page:
    """A page of AAPL's, which a search has made known."""
    visitor.page.goto(f"/accounts/{visitor.account_id}/search/?q=AAPL")
    visitor.page.goto(f"/accounts/{visitor.account_id}/instruments/{AAPL}/{rest}")
    visitor.is_live()
    return visitor.page


def the_chart_draws_and_grows(page: Page) -> None:
    expect(page.locator("#chart-summary")).to_have_text(re.compile(r"^\d+ bars of AAPL\."), timeout=30 * SECONDS)
    page.get_by_text("The newest bars as a table").click()
    newest = page.locator("#newest-bars tbody tr").first
    expect(newest).to_have_text(re.compile(r"\d"))
    # Every value of a minute changes within it: the bar that is being made is another one soon.
    expect(newest).not_to_have_text(newest.inner_text(), timeout=60 * SECONDS)

    page.get_by_role("link", name=re.compile("^1Y")).click()
    expect(page.locator("#newest-bars th[scope=row]").first).to_have_text(re.compile(r"^\w{3},? \d+ \w+ 20\d\d$"))
    # The lines and the label of the newest price have some hundreds.
    assert became_true(lambda: page.evaluate(DOTS) > 3000, deadline=30), "no bars are drawn"


def the_book_comes(page: Page) -> None:
    page.locator("#depth-panel").scroll_into_view_if_needed()
    for side in ("bids", "asks"):
        rows = page.locator(f"[data-side={side}] tbody tr")
        expect(rows.first).to_have_text(re.compile(r"[A-Z]+.*\d"))
    best_bid, best_ask = (price_of(page.locator(f"[data-side={side}] a.price").first) for side in ("bids", "asks"))
    assert best_bid < best_ask


def price_of(link: Any) -> float:
    return float(link.get_attribute("data-price"))
