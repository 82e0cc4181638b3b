"""The pages in Chromium, on a real server: what scripts do with what the services write. No worker runs here."""

from __future__ import annotations

import asyncio
import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from playwright.async_api import Browser, expect

from brokers.domain import (
    CommissionReport,
    ExecutionReport,
    OrderSide,
    OrderStatus,
    Position,
    SessionState,
    TradingPermission,
)
from tests.webapp.pages.browsing import AT, FENCE, Desk, page_of, quote, update
from webapp.accounts import sessions
from webapp.accounts.models import BrokerAccount, GatewaySession
from webapp.bus import quotes
from webapp.bus import redis as bus_redis
from webapp.trading import fills, orders, positions
from webapp.trading.kill_switch import engaging
from webapp.trading.models import AccountValue, Execution, Instrument, Order, Watchlist

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.asyncio(loop_scope="module"),
]


async def test_the_session_page_follows_every_state_without_a_reload(desk: Desk) -> None:
    await sync_to_async(GatewaySession.objects.update)(state="STOPPED", desired_state="RUNNING")
    await desk.open("")
    await desk.page.evaluate("() => { document.body.dataset.sameDocument = 'yes' }")
    for state in (SessionState.STARTING, SessionState.LOGGING_IN, SessionState.SYNCING):
        await desk.write(sessions.record_state, fence=FENCE, state=state, reason=f"It is {state}.")
        await desk.one("[data-session-state]").to_have_attribute("data-session-state", state.value)
        await desk.one("[data-session-reason]").to_have_text(f"It is {state}.")
        await desk.one("[data-when-ready]").to_be_hidden()
    permission = TradingPermission(allowed=False, reason="The API is read-only.")
    await desk.write(sessions.record_ready, fence=FENCE, account_codes=["DU7654321"], permission=permission)
    await desk.one("[data-account-code]").to_have_text("DU7654321")
    await desk.one("[data-may-trade]").to_have_text("No: The API is read-only.")
    await desk.one("[data-when-ready]").to_be_visible()
    await desk.one("[data-steps] [data-step=done]").to_have_count(4)
    await desk.one("[data-past] li").to_have_count(4)
    await desk.one("body[data-same-document]").to_have_count(1)


async def test_a_refused_login_offers_the_form_and_no_start(desk: Desk) -> None:
    await desk.open("")
    await desk.write(sessions.record_state, fence=FENCE, state=SessionState.AUTH_FAILED, reason="Refused.")
    await desk.one("[data-action=password]").to_be_visible()
    await desk.one("[data-action=start]").to_be_hidden()
    await desk.one("[data-steps] [data-step=failed]").to_contain_text("Log in")


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


async def test_an_ask_stays_where_it_is_whatever_is_quoted(desk: Desk, watchlist: Watchlist, aapl: Instrument) -> None:
    await desk.open("trade/")
    cell = desk.page.locator(f"tr[data-con-id='{aapl.con_id}'] [data-field=ask]")
    edges = [(await cell.bounding_box() or {})["x"]]
    for seq, (bid, ask, shown) in enumerate([("7.3", "7.4", "7.40"), ("10287.30", "12345.67", "12,345.67")], start=1):
        await desk.publish(seq, quote(aapl, bid=bid, ask=ask))
        await expect(cell).to_have_text(shown)
        edges.append((await cell.bounding_box() or {})["x"])
    await desk.publish(3, quote(aapl, bid=None, ask=None))
    await expect(cell).to_have_text("—")
    edges.append((await cell.bounding_box() or {})["x"])
    assert edges == edges[:1] * 4


