"""The ticket in Chromium, on a real server: two acts to send, and the truth when no answer comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.utils import timezone
from playwright.async_api import Browser, Page, Route, expect

from brokers.domain import OrderStatus
from tests.webapp.pages.browsing import Desk, page_of, quote, update
from webapp.accounts.models import BrokerAccount, User
from webapp.trading import orders
from webapp.trading.models import Instrument, Order, OrderCommand, RiskLimits, Watchlist

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.asyncio(loop_scope="module"),
]

SEND = "#ticket-review .send"


@pytest_asyncio.fixture(loop_scope="module")
async def cut_desk(chromium: Browser, server: str, desk: Desk) -> AsyncIterator[Desk]:
    """A desk whose answers a test may cut; Chromium says so on its console."""
    async with page_of(
        desk.account.user, chromium, server, but="Failed to load resource|htmx:|Response Status Error Code 403"
    ) as page:
        yield Desk(page, server, desk.account)


async def fill_in(desk: Desk, instrument: Instrument) -> None:
    await desk.open("trade/")
    await desk.page.click(f"tr[data-con-id='{instrument.con_id}'] td[data-field=ask]")
    await desk.page.fill("#ticket-quantity", "10")
    await desk.page.fill("#ticket-limit_price", "187.31")


async def send(desk: Desk, instrument: Instrument) -> None:
    await fill_in(desk, instrument)
    await desk.page.press("#ticket-limit_price", "Enter")
    await desk.page.click(SEND)


async def count() -> int:
    return await sync_to_async(Order.objects.count)()


async def test_enter_asks_and_a_second_act_sends(desk: Desk, watchlist: Watchlist, aapl: Instrument) -> None:
    await fill_in(desk, aapl)
    await desk.page.press("#ticket-limit_price", "Enter")
    await desk.one("#ticket-confirmation").to_contain_text("PAPER, simulated money")
    await desk.one("#ticket-confirmation").to_contain_text("Buy 10 AAPL at a limit of 187.31, day order")
    await desk.one("#ticket-confirmation").to_contain_text("on Paper (DU1000001)")
    await desk.one(SEND).to_be_focused()
    assert await count() == 0
    await desk.page.keyboard.press("Enter")
    await desk.one("[data-placed]").to_contain_text("Pending")
    assert await count() == 1


async def test_a_key_that_is_held_down_sends_nothing(desk: Desk, watchlist: Watchlist, aapl: Instrument) -> None:
    await fill_in(desk, aapl)
    await desk.page.keyboard.down("Enter")
    await desk.one(SEND).to_be_focused()
    for _ in range(5):
        await desk.page.keyboard.down("Enter")
    await desk.page.keyboard.up("Enter")
    await desk.page.keyboard.press("Escape")
    await desk.one("#ticket-limit_price").to_have_value("187.31")
    assert await count() == 0


async def test_a_double_click_on_either_button_sends_once_at_most(
    desk: Desk, watchlist: Watchlist, aapl: Instrument
) -> None:
    await fill_in(desk, aapl)
    await desk.page.dblclick("#ticket button[type=submit]")
    await desk.one(SEND).to_be_enabled()
    assert await count() == 0
    await desk.page.dblclick(SEND)
    await desk.one("[data-placed]").to_contain_text("Pending")
    await desk.one("#orders tbody tr").to_have_count(1)
    assert await count() == 1


async def test_going_back_keeps_what_was_typed(desk: Desk, watchlist: Watchlist, aapl: Instrument) -> None:
    await fill_in(desk, aapl)
    opened = await desk.page.input_value("#ticket [name=client_order_id]")
    for go_back in (desk.page.keyboard.press("Escape"), desk.page.click("[data-back]")):
        await desk.page.press("#ticket-limit_price", "Enter")
        await desk.one(SEND).to_be_focused()
        await go_back
        await desk.one("#ticket-quantity").to_be_focused()
        await desk.one("#ticket-quantity").to_have_value("10")
        await desk.one("#ticket [name=client_order_id]").to_have_value(opened)
    assert await count() == 0


async def test_real_money_is_sent_with_a_typed_word_alone(desk: Desk, watchlist: Watchlist, aapl: Instrument) -> None:
    await sync_to_async(BrokerAccount.objects.update)(trading_mode="live", live_trading_since=timezone.now())
    await fill_in(desk, aapl)
    await desk.page.press("#ticket-limit_price", "Enter")
    await desk.one("#ticket-confirmation").to_contain_text("LIVE, real money")
    await desk.one("#ticket-confirm").to_be_focused()
    await desk.page.click(SEND)
    await desk.page.fill("#ticket-confirm", "paper")
    await desk.page.press("#ticket-confirm", "Enter")
    assert await count() == 0
    await desk.page.fill("#ticket-confirm", "live")
    await desk.page.press("#ticket-confirm", "Enter")
    await desk.one("[data-placed]").to_contain_text("Pending")
    assert await count() == 1


async def test_the_ticket_shows_its_quote_live_and_a_click_on_a_price_fills_the_limit_and_sends_nothing(
    desk: Desk, watchlist: Watchlist, aapl: Instrument
) -> None:
    # No worker could answer for the quote, which the account's limits would ask for.
    await RiskLimits.objects.acreate(account=desk.account, fresh_quote=False)
    await fill_in(desk, aapl)
    await desk.one(".ticket-quote [data-field=last]").to_have_text("—")
    await desk.publish(1, quote(aapl, bid="189.9", ask="189.93"))
    await desk.one(".ticket-quote [data-field=ask]").to_have_text("189.93")
    await desk.one(".ticket-quote [data-kind]").to_have_text("Live")
    await desk.page.click(".ticket-quote [data-field=bid] button")
    await desk.one("#ticket-limit_price").to_have_value("189.90")
    await desk.one("#ticket [data-value]").to_have_text(": about 1,899.00 USD")
    await desk.page.select_option("#ticket-type", "MKT")
    await desk.one(".ticket-quote [data-field=bid] button").to_be_disabled()
    await desk.one("#ticket [data-value]").to_have_text(": about 1,899.30 USD at the ask of 189.93")
    await desk.page.press("#ticket-quantity", "Enter")
    await desk.one("[data-comes-to]").to_contain_text("1,899.30 USD at the ask of 189.93, ")
    await desk.publish(2, quote(aapl, bid="190", ask="190.05"))
    await desk.one(".ticket-quote [data-field=bid]").to_have_text("190.00")
    await desk.one("[data-comes-to]").to_contain_text("1,900.50 USD at the ask of 190.05, ")
    assert await count() == 0


async def test_the_fields_follow_the_type_and_each_price_steps_by_its_own_increment(
    desk: Desk, watchlist: Watchlist, aapl: Instrument
) -> None:
    await fill_in(desk, aapl)
    await desk.page.select_option("#ticket-tif", "IOC")
    await desk.one("[name=outside_rth]").to_be_hidden()
    await desk.page.select_option("#ticket-type", "TRAIL LIMIT")
    await desk.one("#ticket-tif").to_have_value("DAY")
    await desk.one("#ticket-tif option[value=IOC]").to_be_disabled()
    await desk.one("#ticket-limit_price").to_be_hidden()
    for name, stepped in (("trailing_percent", "0.1"), ("limit_price_offset", "0.01"), ("trail_stop_price", "0.01")):
        await desk.page.press(f"#ticket-{name}", "ArrowUp")
        await desk.one(f"#ticket-{name}").to_have_value(stepped)
    await desk.page.fill("#ticket-trail_stop_price", "")
    await desk.page.press("#ticket-limit_price_offset", "Enter")
    await desk.one(".confirmation-line").to_have_text(
        "Buy 10 AAPL with a stop that trails by 0.1 % and a limit 0.01 from it, day order"
    )
    await desk.page.click(SEND)
    await desk.one("#orders tbody [data-field=stop]").to_have_text("trails 0.1 %")
    assert (await sync_to_async(Order.objects.get)()).limit_price is None


async def test_a_date_is_typed_by_the_readers_own_clock_which_the_field_names(
    chromium: Browser, server: str, desk: Desk, watchlist: Watchlist, aapl: Instrument
) -> None:
    async with page_of(desk.account.user, chromium, server, timezone_id="America/New_York") as page:
        there = Desk(page, server, desk.account)
        await fill_in(there, aapl)
        await page.select_option("#ticket-tif", "GTD")
        await there.one("[data-term=good_till] label").to_have_text("Good until (America/New_York time)")
        await page.fill("#ticket-good-till", "2099-01-05T15:30")
        await page.press("#ticket-limit_price", "Enter")
        await there.one(".confirmation-line").to_contain_text("until 2099-01-05 20:30 UTC")
        await page.click("[data-back]")
        await there.one("#ticket-good-till").to_have_value("2099-01-05T15:30")


async def test_a_bracket_is_three_orders(desk: Desk, watchlist: Watchlist, aapl: Instrument) -> None:
    await fill_in(desk, aapl)
    await desk.page.click(".exits summary")
    await desk.page.fill("#ticket-take_profit_price", "200")
    await desk.page.fill("#ticket-stop_loss_price", "180")
    await desk.page.press("#ticket-stop_loss_price", "Enter")
    await desk.one(".confirmation-line").to_contain_text("take profit at 200.00; stop loss at 180.00")
    await desk.page.click(SEND)
    await desk.one("#orders tbody tr").to_have_count(3)
    await desk.one("#orders tbody").to_contain_text("Take profit")
    await desk.one("#orders tbody").to_contain_text("Stop loss")
    assert await count() == 3


async def test_a_change_goes_from_the_row_to_the_brokers_word(
    desk: Desk, watchlist: Watchlist, aapl: Instrument
) -> None:
    await send(desk, aapl)
    await desk.one("[data-placed]").to_contain_text("Pending")
    order = await sync_to_async(Order.objects.get)()
    row = f"tr[data-client-order-id='{order.client_order_id}']"
    await desk.one(f"{row} [data-modify]").to_be_hidden()
    await sync_to_async(OrderCommand.objects.update)(state="SENT")
    await desk.write(orders.apply_update, update=update(order, OrderStatus.SUBMITTED))
    await desk.page.click(f"{row} [data-modify]")
    await desk.page.press("#ticket-limit_price", "ArrowUp")
    await desk.page.press("#ticket-limit_price", "Enter")
    await desk.one(".confirmation-line").to_contain_text("Buy 10 AAPL at a limit of 187.32, day order")
    await desk.one("#change-review .send").to_be_focused()
    await desk.page.keyboard.press("Enter")
    await desk.one(f"{row} [data-changing]").to_be_visible()
    await desk.one(f"{row} [data-modify]").to_be_hidden()
    taken = update(order, OrderStatus.SUBMITTED, limit_price=Decimal("187.32"))
    await desk.write(orders.apply_update, update=taken)
    await desk.one(f"{row} [data-changing]").to_be_hidden()
    await desk.one(f"{row} [data-field=limit_price]").to_have_text("187.32")
    await desk.one("#ticket-panel [data-changing]").to_be_hidden()


async def test_the_tickets_answer_shows_what_the_broker_said_before_it_came(
    desk: Desk, watchlist: Watchlist, aapl: Instrument
) -> None:
    """A worker is often faster than the answer. What is on its way stays in sight: Escape doesn't close it."""
    may_answer = asyncio.Event()

    async def hold(route: Route) -> None:
        answer = await route.fetch()
        await may_answer.wait()
        await route.fulfill(response=answer)

    await desk.page.route("**/orders/", hold)
    await fill_in(desk, aapl)
    await desk.page.press("#ticket-limit_price", "Enter")
    await desk.page.click(SEND)
    await desk.one("#orders tbody [data-field=status]").to_have_text("Pending")
    order = await sync_to_async(Order.objects.get)()
    await desk.write(orders.apply_update, update=update(order, OrderStatus.SUBMITTED, filled_quantity=Decimal(4)))
    await desk.one("#orders tbody [data-field=status]").to_have_text("Submitted")
    await desk.page.press("#ticket-heading", "Escape")
    await desk.one("#ticket-review").to_have_count(1)
    may_answer.set()
    await desk.one("[data-placed]").to_contain_text("Submitted")
    await desk.one("[data-placed]").to_contain_text("4 of 10 filled")
    await desk.write(orders.apply_update, update=update(order, OrderStatus.REJECTED, reason="No such luck."))
    await desk.one("[data-placed]").to_contain_text("Rejected")
    await desk.one("[data-placed]").to_contain_text("No such luck.")


