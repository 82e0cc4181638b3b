"""The layout of every page in Chromium, on a real server: nothing overlaps, nothing is cut, each field has a name."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from playwright.async_api import Browser, expect

from tests.webapp.pages.browsing import Desk, page_of
from webapp.accounts.models import BrokerAccount, User
from webapp.audit import recording as audit
from webapp.audit.acting import Origin, acting
from webapp.audit.models import Action, Via
from webapp.trading.models import Instrument, Watchlist

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.asyncio(loop_scope="module"),
]


PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
PATHS = [
    *("", "accounts/", "accounts/connect/", "alerts/", "tokens/", "desk/", "desk/audit/"),
    *(f"accounts/{{id}}/{page}" for page in ("", "password/", "trade/", "audit/", "sharing/", "protection/")),
]
AUDIT = ("When", "Who", "What", "Account", "In words", "From where")
# Of the page, and of what scrolls by itself in it.
WIDTH = """
() => Math.max(document.documentElement.scrollWidth, ...[...document.querySelectorAll('main .scroll')]
  .map((part) => innerWidth + part.scrollWidth - part.clientWidth))
"""


@pytest_asyncio.fixture(loop_scope="module")
async def administrator(ready_account: BrokerAccount) -> User:
    """alice, who looks at the desk, too, where the audit log has two entries."""

    def prepare() -> User:
        user = ready_account.user
        user.is_staff = user.is_superuser = True
        user.save()
        with acting(Origin(via=Via.PAGE, person=lambda: user, ip="2001:db8:1:2:3:4:5:6", user_agent="Firefox " * 20)):
            audit.record(Action.KILL_SWITCH_ENGAGED, account=ready_account, text="Lunch, and then some more. " * 8)
            audit.record(Action.LOGIN_FAILED, subject="alice")
        return user

    return await sync_to_async(prepare)()


async def test_a_phone_scrolls_no_page_sideways(
    chromium: Browser, server: str, ready_account: BrokerAccount, administrator: User, watchlist: Watchlist
) -> None:
    await sync_to_async(BrokerAccount.objects.update)(name="A name of an account as long as names may get here")
    async with page_of(administrator, chromium, server, **PHONE) as page:
        widths = {}
        for path in PATHS:
            await page.goto(f"{server}/{path.format(id=ready_account.id)}")
            widths[path] = await page.evaluate(WIDTH)
    assert widths == dict.fromkeys(PATHS, 390)


async def test_a_wide_audit_log_gives_its_words_the_most_room(
    chromium: Browser, server: str, administrator: User
) -> None:
    async with page_of(administrator, chromium, server, viewport={"width": 1440, "height": 900}) as page:
        await page.goto(f"{server}/desk/audit/")
        heads = [await each.bounding_box() or {} for each in await page.locator(".audit thead th").all()]
        widths = {name: head["width"] for name, head in zip(AUDIT, heads, strict=True)}
    assert max(widths, key=widths.__getitem__) == "In words", widths
    assert min(widths.values()) >= 120, widths


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
        await page.locator("#account-pages").get_by_role("link", name="Limits and kill switch").tap()
        await expect(page).to_have_url(re.compile("/protection/$"))
        await expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
        await page.get_by_role("button", name="Menu").tap()
        await page.get_by_role("button", name="Sign out").tap()
        await expect(page).to_have_url(f"{server}/")


UNLABELLED = """
() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
  .filter((field) => !field.labels.length).map((field) => field.outerHTML)
"""


async def test_every_field_has_a_label(desk: Desk, administrator: User, watchlist: Watchlist, aapl: Instrument) -> None:
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


@pytest.mark.parametrize("width", [390, 768, 1440])
async def test_what_a_watchlist_menu_opens_lies_inside_the_screen_and_only_one_is_open(
    chromium: Browser, server: str, ready_account: BrokerAccount, watchlist: Watchlist, width: int
) -> None:
    async with page_of(ready_account.user, chromium, server, viewport={"width": width, "height": 844}) as page:
        await page.goto(f"{server}/accounts/{ready_account.id}/trade/")
        for name, body in (("New list", ".menu > form"), ("Change list", ".menu-body")):
            await page.get_by_text(name, exact=True).click()
            box = await page.locator(body).locator("visible=true").bounding_box()
            assert box is not None
            assert box["x"] >= 0, (name, box)
            assert box["x"] + box["width"] <= width, (name, box)
        await expect(page.locator(".menu[open]")).to_have_count(1)


@pytest.mark.parametrize("width", [390, 768])
async def test_who_has_no_watchlist_names_one_beneath_the_search_with_nothing_lying_over_it(
    chromium: Browser, server: str, ready_account: BrokerAccount, width: int
) -> None:
    async with page_of(ready_account.user, chromium, server, viewport={"width": width, "height": 844}) as page:
        await page.goto(f"{server}/accounts/{ready_account.id}/trade/")
        await page.locator(".search").get_by_role("button", name="Search").click(trial=True)
        await page.get_by_label("Name of the new watchlist").fill("Mornings")
        await page.get_by_role("button", name="Create watchlist").click()
        await expect(page.locator("[data-watchlists] [aria-current]")).to_have_text("Mornings")