@pytest.mark.parametrize("path", ["", "trade/"])
async def test_a_session_is_not_known_while_the_server_cannot_be_heard(desk: Desk, path: str) -> None:
    lines: list[Any] = []
    may_reconnect = asyncio.Event()

    async def connect(line: Any) -> None:
        if lines:
            await may_reconnect.wait()
        lines.append(line)
        line.connect_to_server()

    await desk.page.route_web_socket(re.compile("/ws/"), connect)
    await desk.open(path)
    state = desk.one("[data-session-state]")
    await state.to_have_text("Ready")
    await desk.page.evaluate("() => { dispatchEvent(new Event('offline')) }")
    await state.to_have_text("not known")
    await desk.one("[data-session-tone]").to_have_attribute("data-tone", "idle")
    if path:
        await desk.one("#session").to_contain_text("This browser has no connection to the server.")
        await desk.one("#session").to_be_visible()
    may_reconnect.set()
    await state.to_have_text("Ready")
    if path:
        await desk.one("#session").to_be_hidden()


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


async def test_a_quote_that_the_broker_withdrew_becomes_a_dash(
    desk: Desk, watchlist: Watchlist, aapl: Instrument
) -> None:
    await desk.open("trade/")
    cell = desk.one(f"tr[data-con-id='{aapl.con_id}'] [data-field=bid]")
    await desk.publish(1, quote(aapl, bid="187.30", ask="187.40"))
    await cell.to_have_text("187.30")
    await desk.publish(2, quote(aapl, bid=None, ask="187.40"))
    await cell.to_have_text("—")


async def test_prices_that_were_forgotten_leave_the_screen(desk: Desk, watchlist: Watchlist, aapl: Instrument) -> None:
    await desk.open("trade/")
    await desk.publish(1, quote(aapl, bid="187.30", ask="187.40"))
    cell = desk.one(f"tr[data-con-id='{aapl.con_id}'] [data-field=ask]")
    await cell.to_have_text("187.40")
    redis = bus_redis.async_client()
    await quotes.forget(redis, desk.account.id)
    await redis.aclose()
    await cell.to_have_text("—")


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


async def test_prices_that_nobody_keeps_current_say_so(desk: Desk, watchlist: Watchlist, aapl: Instrument) -> None:
    lines: list[Any] = []
    may_reconnect = asyncio.Event()

    async def connect(line: Any) -> None:
        if lines:
            await may_reconnect.wait()
        lines.append(line)
        line.connect_to_server()

    await desk.page.route_web_socket(re.compile("/ws/"), connect)
    await desk.open("trade/")
    await desk.publish(1, quote(aapl, bid="187.30", ask="187.40"))
    kind = desk.one(f"tr[data-con-id='{aapl.con_id}'] [data-field=market_data_type]")
    price = desk.one(f"tr[data-con-id='{aapl.con_id}'] [data-field=ask] a")
    await kind.to_have_text("Live")
    await price.to_have_css("font-style", "normal")
    await desk.page.evaluate("() => { dispatchEvent(new Event('offline')) }")
    await kind.to_have_text("Not current")
    await desk.one("#watchlist [data-field=age]").not_to_have_text("now")
    await price.to_have_css("font-style", "italic")
    may_reconnect.set()
    await kind.to_have_text("Live")
    await desk.write(sessions.record_state, fence=FENCE, state=SessionState.RESTARTING, reason="The nightly reset.")
    await kind.to_have_text("Not current")
    await price.to_have_css("font-style", "italic")


async def test_the_figures_are_refreshed_behind_what_is_folded_open(desk: Desk) -> None:
    figure = {"account": desk.account, "account_code": "DU1000001", "tag": "Cushion", "currency": ""}
    row = await sync_to_async(AccountValue.objects.create)(**figure, value=Decimal(1))
    await desk.open("trade/")
    await desk.page.click("#values summary")
    await desk.one("[data-value-tag=Cushion]").to_contain_text("1.00")
    await sync_to_async(AccountValue.objects.filter(pk=row.pk).update)(value=Decimal("0.5"))
    await desk.page.evaluate("() => { document.body.dispatchEvent(new CustomEvent('gatehouse:fill')) }")
    await desk.one("[data-value-tag=Cushion]").to_contain_text("0.50")
    await desk.one("[data-value-tag=Cushion]").to_be_visible()


async def test_what_refreshes_by_itself_says_when_it_could_not(desk: Desk) -> None:
    await desk.open("trade/")
    for successful in (False, True):
        await desk.page.evaluate("(ok) => htmx.trigger('#values', 'htmx:afterRequest', { successful: ok })", successful)
        await desk.one("#values.not-current").to_have_count(0 if successful else 1)


