"""An account shared, in the windows of both: looked at, traded on, and taken back while it is open."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, expect

from tests.e2e.steps import AAPL, PASSWORD, Visitor, new_name


def test_a_viewer_looks_on_a_trader_orders_and_who_is_revoked_is_out_at_once(alice: Visitor, visit: Any) -> None:
    alice.watch_aapl()
    alice.click_ask(AAPL)
    hers = alice.fill_ticket(quantity="1", limit_price="100")
    alice.send()
    alice.sees_status(hers, "Submitted")
    # Between the act that revokes and the word of it, what his page asks by itself is refused.
    bob: Visitor = visit("Response Status Error Code 404")
    bob.sign_up(new_name("bob-"), PASSWORD)

    invite(alice, bob, "Viewer")
    accept(bob, alice)
    sees_all_and_does_nothing(bob, hers)

    share(alice, bob).get_by_label("Role of").select_option("trader")
    share(alice, bob).get_by_role("button", name="Set the role").click()
    expect(bob.page.locator("main[data-role=trader]")).to_be_visible()
    bob.is_live()
    bobs = places_an_order(bob)
    assert alice.placed() == [hers, bobs]

    share(alice, bob).get_by_role("button", name="Revoke").click()
    expect(bob.page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    expect(bob.page.locator("#orders")).to_have_count(0)
    bob.page.goto("/accounts/")
    expect(bob.page.get_by_role("heading", name="Shared with you")).to_have_count(0)


def invite(owner: Visitor, other: Visitor, role: str) -> None:
    owner.page.goto(f"/accounts/{owner.account_id}/sharing/")
    owner.page.get_by_label("Username").fill(other.name)
    owner.page.get_by_label(role).check()
    owner.page.get_by_role("button", name="Invite").click()
    expect(share(owner, other)).to_contain_text("Invited")


def share(owner: Visitor, other: Visitor) -> Locator:
    return owner.page.locator("ul.shares > li").filter(has_text=other.name)


def accept(invited: Visitor, owner: Visitor) -> None:
    invited.page.goto("/accounts/")
    expect(invited.page.get_by_text(f"{owner.name} wants to share")).to_be_visible()
    invited.page.get_by_role("button", name="Accept").click()
    invited.account_id = owner.account_id
    invited.is_live()


def sees_all_and_does_nothing(viewer: Visitor, client_order_id: str) -> None:
    viewer.sees_status(client_order_id, "Submitted")
    expect(viewer.order(client_order_id).get_by_role("button")).to_have_count(0)
    expect(viewer.order(client_order_id).get_by_role("link", name="Modify")).to_have_count(0)
    expect(viewer.page.locator("#ticket-panel")).to_contain_text("You look on")
    account = f"/accounts/{viewer.account_id}"
    assert viewer.page.request.get(f"{account}/ticket/?con_id={AAPL}&side=BUY").status == 403
    assert viewer.page.request.get(f"{account}/sharing/").status == 403


def places_an_order(trader: Visitor) -> str:
    trader.make_watchlist("Majors")
    trader.add("AAPL", AAPL)
    trader.click_ask(AAPL)
    placed = trader.fill_ticket(quantity="2", limit_price="100")
    trader.send()
    trader.sees_status(placed, "Submitted")
    return placed