@pytest.mark.parametrize("answer", ["cut", "a proxy's page"])
async def test_a_lost_answer_is_unknown_and_looked_for_until_the_order_is_found(
    cut_desk: Desk, watchlist: Watchlist, aapl: Instrument, answer: str
) -> None:
    may_look = asyncio.Event()

    async def lose(route: Route) -> None:
        await route.fetch()
        await (route.abort() if answer == "cut" else route.fulfill(status=503, body="<h1>Bad gateway</h1>"))

    async def look(route: Route) -> None:
        await may_look.wait()
        await route.continue_()

    await cut_desk.page.route("**/orders/", lose)
    await cut_desk.page.route("**/placed/", look)
    await send(cut_desk, aapl)
    await cut_desk.one("[data-lost-words]").to_contain_text("Unknown, checking")
    await cut_desk.one("#ticket-panel").not_to_contain_text("failed")
    # Nothing takes its place meanwhile.
    await cut_desk.page.click(f"tr[data-con-id='{aapl.con_id}'] td[data-field=bid]")
    await cut_desk.page.press("#ticket-heading", "Escape")
    await cut_desk.one("[data-lost-words]").to_be_visible()
    may_look.set()
    await cut_desk.one("[data-placed]").to_contain_text("Pending")
    await cut_desk.one("#orders tbody tr").to_have_count(1)
    assert await count() == 1


