"""What a person does in the browser, and what they see."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from deploy.local.stack import Stack

SECONDS = 1000
AAPL, EURUSD = 265598, 12087792
PASSWORD = "a-lively-password-7"

# Records every state that the page shows from now on, so that none can pass unseen between two looks.
RECORD_STATES = """
() => {
  const element = document.querySelector('[data-session-state]');
  window.shownStates = [];
  new MutationObserver((records) => {
    const now = element.dataset.sessionState;
    if (window.shownStates.at(-1) !== now) window.shownStates.push(now);
  }).observe(element, { attributes: true, attributeFilter: ['data-session-state'] });
}
"""
# The ask as it stood at the moment of the click: it ticks on.
RECORD_CLICKED_PRICE = """
document.addEventListener('click', (event) => {
  const price = event.target.closest('a.price');
  if (price) window.clickedPrice = price.textContent.trim();
}, { capture: true });
"""


def new_name(stem: str) -> str:
    """The stack's rows stay from test to test."""
    return f"{stem}{uuid.uuid4().hex[:8]}"


@dataclass
class Visitor:
    page: Page
    stack: Stack
    name: str = ""
    account_id: str = ""
    login: str = ""

    def sign_up(self, name: str, password: str) -> None:
        self.page.goto("/")
        self.page.get_by_role("link", name="Sign up").first.click()
        self.page.fill("[name=username]", name)
        self.page.fill("[name=password1]", password)
        self.page.fill("[name=password2]", password)
        self.page.get_by_role("button", name="Sign up").click()
        expect(self.page).to_have_url(re.compile("/accounts/$"))
        self.name = name

    def sign_out(self) -> None:
        self.page.get_by_role("button", name="Sign out").click()
        expect(self.page.get_by_role("link", name="Sign in").first).to_be_visible()

    def sign_in(self, name: str, password: str) -> None:
        self.page.goto("/auth/login/")
        self.page.fill("[name=login]", name)
        self.page.fill("[name=password]", password)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page).to_have_url(re.compile("/accounts/$"))
        self.name = name

    def connect(self, username: str, password: str | None = None, *, mode: str = "Paper") -> None:
        """An account, Paper or Live. The simulated broker takes a password that equals the username, and no other."""
        self.page.goto("/accounts/connect/")
        self.page.fill("[name=username]", username)
        self.page.fill("[name=password]", username if password is None else password)
        self.page.get_by_label(mode).check()
        self.page.get_by_role("button", name="Connect").click()
        expect(self.page).to_have_url(re.compile(r"/accounts/[0-9a-f-]{36}/$"))
        self.account_id = self.page.url.rstrip("/").rpartition("/")[2]
        self.login = username

    def sees_state(self, state: str, page: Page | None = None) -> None:
        shown = (page or self.page).locator("[data-session-state]").first
        expect(shown).to_have_attribute("data-session-state", state, timeout=30 * SECONDS)

    def is_live(self, page: Page | None = None) -> None:
        expect((page or self.page).locator("[data-connection]")).to_have_attribute("data-connection", "open")

    def open_trading_screen(self) -> None:
        self.page.goto(f"/accounts/{self.account_id}/trade/")
        self.is_live()

    def make_watchlist(self, name: str) -> None:
        self.page.fill("#watchlist-name", name)
        self.page.get_by_role("button", name="Create watchlist").click()
        expect(self.page.locator(".tabs a[aria-current=page]")).to_have_text(name)

    def add(self, text: str, con_id: int) -> None:
        self.page.fill("#search-input", text)
        result = self.page.locator(f"[data-result-con-id='{con_id}']")
        result.get_by_role("button", name="Add").click()
        expect(self.row(con_id)).to_be_visible()

    def watch_aapl(self) -> None:
        """The trading screen, with a list that holds it."""
        self.open_trading_screen()
        self.make_watchlist("Majors")
        self.add("AAPL", AAPL)

    def row(self, con_id: int) -> Locator:
        return self.page.locator(f"#watchlist tr[data-con-id='{con_id}']")

    def cell(self, con_id: int, field: str) -> Locator:
        return self.row(con_id).locator(f"[data-field={field}]")

    def sees_it_tick(self, con_id: int, field: str) -> None:
        """A number appears, and then becomes another one."""
        cell = self.cell(con_id, field)
        expect(cell).to_have_text(re.compile(r"\d"))
        expect(cell).not_to_have_text(cell.inner_text())

    def click_ask(self, con_id: int) -> str:
        """Opens the ticket; the price that was clicked."""
        expect(self.cell(con_id, "ask")).to_have_text(re.compile(r"\d"))
        self.cell(con_id, "ask").locator("a.price").click()
        expect(self.page.locator("form#ticket")).to_be_visible()
        return str(self.page.evaluate("window.clickedPrice")).replace(",", "")

    def fill_ticket(self, *, quantity: str, limit_price: str | None) -> str:
        """Without a limit it is a market order. Returns the ticket's client_order_id."""
        ticket = self.page.locator("form#ticket")
        ticket.locator("[name=quantity]").fill(quantity)
        ticket.locator("[name=order_type]").select_option("MKT" if limit_price is None else "LMT")
        if limit_price is not None:
            ticket.locator("[name=limit_price]").fill(limit_price)
        return ticket.locator("[name=client_order_id]").input_value()

    def review(self) -> None:
        """The first of two steps: the order in words, or what is wrong with it."""
        self.page.locator("form#ticket button[type=submit]").click()

    def send(self) -> None:
        self.review()
        self.page.locator("form#ticket-review .send").click()

    def order(self, client_order_id: str) -> Locator:
        return self.page.locator(f"#orders tr[data-client-order-id='{client_order_id}']")

    def sees_status(self, client_order_id: str, status: str) -> None:
        expect(self.order(client_order_id).locator("[data-field=status]")).to_have_text(status)

    def gateway_folder(self) -> Path:
        (folder,) = (self.stack.var / "gateways").glob(f"*{self.account_id}*")
        return folder

    def ledger(self, kind: str) -> list[dict[str, Any]]:
        """What the broker itself saw of this account."""
        lines = (self.gateway_folder() / "ledger.jsonl").read_text().splitlines()
        return [row for row in map(json.loads, lines) if row["kind"] == kind]

    def placed(self) -> list[str]:
        """The orderRef of every order that reached the broker; a what-if is none."""
        return [row["order_ref"] for row in self.ledger("order") if row["event"] == "new"]
