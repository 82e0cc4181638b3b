"""Quotes in Chromium, on a real server: a price stays in its place, and one that can't be relied on says so."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import expect

from brokers.domain import (
    SessionState,
)
from tests.webapp.pages.browsing import FENCE, Desk, quote
from webapp.accounts import sessions
from webapp.bus import quotes
from webapp.bus import redis as bus_redis
from webapp.trading.models import Instrument, Watchlist

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.asyncio(loop_scope="module"),
]


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