async def test_a_ticket_that_never_arrived_can_be_sent_again(
    cut_desk: Desk, watchlist: Watchlist, aapl: Instrument
) -> None:
    sent: list[Any] = []

    async def lose_the_first(route: Route) -> None:
        sent.append(route.request.post_data)
        await (route.abort() if len(sent) == 1 else route.continue_())

    await cut_desk.page.route("**/orders/", lose_the_first)
    await send(cut_desk, aapl)
    await cut_desk.one("[data-lost-words]").to_contain_text("So far the server has no order of this ticket")
    await cut_desk.one("[data-back]").to_be_hidden()
    await cut_desk.page.get_by_role("button", name="Send again").click()
    await cut_desk.one("[data-placed]").to_contain_text("Pending")
    assert sent[0] == sent[1]
    assert await count() == 1


async def sign_in_anew(page: Page, server: str) -> None:
    """In another window, which rotates the token that the first one's forms hold."""
    # The server knows no hasher of the tests' own.
    password = PBKDF2PasswordHasher().encode("alice-password", "salt", iterations=1)
    await sync_to_async(User.objects.filter(username="alice").update)(password=password)
    other = await page.context.new_page()
    await other.goto(f"{server}/auth/login/")
    await other.fill("[name=login]", "alice")
    await other.fill("[name=password]", "alice-password")
    await other.get_by_role("button", name="Sign in").click()
    await expect(other.get_by_role("button", name="Sign out")).to_be_visible()


