"""The layout of every page in Chromium, on a real server: nothing overlaps, nothing is cut, each field has a name."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from playwright.async_api import Browser, expect

from tests.webapp.pages.browsing import Desk, page_of
from webapp.accounts.models import BrokerAccount
from webapp.trading.models import Instrument, Watchlist

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.asyncio(loop_scope="module"),
]


PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
PATHS = ["", "accounts/", "accounts/connect/", "accounts/{id}/", "accounts/{id}/password/", "accounts/{id}/trade/"]


async def test_a_phone_scrolls_no_page_sideways(
    chromium: Browser, server: str, ready_account: BrokerAccount, watchlist: Watchlist
) -> None:
    await sync_to_async(BrokerAccount.objects.update)(name="A name of an account as long as names may get here")
    async with page_of(ready_account.user, chromium, server, **PHONE) as page:
        widths = {}
        for path in PATHS:
            await page.goto(f"{server}/{path.format(id=ready_account.id)}")
            widths[path] = await page.evaluate("() => document.documentElement.scrollWidth")
    assert widths == dict.fromkeys(PATHS, 390)


PLACES = """
() => ['header.site', '.mode', '.mode-word strong', '.mode .sheet-button', 'main'].map((selector) => {
  const { top, left, height } = document.querySelector(selector).getBoundingClientRect();
  return [selector, top, left, selector === 'main' ? 0 : height];
})
"""


async def test_a_phone_has_two_bars_on_top_that_stay_where_they_are_while_the_connection_comes(
    chromium: Browser, server: str, ready_account: BrokerAccount, watchlist: Watchlist
) -> None:
    may_connect = asyncio.Event()

    async def connect(line: Any) -> None:
        await may_connect.wait()
        line.connect_to_server()

    async with page_of(ready_account.user, chromium, server, **PHONE) as page:
        await page.route_web_socket(re.compile("/ws/"), connect)
        await page.goto(f"{server}/accounts/{ready_account.id}/trade/")
        await expect(page.locator("[data-connection=connecting]")).to_be_visible()
        before = await page.evaluate(PLACES)
        may_connect.set()
        await expect(page.locator("[data-connection=open]")).to_be_visible()
        assert await page.evaluate(PLACES) == before
        assert before[-1][1] <= 125, before
        await page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
        for selector in (".mode-word strong", "[data-connection]", "[data-part=broker]"):
            await expect(page.locator(selector)).to_be_in_viewport()


async def test_a_phones_pages_are_a_menu_away_and_keys_that_it_does_not_have_are_not_spoken_of(
    chromium: Browser, server: str, ready_account: BrokerAccount, watchlist: Watchlist
) -> None:
    async with page_of(ready_account.user, chromium, server, **PHONE) as page:
        await page.goto(f"{server}/accounts/{ready_account.id}/trade/")
        for hint in await page.locator(".of-keys").all():
            await expect(hint).to_be_hidden()
        await page.get_by_role("button", name="Pages of this account; this is Trade").tap()
        await page.locator("#account-pages").get_by_role("link", name="Limits").tap()
        await expect(page).to_have_url(re.compile("/protection/$"))
        await expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
        await page.get_by_role("button", name="Menu").tap()
        await page.get_by_role("button", name="Sign out").tap()
        await expect(page).to_have_url(f"{server}/")


UNLABELLED = """
() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
  .filter((field) => !field.labels.length).map((field) => field.outerHTML)
"""


async def test_every_field_has_a_label(desk: Desk, watchlist: Watchlist, aapl: Instrument) -> None:
    unlabelled = []
    for path in [*PATHS, f"accounts/{{id}}/ticket/?con_id={aapl.con_id}"]:
        await desk.page.goto(f"{desk.server}/{path.format(id=desk.account.id)}")
        unlabelled += await desk.page.evaluate(UNLABELLED)
    assert unlabelled == []


@pytest.mark.parametrize("width", [1180, 1280, 1440])
async def test_every_part_of_the_screen_keeps_to_its_own_place(desk: Desk, watchlist: Watchlist, width: int) -> None:
    await desk.page.set_viewport_size({"width": width, "height": 900})
    await desk.open("trade/")
    grid, ticket = [await desk.page.locator(each).bounding_box() for each in ("#watchlist", "#ticket-panel")]
    assert grid
    assert ticket
    assert grid["x"] + grid["width"] <= ticket["x"]
