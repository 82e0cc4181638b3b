"""The layout of every page in Chromium, on a real server: nothing overlaps, nothing is cut, each field has a name."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async
from playwright.async_api import Browser

from tests.webapp.pages.browsing import Desk, page_of
from webapp.accounts.models import BrokerAccount
from webapp.trading.models import Instrument, Watchlist

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.asyncio(loop_scope="module"),
]


PATHS = ["", "accounts/", "accounts/connect/", "accounts/{id}/", "accounts/{id}/password/", "accounts/{id}/trade/"]


async def test_a_phone_scrolls_no_page_sideways(
    chromium: Browser, server: str, ready_account: BrokerAccount, watchlist: Watchlist
) -> None:
    await sync_to_async(BrokerAccount.objects.update)(name="A name of an account as long as names may get here")
    phone = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    async with page_of(ready_account.user, chromium, server, **phone) as page:
        widths = {}
        for path in PATHS:
            await page.goto(f"{server}/{path.format(id=ready_account.id)}")
            widths[path] = await page.evaluate("() => document.documentElement.scrollWidth")
    assert widths == dict.fromkeys(PATHS, 390)


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