async def lose_and_sign_out(desk: Desk, posts: str) -> None:
    """What is sent arrives, its answer doesn't, and then nobody is signed in here any more."""

    async def lose(route: Route) -> None:
        await route.fetch()
        await desk.page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
        await route.abort()

    await desk.page.route(posts, lose, times=1)


async def test_a_second_try_that_is_refused_says_nothing_of_the_first_and_the_order_is_found(
    cut_desk: Desk, watchlist: Watchlist, aapl: Instrument
) -> None:
    may_look = asyncio.Event()

    async def look(route: Route) -> None:
        await may_look.wait()
        await route.continue_()

    await lose_and_sign_out(cut_desk, "**/orders/")
    await send(cut_desk, aapl)
    await cut_desk.one("[data-lost-words]").to_contain_text("You are signed out")
    assert await count() == 1
    await sign_in_anew(cut_desk.page, cut_desk.server)
    await cut_desk.page.route("**/placed/", look)
    async with cut_desk.page.expect_response("**/orders/") as refused:
        await cut_desk.page.get_by_role("button", name="Send again").click()
    assert (await refused.value).status == 403
    words = cut_desk.one("[data-lost-words]")
    await words.to_contain_text(
        "this try was refused (this page is too old), but the one before it may have been taken"
    )
    await cut_desk.one("#ticket-panel").not_to_contain_text("Nothing was sent")
    await cut_desk.one("[data-back]").to_be_hidden()
    may_look.set()
    await cut_desk.one("[data-placed]").to_contain_text("Pending")
    await cut_desk.one("#orders tbody tr").to_have_count(1)
    assert await count() == 1


async def test_a_second_try_of_a_change_that_is_refused_says_nothing_of_the_first(
    cut_desk: Desk, watchlist: Watchlist, aapl: Instrument
) -> None:
    await send(cut_desk, aapl)
    await cut_desk.one("[data-placed]").to_contain_text("Pending")
    order = await sync_to_async(Order.objects.get)()
    await sync_to_async(OrderCommand.objects.update)(state="SENT")
    await cut_desk.write(orders.apply_update, update=update(order, OrderStatus.SUBMITTED))
    await cut_desk.page.click(f"tr[data-client-order-id='{order.client_order_id}'] [data-modify]")
    await cut_desk.page.press("#ticket-limit_price", "ArrowUp")
    await cut_desk.page.press("#ticket-limit_price", "Enter")
    await lose_and_sign_out(cut_desk, "**/modify/")
    await cut_desk.page.click("#change-review .send")
    await cut_desk.one("[data-lost-words]").to_contain_text("the change may or may not have been taken")
    await sign_in_anew(cut_desk.page, cut_desk.server)
    await cut_desk.page.get_by_role("button", name="Send again").click()
    await cut_desk.one("[data-lost-words]").to_contain_text("but the one before it may have been taken")
    await cut_desk.one("#ticket-panel").not_to_contain_text("Nothing was sent")
    assert await sync_to_async(OrderCommand.objects.filter(verb="MODIFY").count)() == 1