async def test_a_kill_switch_thrown_elsewhere_is_said_at_once_and_released_again(
    desk: Desk, watchlist: Watchlist
) -> None:
    await desk.open("trade/")
    await desk.one("[data-when-killed]").to_be_hidden()
    await sync_to_async(lambda: engaging.engage(account=desk.account, by=desk.account.user, reason="lunch"))()
    await desk.one("[data-when-killed]").to_be_visible()
    await desk.one("[data-kill-switch]").to_contain_text("Stopped on this account by alice")
    await desk.open("protection/")
    await desk.page.get_by_role("button", name="Release the kill switch").click()
    await desk.one("[data-when-killed]").to_be_hidden()


async def place(desk: Desk, instrument: Instrument) -> orders.Placed:
    """By a program, while the screen is open."""
    return await sync_to_async(orders.place)(
        account=desk.account,
        client_order_id=uuid.uuid4(),
        con_id=instrument.con_id,
        side="BUY",
        order_type="LMT",
        quantity=5,
        limit_price="187.31",
    )


async def test_an_order_is_followed_to_its_end_and_its_fill_to_its_commission(
    desk: Desk, watchlist: Watchlist, aapl: Instrument
) -> None:
    await desk.open("trade/")
    placed = await place(desk, aapl)
    row = f"tr[data-client-order-id='{placed.order.client_order_id}']"
    await desk.one(f"{row} [data-field=status]").to_have_text("Pending")
    await desk.write(orders.apply_update, update=update(placed.order, OrderStatus.SUBMITTED))
    await desk.one(f"{row} [data-field=status]").to_have_text("Submitted")
    filled = update(
        placed.order,
        OrderStatus.FILLED,
        ib_status="Filled",
        filled_quantity=Decimal(5),
        average_fill_price=Decimal("187.4"),
    )
    await desk.write(orders.apply_update, update=filled)
    await desk.one(f"{row} [data-field=status]").to_have_text("Filled")
    await desk.one(f"{row} [data-field=average_fill_price]").to_have_text("187.40")
    await desk.one(f"{row} form").to_be_hidden()
    await desk.one("#order-status").to_have_text("BUY 5 AAPL: Filled")
    await follow_fill(desk, placed.order)


async def follow_fill(desk: Desk, order: Order) -> None:
    exec_id = "0000e0d5.6a1b2c3d.01.01"
    report = ExecutionReport(
        exec_id, str(order.client_order_id), 77, "DU1000001", order.instrument_id, OrderSide.BUY,
        Decimal(5), Decimal("187.4"), "NASDAQ", AT,
    )  # fmt: skip
    await desk.write(fills.record_execution, report=report)
    commission = desk.one(f"tr[data-exec-id='{exec_id}'] [data-field=commission]")
    await commission.to_have_text("—")
    await desk.write(fills.record_commission, report=CommissionReport(exec_id, Decimal("1"), "USD"))
    await commission.to_have_text("1.00 USD")


async def test_an_order_opens_over_the_screen_and_keeps_up_with_what_happens(
    desk: Desk, watchlist: Watchlist, aapl: Instrument
) -> None:
    await desk.open("trade/")
    placed = await place(desk, aapl)
    # A row that a script has made.
    await desk.page.click("#orders tbody a[data-opens-dialog]")
    await desk.one("#order-heading").to_contain_text("Buy 5 AAPL at a limit of 187.31")
    await desk.one("#order-heading").to_be_focused()
    await desk.write(orders.apply_update, update=update(placed.order, OrderStatus.SUBMITTED))
    await desk.one("#order section tbody tr").to_have_count(3)  # two events, one command
    await desk.page.keyboard.press("Escape")
    await desk.one("#order-dialog-body > *").to_have_count(0)
    await desk.one("#orders tbody a[data-opens-dialog]").to_be_focused()
    await desk.page.locator("#orders-open").check(force=True)
    await desk.one("#orders tbody tr").to_be_visible()
    await desk.write(orders.apply_update, update=update(placed.order, OrderStatus.CANCELLED))
    await desk.one("#orders tbody tr").to_be_hidden()
    await desk.one(".none-open").to_be_visible()
    await desk.page.reload()
    await desk.one("#orders-open").to_be_checked()


