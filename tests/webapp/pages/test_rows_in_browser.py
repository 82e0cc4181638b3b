"""Orders, fills, positions and figures in Chromium, on a real server: each row follows what the services write."""

from __future__ import annotations

import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction

from brokers.domain import (
    CommissionReport,
    ExecutionReport,
    MarketDataType,
    OrderSide,
    OrderStatus,
    Position,
    Quote,
    SessionState,
)
from tests.webapp.pages.browsing import AT, FENCE, Desk, update
from webapp.accounts import events, sessions
from webapp.trading import fills, orders, positions
from webapp.trading.kill_switch import engaging
from webapp.trading.models import AccountValue, Execution, Instrument, Order, Watchlist
from webapp.trading.orders import withdrawing

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.asyncio(loop_scope="module"),
]


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


async def test_an_order_that_is_withdrawn_says_live_by_whom_and_that_it_never_left(
    desk: Desk, watchlist: Watchlist, aapl: Instrument
) -> None:
    """As the server paints it, letter for letter."""
    await desk.open("trade/")
    placed = await place(desk, aapl)
    row = f"tr[data-client-order-id='{placed.order.client_order_id}']"
    await desk.one(f"{row} [data-field=status]").to_have_text("Pending")
    await sync_to_async(engaging.engage)(account=desk.account, by=desk.account.user)
    reason = desk.one(f"{row} [data-field=reason]")
    said = re.compile(rf"^Cancelled by the kill switch at .+\. {withdrawing.WITHDRAWN}$")
    await reason.to_have_text(said)
    await desk.open("trade/")
    await reason.to_have_text(said)


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


async def test_a_position_is_worth_what_its_price_says_and_its_close_opens_the_ticket_and_sends_nothing(
    desk: Desk, watchlist: Watchlist, aapl: Instrument
) -> None:
    await desk.open("trade/")
    await desk.write(positions.record, position=Position("DU1000001", aapl.con_id, Decimal(-30), Decimal("187.4")))
    row = f"tr[data-position-con-id='{aapl.con_id}']"
    await desk.one(f"{row} [data-field=market_price]").to_have_text("—")
    await desk.publish(1, Quote(aapl.con_id, AT, MarketDataType.LIVE, last=Decimal("190.02")))
    await desk.one(f"{row} [data-field=market_price]").to_have_text("190.02")
    await desk.one(f"{row} [data-field=market_value]").to_have_text("-5,700.60 USD")
    await desk.page.locator(f"{row} [data-close]").click()
    await desk.one("#ticket-quantity").to_have_value("30")
    await desk.one("#ticket [name=side][value=BUY]").to_be_checked()
    assert await sync_to_async(Order.objects.count)() == 0


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


async def test_what_the_broker_repeats_is_counted_until_another_session_begins(desk: Desk) -> None:
    await desk.open("trade/")
    lines, body = desk.one("[data-notices] li"), {"code": 2152, "message": "Depth is limited."}
    for shown in ("", "2 times", "3 times"):
        await desk.write(append, kind="notice", subject="2152", body=body)
        await lines.to_have_count(1)
        await desk.one("[data-notices] .times").to_have_text(shown)
    await desk.page.reload()
    await desk.one("[data-connection=open]").to_be_visible()
    await desk.one("[data-notices] .times").to_have_text("3 times")
    await desk.write(sessions.record_state, fence=FENCE, state=SessionState.STARTING, reason="")
    await desk.write(append, kind="notice", subject="2152", body=body)
    await lines.to_have_count(2)


def append(**event: Any) -> None:
    with transaction.atomic():
        events.append(**event)
