"""The watchlist in Chromium, on a real server: what is wanted of the market, and everything by keyboard."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from playwright.async_api import Browser, expect

from tests.webapp.pages.browsing import Desk, page_of, quote
from webapp.bus import interest, keys
from webapp.bus import redis as bus_redis
from webapp.bus.redis import messages
from webapp.trading.models import Instrument, Order, Position, Watchlist, WatchlistItem

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.asyncio(loop_scope="module"),
]

HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
FIRST, LAST = 5_000_001, 5_000_200


@pytest.fixture
def long_list(watchlist: Watchlist, aapl: Instrument) -> Watchlist:
    """Two hundred instruments and no other."""
    values = {field.attname: getattr(aapl, field.attname) for field in Instrument._meta.concrete_fields}
    numbers = range(FIRST, LAST + 1)
    changes = [{"con_id": number, "symbol": f"S{number}", "display_symbol": f"S{number}"} for number in numbers]
    instruments = Instrument.objects.bulk_create([Instrument(**{**values, **each}) for each in changes])
    watchlist.items.all().delete()
    items = [WatchlistItem(watchlist=watchlist, instrument=one, position=i) for i, one in enumerate(instruments)]
    WatchlistItem.objects.bulk_create(items)
    return watchlist


async def wanted_once(desk: Desk, is_right: Callable[[set[int]], bool]) -> set[int]:
    """What the server wants of the market, once that is right. What it no longer renews is taken away before."""
    async with bus_redis.async_client() as redis, redis.pubsub() as pubsub, asyncio.timeout(40):
        await pubsub.subscribe(keys.DOORBELL)
        await redis.delete(keys.interest(desk.account.id))
        # What is wanted anew rings.
        async for _ in messages(pubsub):
            if is_right(wanted := await interest.wanted(redis, desk.account.id)):
                return wanted
    raise AssertionError("the bus was closed")


async def test_only_what_somebody_can_see_is_wanted_of_the_market(
    desk: Desk, chromium: Browser, long_list: Watchlist, aapl: Instrument, eurusd: Instrument
) -> None:
    """Of two windows of one account, so that what the one doesn't want any more shows in what the other does."""
    held = {"account": desk.account, "account_code": "DU1000001", "instrument": eurusd, "quantity": Decimal(1)}
    await sync_to_async(Position.objects.create)(**held)
    await desk.open("trade/")
    top = await wanted_once(desk, lambda wanted: FIRST in wanted)
    assert LAST not in top
    assert eurusd.con_id in top
    assert len(top) < 60

    await desk.page.locator(f"tr[data-con-id='{LAST}']").scroll_into_view_if_needed()
    bottom = await wanted_once(desk, lambda wanted: LAST in wanted)
    assert FIRST not in bottom
    assert eurusd.con_id in bottom
    assert len(bottom) < 60

    async with page_of(desk.account.user, chromium, desk.server) as other:
        await other.goto(f"{desk.server}/accounts/{desk.account.id}/trade/")
        await wanted_once(desk, lambda wanted: {FIRST, LAST} <= wanted)
        await desk.page.evaluate(HIDE, True)
        await desk.one(f"tr[data-con-id='{LAST}'] [data-field=market_data_type]").to_have_text("no data")
        assert LAST not in await wanted_once(desk, lambda wanted: FIRST in wanted)

        shown = replace(quote(aapl, bid="187.30", ask="187.40"), con_id=LAST)
        await desk.publish(1, shown)
        await desk.page.evaluate(HIDE, False)
        await desk.one(f"tr[data-con-id='{LAST}'] [data-field=ask]").to_have_text("187.40")
        assert LAST in await wanted_once(desk, lambda wanted: {FIRST, LAST} <= wanted)


