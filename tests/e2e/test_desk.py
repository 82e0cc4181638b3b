"""The administrator's desk at work, and what those whom it concerns see of it at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from deploy.local.processes import became_true
from deploy.local.stack import Stack
from tests.e2e.steps import AAPL, PASSWORD, Visitor, new_name


@pytest.fixture
def in_service_again(manage: Any) -> Iterator[None]:
    """The other tests' stack too, whatever became of this one."""
    yield
    manage(
        "shell",
        "--no-imports",
        "-c",
        "from webapp.accounts.models import Worker; Worker.objects.update(is_draining=False)\n"
        "from webapp.trading.models import KillSwitch; KillSwitch.objects.filter(account=None).delete()",
    )


@pytest.mark.usefixtures("in_service_again")
def test_a_drained_worker_takes_no_session_until_it_is_in_service_again(
    administrator: Visitor, visit: Any, stack: Stack
) -> None:
    waiting: Visitor = visit()
    waiting.sign_up(new_name("alice-"), PASSWORD)
    administrator.page.goto("/desk/workers/")
    workers = administrator.page.locator("#workers")
    workers.get_by_role("button", name="Drain").click()
    expect(workers.get_by_role("button", name="Take into service")).to_be_visible()
    assert became_true(lambda: worker_said(stack, "this worker is drained"), deadline=20)

    waiting.connect(new_name("walter"))
    expect(workers).to_contain_text("1 session is wanted and held by no worker")
    waiting.sees_state("STOPPED")
    workers.get_by_role("button", name="Take into service").click()
    waiting.sees_state("READY")
    expect(workers).not_to_contain_text("held by no worker")
    expect(workers).to_contain_text("In service")
    sees_in_audit_log(administrator, "Worker drained", "Worker taken into service again")


def worker_said(stack: Stack, words: str) -> bool:
    """No page shows that it has heard of it."""
    return any(words in log.read_text() for log in (stack.var / "log").glob("worker*.log"))


def test_who_is_suspended_is_out_at_once_and_reads_why(alice: Visitor, administrator: Visitor, visit: Any) -> None:
    administrator.page.goto(f"/desk/accounts/{alice.account_id}/")
    suspend(administrator, "Suspend the account", "a margin call")
    expect(alice.page.locator("[data-suspended]").first).to_contain_text("a margin call")
    alice.sees_state("STOPPED")
    expect(alice.page.locator("[data-action=start]")).to_be_hidden()

    administrator.page.locator("#owner").click()
    suspend(administrator, f"Suspend {alice.name}", "unpaid bills")
    expect(alice.page.locator("[data-connection]")).to_contain_text("signed out")
    alice.page.goto(f"/accounts/{alice.account_id}/")
    try_to_sign_in(alice)
    expect(alice.page.get_by_role("heading", name="This user is suspended")).to_be_visible()
    expect(alice.page.locator("main")).to_contain_text("unpaid bills")

    administrator.page.get_by_role("button", name=f"Let {alice.name} in again").click()
    expect(administrator.page.get_by_text("May sign in")).to_be_visible()
    visit().sign_in(alice.name, PASSWORD)
    sees_in_audit_log(administrator, "Account suspended", "User suspended", "User's suspension ended")


def suspend(administrator: Visitor, button: str, reason: str) -> None:
    administrator.page.locator("#suspend-reason").fill(reason)
    administrator.page.get_by_role("button", name=button).click()
    expect(administrator.page.locator("main")).to_contain_text(reason)


def try_to_sign_in(visitor: Visitor) -> None:
    visitor.page.fill("[name=login]", visitor.name)
    visitor.page.fill("[name=password]", PASSWORD)
    visitor.page.get_by_role("button", name="Sign in").click()


@pytest.mark.usefixtures("in_service_again")
def test_the_kill_switch_of_all_cancels_what_is_open_and_says_so_on_every_page(
    alice: Visitor, administrator: Visitor
) -> None:
    alice.watch_aapl()
    open_order = an_open_order(alice)

    confirm(administrator, "Type STOP ALL to confirm", "STOP ALL", "Stop all trading")
    alice.sees_status(open_order, "Cancelled")
    expect(alice.page.locator("[data-when-killed]")).to_contain_text("Stopped on all accounts")
    alice.click_ask(AAPL)
    refused = alice.fill_ticket(quantity="1", limit_price="100")
    alice.review()
    said = "Trading is stopped on all accounts by an administrator"
    expect(alice.page.locator("#ticket-panel [role=alert]")).to_contain_text(said)

    confirm(administrator, "Type RELEASE ALL to confirm", "RELEASE ALL", "Let all accounts trade again")
    expect(alice.page.locator("[data-when-killed]")).to_be_hidden()
    alice.send()
    alice.sees_status(refused, "Submitted")
    assert alice.placed() == [open_order, refused]
    sees_in_audit_log(administrator, "Kill switch engaged", "Kill switch released")


def an_open_order(visitor: Visitor) -> str:
    visitor.click_ask(AAPL)
    placed = visitor.fill_ticket(quantity="1", limit_price="100")
    visitor.send()
    visitor.sees_status(placed, "Submitted")
    return placed


def confirm(administrator: Visitor, label: str, word: str, button: str) -> None:
    administrator.page.goto("/desk/kill-switch/")
    administrator.page.get_by_label(label).fill(word)
    administrator.page.get_by_role("button", name=button).click()


def sees_in_audit_log(administrator: Visitor, *deeds: str) -> None:
    """Each done by this administrator."""
    administrator.page.goto(f"/desk/audit/?user={administrator.name}")
    for deed in deeds:
        expect(entry(administrator, deed).first).to_contain_text(administrator.name)


def entry(administrator: Visitor, deed: str) -> Locator:
    rows = administrator.page.locator("table.audit tbody tr")
    return rows.filter(has=administrator.page.get_by_role("rowheader", name=deed, exact=True))
