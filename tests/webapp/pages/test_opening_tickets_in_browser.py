"""A ticket in Chromium, on a real server, before anything is sent: where it opens, and what it says."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.webapp.pages.browsing import Desk, quote
from webapp.trading.models import Instrument, Watchlist

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.asyncio(loop_scope="module"),
]


async def test_a_click_on_an_ask_opens_a_ticket_at_that_price(
    desk: Desk, watchlist: Watchlist, aapl: Instrument
) -> None:
    await desk.open("trade/")
    await desk.publish(1, quote(aapl, bid="187.30", ask="187.40"))
    row = f"tr[data-con-id='{aapl.con_id}']"
    await desk.one(f"{row} [data-field=ask]").to_have_text("187.40")
    await desk.one(f"{row} [data-field=bid_size]").to_have_text("1,200")
    await desk.one(f"{row} [data-field=last]").to_have_text("—")
    await desk.page.click(f"{row} td[data-field=ask]")
    await desk.one("#ticket-limit_price").to_have_value("187.40")
    await desk.one("#ticket input[value=BUY]").to_be_checked()
    await desk.one("#ticket-quantity").to_be_focused()


async def test_a_price_opened_in_a_window_of_its_own_is_the_trading_screen_with_that_ticket(
    desk: Desk, watchlist: Watchlist, aapl: Instrument
) -> None:
    await desk.open("trade/")
    await desk.publish(1, quote(aapl, bid="187.30", ask="187.40"))
    price = f"tr[data-con-id='{aapl.con_id}'] [data-field=ask] a"
    await desk.one(price).to_have_text("187.40")
    async with desk.page.context.expect_page() as opening:
        await desk.page.click(price, modifiers=["Control"])
    window = await opening.value
    await expect(window.locator("#ticket-limit_price")).to_have_value("187.40")
    await expect(window.locator(".mode strong")).to_have_text("PAPER")
    await expect(window.locator("#ticket-quantity")).to_be_focused()
    await window.check("#ticket input[value=SELL]")
    await window.click("[data-step-by='1'] >> nth=0")
    await expect(window.locator("#ticket button[type=submit]")).to_have_text("Review sell order (PAPER)")
    await expect(window.locator("#ticket-confirmation")).to_contain_text("about 187.40 USD")
    await expect(window).not_to_have_url(re.compile("con_id"))
    await window.click("[data-close-ticket]")
    await expect(window.locator(price)).to_be_focused()


async def test_a_limit_far_above_the_ask_is_warned_of_and_not_stopped(
    desk: Desk, watchlist: Watchlist, aapl: Instrument
) -> None:
    await desk.open("trade/")
    await desk.page.click(f"tr[data-con-id='{aapl.con_id}'] td[data-field=ask]")
    await desk.page.fill("#ticket-limit_price", "150")
    await desk.one("[data-far-limit]").to_be_hidden()
    await desk.publish(1, quote(aapl, bid="99.9", ask="100"))
    await desk.one("[data-far-limit]").to_have_text("This limit is 50 % above the ask.")
    await desk.page.fill("#ticket-limit_price", "100")
    await desk.one("[data-far-limit]").to_be_hidden()


async def test_the_ticket_steps_by_the_increment_and_says_what_it_will_send(
    desk: Desk, watchlist: Watchlist, aapl: Instrument
) -> None:
    await desk.open("trade/")
    await desk.page.click(f"tr[data-con-id='{aapl.con_id}'] td[data-field=bid]")
    await desk.page.fill("#ticket-quantity", "100")
    await desk.page.fill("#ticket-limit_price", "187.305")
    await desk.page.press("#ticket-limit_price", "ArrowUp")
    await desk.one("#ticket-limit_price").to_have_value("187.31")
    await desk.one("#ticket-confirmation").to_have_text(
        "PAPER, simulated money, on Paper (DU1000001): about 18,731.00 USD"
    )
    await desk.page.select_option("#ticket-type", "MKT")
    await desk.one("#ticket-limit_price").to_be_hidden()
    await desk.one("#ticket-confirmation").to_have_text("PAPER, simulated money, on Paper (DU1000001)")


async def test_a_closed_ticket_gives_the_focus_back_to_the_price_that_opened_it(
    desk: Desk, watchlist: Watchlist, aapl: Instrument
) -> None:
    await desk.open("trade/")
    price = f"tr[data-con-id='{aapl.con_id}'] a.price.buy"
    await desk.page.click(price)
    await desk.one("#ticket-quantity").to_be_focused()
    await desk.page.keyboard.press("Escape")
    await desk.one("form#ticket").to_have_count(0)
    await desk.one(price).to_be_focused()


@pytest.mark.parametrize("width", [390, 800, 1179])
async def test_a_ticket_opens_in_sight_on_a_screen_without_room_for_its_column(
    desk: Desk, watchlist: Watchlist, aapl: Instrument, width: int
) -> None:
    await desk.page.set_viewport_size({"width": width, "height": 800})
    await desk.open("trade/")
    await desk.page.click(f"tr[data-con-id='{aapl.con_id}'] td[data-field=ask]")
    await desk.one("#ticket button[type=submit]").to_be_in_viewport()
    assert await desk.page.evaluate("() => scrollY") == 0