async def test_everything_is_done_by_keyboard(
    desk: Desk, watchlist: Watchlist, aapl: Instrument, eurusd: Instrument
) -> None:
    await desk.open("trade/")
    press = desk.page.keyboard.press
    await press("/")
    await desk.one("#search-input").to_be_focused()
    await desk.page.keyboard.type("eur")
    await desk.one(f"#add-{eurusd.con_id}").to_be_visible()
    await press("ArrowDown")
    await desk.one(f"[data-result-con-id='{eurusd.con_id}'] [data-result-action]").to_be_focused()
    await press("Enter")
    await desk.one("#watchlist tr[data-con-id]").to_have_count(2)
    await desk.one(f"button#add-{eurusd.con_id}").to_be_focused()
    await press("Escape")
    await desk.one("#search-results > *").to_have_count(0)
    await desk.one("#search-input").to_be_focused()

    await desk.page.focus(f"tr[data-con-id='{aapl.con_id}']")
    await press("Tab")
    await desk.one(f"tr[data-con-id='{aapl.con_id}'] [data-open]").to_be_focused()
    await press("ArrowDown")
    await desk.one(f"tr[data-con-id='{eurusd.con_id}']").to_be_focused()
    await press("Alt+ArrowUp")
    await desk.one("#watchlist tr[data-con-id] >> nth=0").to_have_attribute("data-con-id", str(eurusd.con_id))
    await desk.one(f"tr[data-con-id='{eurusd.con_id}']").to_be_focused()
    await press("s")
    await desk.one("#ticket input[value=SELL]").to_be_checked()
    await desk.one("#ticket-quantity").to_be_focused()
    # In a field keys are letters.
    await desk.page.keyboard.type("b/?s")
    await desk.one("#ticket-quantity").to_have_value("b/?s")
    await desk.one("dialog[open]").to_have_count(0)
    await press("Escape")
    await desk.one("form#ticket").to_have_count(0)

    await desk.page.focus(f"tr[data-con-id='{eurusd.con_id}']")
    await press("?")
    await desk.one("#keys").to_be_visible()
    await press("b")
    await press("Escape")
    await desk.one("#keys").to_be_hidden()
    await desk.one("form#ticket").to_have_count(0)
    await press("Delete")
    await desk.one("#watchlist tr[data-con-id]").to_have_count(1)
    await desk.one(f"tr[data-con-id='{aapl.con_id}']").to_be_focused()
    assert await sync_to_async(Order.objects.count)() == 0
    assert [item async for item in watchlist.items.values_list("instrument_id", flat=True)] == [aapl.con_id]


async def test_columns_and_colours_are_chosen_without_leaving_the_screen(
    desk: Desk, watchlist: Watchlist, aapl: Instrument
) -> None:
    await desk.open("trade/")
    await desk.publish(
        1, replace(quote(aapl, bid="187.30", ask="187.40"), high=Decimal("190.5"), last=Decimal("187.3"))
    )
    row = f"tr[data-con-id='{aapl.con_id}']"
    await desk.one(f"{row} [data-field=ask]").to_have_text("187.40")
    await desk.page.click(".menu-link")
    await desk.page.check("#display input[value=high]")
    for field in ("ask", "last"):
        await desk.page.uncheck(f"#display input[value={field}]")
    await desk.page.check("#display input[value=green_red]")
    for _ in range(20):
        await desk.page.click("#display li[data-column=high] [data-nudge='-1']")
    await desk.page.click("#display button[type=submit]")
    await desk.one("#display").to_be_hidden()
    await desk.one(f"{row} td >> nth=0").to_have_text("190.50")
    await desk.one(f"{row} [data-field=ask]").to_have_count(0)
    await desk.one("html").to_have_attribute("data-palette", "green_red")
    # A ticket opens without the column, too.
    await desk.page.focus(row)
    await desk.page.keyboard.press("b")
    await desk.one("#ticket input[value=BUY]").to_be_checked()


async def test_a_price_that_moves_keeps_an_arrow_and_does_not_flash_for_who_wants_less_motion(
    desk: Desk, watchlist: Watchlist, aapl: Instrument
) -> None:
    await desk.page.emulate_media(reduced_motion="reduce")
    await desk.open("trade/")
    price = f"tr[data-con-id='{aapl.con_id}'] a.price.sell"
    for seq, (bid, moved) in enumerate([("187.30", None), ("187.31", "up"), ("187.29", "down")], start=1):
        await desk.publish(seq, quote(aapl, bid=bid, ask="187.40"))
        await desk.one(price).to_have_text(bid)
        assert await desk.page.get_attribute(price, "data-moved") == moved
        await desk.one("[data-lit]").to_have_count(0)
    await desk.page.emulate_media(reduced_motion="no-preference")
    await desk.publish(4, quote(aapl, bid="187.35", ask="187.40"))
    await desk.one(f"{price}[data-lit]").to_be_visible()
    await desk.one("[data-lit]").to_have_count(0)


async def test_rows_are_dragged_and_a_place_that_was_not_stored_is_taken_back(
    chromium: Browser, desk: Desk, watchlist: Watchlist, aapl: Instrument, eurusd: Instrument
) -> None:
    await WatchlistItem.objects.acreate(watchlist=watchlist, instrument=eurusd, position=1)
    first = "#watchlist tr[data-con-id] >> nth=0"
    async with page_of(desk.account.user, chromium, desk.server, but="Failed to load resource") as page:
        window = Desk(page, desk.server, desk.account)
        await window.open("trade/")

        async def drag() -> None:
            rows = [await page.locator(f"tr[data-con-id='{one.con_id}']").bounding_box() for one in (aapl, eurusd)]
            boxes: list[Any] = sorted(rows, key=lambda box: float((box or {})["y"]))
            grip = page.locator(f"{first} >> [data-grip]")
            await grip.hover()
            await page.mouse.down()
            await page.mouse.move(boxes[1]["x"] + 20, boxes[1]["y"] + boxes[1]["height"] - 2, steps=5)
            await page.mouse.up()

        async with page.expect_response(re.compile("/move/")):
            await drag()
        await window.one(first).to_have_attribute("data-con-id", str(eurusd.con_id))
        assert [item async for item in watchlist.items.values_list("instrument_id", flat=True)] == [
            eurusd.con_id,
            aapl.con_id,
        ]
        await page.route("**/move/", lambda route: route.abort())
        await drag()
        await window.one("#page-message").to_contain_text("back where it was")
        await window.one(first).to_have_attribute("data-con-id", str(eurusd.con_id))


