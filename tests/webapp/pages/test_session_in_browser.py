"""The session in Chromium, on a real server: its state and what stands over every page of its account."""

from __future__ import annotations

import asyncio
import re
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from brokers.domain import (
    Position,
    SessionState,
    TradingPermission,
)
from tests.webapp.pages.browsing import FENCE, Desk
from webapp.accounts import sessions
from webapp.accounts.models import GatewaySession
from webapp.trading import positions
from webapp.trading.kill_switch import engaging
from webapp.trading.models import Instrument, Watchlist

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


async def test_what_refreshes_by_itself_says_when_it_could_not(desk: Desk) -> None:
    await desk.open("trade/")
    for successful in (False, True):
        await desk.page.evaluate("(ok) => htmx.trigger('#values', 'htmx:afterRequest', { successful: ok })", successful)
        await desk.one("#values.not-current").to_have_count(0 if successful else 1)


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
