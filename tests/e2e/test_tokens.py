"""A token made on its page, used by a program, and revoked on its page."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
from playwright.sync_api import expect

from deploy.local.processes import became_true
from tests.e2e.steps import AAPL, Visitor


def test_a_token_opens_what_its_scopes_say_until_it_is_revoked(alice: Visitor) -> None:
    alice.watch_aapl()
    reader = make_token(alice, "reader", trade=False)
    trader = make_token(alice, "trader", trade=True)

    assert [each["id"] for each in ask(alice, reader, "GET", "accounts").json()["items"]] == [alice.account_id]
    assert place(alice, reader).status_code == 403
    placed = place(alice, trader)
    assert placed.status_code == 201, placed.text
    assert became_true(lambda: alice.placed() == [placed.json()["client_order_id"]], deadline=20)

    token = alice.page.locator("ul.tokens > li").filter(has_text="trader")
    token.get_by_role("button", name="Revoke").click()
    expect(alice.page.get_by_text("The token “trader” is revoked")).to_be_visible()
    expect(token).to_have_count(0)
    assert ask(alice, trader, "GET", "accounts").status_code == 401
    assert ask(alice, reader, "GET", "accounts").status_code == 200


def make_token(visitor: Visitor, name: str, *, trade: bool) -> str:
    """The token, as it is shown this once."""
    visitor.page.goto("/tokens/")
    visitor.page.get_by_label("Name").fill(name)
    visitor.page.get_by_label("Trade").set_checked(trade)
    visitor.page.get_by_role("button", name="Create the token").click()
    made = visitor.page.locator("#made").inner_text()
    visitor.page.goto("/tokens/")
    expect(visitor.page.get_by_text(made)).to_have_count(0)
    return made


def ask(visitor: Visitor, token: str, method: str, path: str, **body: Any) -> httpx.Response:
    address = f"{visitor.stack.url}/api/v1/{path}"
    return httpx.request(method, address, headers={"Authorization": f"Bearer {token}"}, timeout=20, **body)


def place(visitor: Visitor, token: str) -> httpx.Response:
    order = {"con_id": AAPL, "side": "BUY", "order_type": "LMT", "quantity": "1", "limit_price": "100"}
    body = {"client_order_id": str(uuid.uuid4()), **order}
    return ask(visitor, token, "POST", f"accounts/{visitor.account_id}/orders", json=body)
