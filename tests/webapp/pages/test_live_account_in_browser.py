"""axe-core reads a live account's pages, and what opens over them: another bar, and a field to type LIVE in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.utils import timezone
from playwright.async_api import Browser, expect

from tests.services import ROOT
from tests.webapp.pages.browsing import Desk, page_of
from tests.webapp.trading.examples import placed
from webapp.accounts.models import BrokerAccount
from webapp.trading.models import Instrument, Watchlist

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.asyncio(loop_scope="module"),
]

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
VIOLATIONS = """
async () => (await axe.run(document)).violations.flatMap(({ id, nodes }) =>
  nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`))
"""
LOOKS = [
    pytest.param({"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"}, id="wide and light"),
    pytest.param({"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}, id="narrow and dark"),
]
PATHS = ("", "password/", "log/", "audit/", "sharing/", "protection/", "live-trading/", "trade/")


@pytest_asyncio.fixture(loop_scope="module", params=LOOKS)
async def live_desk(
    chromium: Browser, server: str, ready_account: BrokerAccount, request: pytest.FixtureRequest
) -> AsyncIterator[Desk]:
    changes = {"trading_mode": "live", "live_trading_since": timezone.now()}
    await sync_to_async(BrokerAccount.objects.update)(**changes)
    async with page_of(ready_account.user, chromium, server, reduced_motion="reduce", **request.param) as page:
        yield Desk(page, server, ready_account)


async def wrongs(desk: Desk, where: str) -> list[str]:
    await desk.page.evaluate(AXE.read_text())
    found: list[str] = await desk.page.evaluate(VIOLATIONS)
    return [f"{where}: {each}" for each in found]


async def test_axe_finds_nothing_on_a_live_accounts_pages(live_desk: Desk) -> None:
    found = []
    for path in PATHS:
        await live_desk.page.goto(f"{live_desk.server}/accounts/{live_desk.account.id}/{path}")
        await live_desk.one(".mode-live").to_be_visible()
        found += await wrongs(live_desk, path)
    assert not found, "\n".join(found)


async def test_axe_finds_nothing_on_a_live_ticket_its_review_and_the_dialogs(
    live_desk: Desk, watchlist: Watchlist, aapl: Instrument
) -> None:
    await sync_to_async(placed)(live_desk.account)
    await live_desk.open("trade/")
    await live_desk.page.click(f"tr[data-con-id='{aapl.con_id}'] td[data-field=ask]")
    await live_desk.one("#ticket").to_be_visible()
    found = await wrongs(live_desk, "the ticket")
    await live_desk.page.fill("#ticket-quantity", "10")
    await live_desk.page.fill("#ticket-limit_price", "187.31")
    await live_desk.page.press("#ticket-limit_price", "Enter")
    await live_desk.one("#ticket-review .send").to_be_enabled()
    found += await wrongs(live_desk, "the review")
    await live_desk.page.click("[data-close-ticket]")
    for opener, dialog in dialogs(live_desk):
        await opener.first.click()
        await expect(dialog).to_be_visible()
        found += await wrongs(live_desk, str(dialog))
        await live_desk.page.keyboard.press("Escape")
    assert not found, "\n".join(found)


def dialogs(desk: Desk) -> Any:
    page = desk.page
    yield page.locator("[data-cancel-all]"), page.get_by_role("heading", name="Cancel all")
    yield page.locator("#orders a[data-opens-dialog]"), page.locator("#order-dialog")
    yield page.locator("a.menu-link", has_text="Display"), page.locator("#display")
    if page.viewport_size and page.viewport_size["width"] > 760:
        yield page.locator("[data-show-keys]"), page.locator("#keys")