ASK_AS_A_FILL_DOES = """() => new Promise((answered) => {
  document.addEventListener("htmx:beforeRequest", (event) => setTimeout(() => answered(event.defaultPrevented)));
  document.body.dispatchEvent(new CustomEvent("gatehouse:fill"));
})"""


async def test_what_refreshes_by_itself_rests_while_nobody_looks_and_is_asked_for_after(desk: Desk) -> None:
    await desk.open("trade/")
    await desk.page.evaluate(HIDE, True)
    assert await desk.page.evaluate(ASK_AS_A_FILL_DOES) is True
    async with desk.page.expect_response(re.compile("/values/")) as answer:
        await desk.page.evaluate(HIDE, False)
    assert (await answer.value).status == 200
    await desk.one("#values .figures").not_to_have_count(0)


async def test_adding_and_removing_an_instrument_needs_no_reload(
    desk: Desk, watchlist: Watchlist, aapl: Instrument, eurusd: Instrument
) -> None:
    await desk.open("trade/")
    await desk.publish(1, quote(aapl, bid="187.30", ask="187.40"))
    await desk.page.locator("#search-input").press_sequentially("EUR")
    await desk.page.click(f"#add-{eurusd.con_id} button")
    await desk.one("#watchlist tr[data-con-id]").to_have_count(2)
    await desk.one(f"tr[data-con-id='{aapl.con_id}'] [data-field=ask]").to_have_text("187.40")
    await desk.page.press("#search-input", "Escape")
    await desk.one("#search-results > *").to_have_count(0)
    await desk.page.click(f"tr[data-con-id='{eurusd.con_id}'] .row-action button")
    await desk.one("#watchlist tr[data-con-id]").to_have_count(1)


async def test_enter_takes_the_only_instrument_that_was_found_even_before_the_answer_is_there(
    desk: Desk, watchlist: Watchlist, eurusd: Instrument
) -> None:
    await desk.open("trade/")
    await desk.page.evaluate("() => { document.body.dataset.sameDocument = 'yes' }")
    await desk.page.fill("#search-input", "EUR")
    await desk.page.press("#search-input", "Enter")
    await desk.one("#watchlist tr[data-con-id]").to_have_count(2)
    await desk.one("body[data-same-document]").to_have_count(1)
    await desk.one("#search-results [data-show-row]").to_be_visible()
    await desk.page.press("#search-input", "Enter")
    await desk.one(f"#watchlist tr[data-con-id='{eurusd.con_id}']").to_be_focused()


async def test_of_several_that_were_found_enter_goes_to_the_first_and_another_takes_it(
    desk: Desk, watchlist: Watchlist, aapl: Instrument
) -> None:
    values = {field.attname: getattr(aapl, field.attname) for field in Instrument._meta.concrete_fields}
    changes = [{"con_id": number, "symbol": f"SIX{number}", "display_symbol": f"SIX{number}"} for number in (1, 2)]
    await sync_to_async(Instrument.objects.bulk_create)([Instrument(**{**values, **each}) for each in changes])
    await desk.open("trade/")
    await desk.page.fill("#search-input", "SIX")
    await desk.page.press("#search-input", "Enter")
    first = desk.page.locator("#search-results [data-result-action]").first
    await expect(first).to_be_focused()
    await desk.one("#watchlist tr[data-con-id]").to_have_count(1)
    await desk.page.keyboard.press("Enter")
    await desk.one("#watchlist tr[data-con-id]").to_have_count(2)


async def test_without_a_list_enter_makes_the_first_with_what_was_found_and_opens_no_ticket(
    desk: Desk, aapl: Instrument
) -> None:
    await desk.open("trade/")
    await desk.page.fill("#search-input", "AAPL")
    await desk.page.press("#search-input", "Enter")
    await desk.one(f"#watchlist tr[data-con-id='{aapl.con_id}']").to_be_visible()
    await desk.one("[data-watchlists] a[aria-current=page]").to_have_text("Main")
    await desk.one("form#ticket").to_have_count(0)
    assert not await sync_to_async(Order.objects.exists)()