async def test_a_correction_takes_the_place_of_its_fill(desk: Desk, aapl: Instrument) -> None:
    await desk.open("trade/")
    for revision, quantity in (("01", 5), ("02", 4)):
        report = ExecutionReport(
            f"0000e0d5.6a1b2c3d.01.{revision}", "", None, "DU1000001", aapl.con_id, OrderSide.BUY,
            Decimal(quantity), Decimal("187.4"), "NASDAQ", AT,
        )  # fmt: skip
        await desk.write(fills.record_execution, report=report)
        await desk.one("#fills tbody [data-field=quantity]").to_have_text(str(quantity))
    assert await sync_to_async(Execution.objects.count)() == 2


async def test_a_position_comes_and_goes(desk: Desk, aapl: Instrument) -> None:
    await desk.open("trade/")
    row = desk.one(f"tr[data-position-con-id='{aapl.con_id}'] [data-field=quantity]")
    for quantity, shown in ((-1500, "-1,500"), (0, None)):
        position = Position("DU1000001", aapl.con_id, Decimal(quantity), Decimal("187.4"))
        await desk.write(positions.record, position=position)
        await (row.to_have_text(shown) if shown else row.to_have_count(0))


async def test_a_cost_that_is_not_known_is_a_dash_until_the_broker_says_it(desk: Desk, aapl: Instrument) -> None:
    await desk.open("trade/")
    cost = desk.one(f"tr[data-position-con-id='{aapl.con_id}'] [data-field=average_cost]")
    for said, shown in ((None, "—"), (Decimal("187.4"), "187.40"), (None, "—")):
        await desk.write(positions.record, position=Position("DU1000001", aapl.con_id, Decimal(5), said))
        await cost.to_have_text(shown)


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


async def test_the_page_comes_back_with_what_it_missed(desk: Desk, aapl: Instrument) -> None:
    lines: list[Any] = []
    may_reconnect = asyncio.Event()

    async def connect(line: Any) -> None:
        if lines:
            await may_reconnect.wait()
        lines.append(line)
        line.connect_to_server()

    await desk.page.route_web_socket(re.compile("/ws/"), connect)
    await desk.open("trade/")
    await lines[0].close(code=1012)
    await desk.one("[data-connection=open]").to_have_count(0)
    for quantity in (5, 7):
        position = Position("DU1000001", aapl.con_id, Decimal(quantity), Decimal("187.4"))
        await desk.write(positions.record, position=position)
    may_reconnect.set()
    await desk.one("[data-connection=open]").to_be_visible()
    await desk.one(f"tr[data-position-con-id='{aapl.con_id}'] [data-field=quantity]").to_have_text("7")


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


@pytest.mark.parametrize("width", [1180, 1280, 1440])
async def test_every_part_of_the_screen_keeps_to_its_own_place(desk: Desk, watchlist: Watchlist, width: int) -> None:
    await desk.page.set_viewport_size({"width": width, "height": 900})
    await desk.open("trade/")
    grid, ticket = [await desk.page.locator(each).bounding_box() for each in ("#watchlist", "#ticket-panel")]
    assert grid
    assert ticket
    assert grid["x"] + grid["width"] <= ticket["x"]


@pytest.mark.parametrize("width", [390, 800, 1179])
async def test_a_ticket_opens_in_sight_on_a_screen_without_room_for_its_column(
    desk: Desk, watchlist: Watchlist, aapl: Instrument, width: int
) -> None:
    await desk.page.set_viewport_size({"width": width, "height": 800})
    await desk.open("trade/")
    await desk.page.click(f"tr[data-con-id='{aapl.con_id}'] td[data-field=ask]")
    await desk.one("#ticket button[type=submit]").to_be_in_viewport()
    assert await desk.page.evaluate("() => scrollY") == 0
