"""A page of alice's in Chromium, on a real server, and what her worker would write. No worker runs here."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.async_api import Browser, Page, async_playwright, expect

from brokers.domain import MarketDataType, OrderSide, OrderStatus, OrderUpdate, Quote
from deploy.local.processes import became_true
from tests.services import ROOT
from webapp.accounts.models import BrokerAccount, GatewaySession, User
from webapp.bus import quotes
from webapp.bus import redis as bus_redis
from webapp.trading.models import Instrument, Order

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
FENCE = 1
AT = datetime(2026, 1, 5, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The ASGI application on the tests' own database; yields its address."""
    log = tmp_path_factory.mktemp("server") / "web.log"
    command = [sys.executable, "-m", "uvicorn", "webapp.asgi:application", "--port", "0"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=output, stderr=subprocess.STDOUT)
    try:
        yield address_in(log, process)
    finally:
        process.terminate()
        process.wait(20)


def environment() -> dict[str, str]:
    parts = urlsplit(os.environ["GATEHOUSE_DATABASE_URL"])
    name = f"/{connection.settings_dict['NAME']}"
    return os.environ | {"GATEHOUSE_DATABASE_URL": urlunsplit(parts._replace(path=name))}


def address_in(log: Path, process: subprocess.Popen[bytes]) -> str:
    def said() -> re.Match[str] | None:
        return re.search(r"running on (http://127\.0\.0\.1:\d+)", log.read_text())

    became_true(lambda: said() is not None or process.poll() is not None, deadline=30)
    found = said()
    if found is None:
        pytest.fail(f"the server did not start:\n{log.read_text()}")
    return found[1]


@dataclass(frozen=True, slots=True)
class Desk:
    """A page of alice's, and what her worker would write."""

    page: Page
    server: str
    account: BrokerAccount

    async def open(self, path: str) -> None:
        await self.page.goto(f"{self.server}/accounts/{self.account.id}/{path}")
        await expect(self.page.locator("[data-connection=open]")).to_be_visible()

    def one(self, selector: str) -> Any:
        return expect(self.page.locator(selector))

    async def write(self, service: Callable[..., Any], **values: Any) -> Any:
        return await sync_to_async(service)(account_id=self.account.id, **values)

    async def publish(self, seq: int, quote: Quote) -> None:
        redis = bus_redis.async_client()
        await quotes.publish(redis, self.account.id, FENCE, seq, {quote.con_id: quotes.encode(quote)})
        await redis.aclose()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


@asynccontextmanager
async def page_of(
    user: User, browser: Browser, server: str, *, but: str = "(?!)", **options: Any
) -> AsyncIterator[Page]:
    """A window of the user's own. At its end nothing may have been said on the console but what a test causes."""
    complaints: list[str] = []
    context = await browser.new_context(**options)
    await context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": await session_of(user), "url": server}])
    page = await context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    await context.close()
    unexpected = [text for text in complaints if not re.search(but, text)]
    assert not unexpected, unexpected


@sync_to_async
def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest_asyncio.fixture(loop_scope="module")
async def desk(chromium: Browser, server: str, ready_account: BrokerAccount) -> AsyncIterator[Desk]:
    await sync_to_async(GatewaySession.objects.update)(fence=FENCE, owner="worker-1")
    async with page_of(ready_account.user, chromium, server) as page:
        yield Desk(page, server, ready_account)


def quote(instrument: Instrument, *, bid: str | None, ask: str | None) -> Quote:
    return Quote(
        con_id=instrument.con_id,
        at=datetime.now(UTC),
        market_data_type=MarketDataType.LIVE,
        bid=bid and Decimal(bid),
        ask=ask and Decimal(ask),
        bid_size=Decimal(1200),
        close=Decimal("187.00"),
    )


def update(order: Order, status: OrderStatus, **changes: Any) -> OrderUpdate:
    return OrderUpdate(
        **{
            "order_ref": str(order.client_order_id),
            "perm_id": 77,
            "order_id": 1,
            "account_code": "DU1000001",
            "con_id": order.instrument_id,
            "side": OrderSide(order.side),
            "order_type": order.order_type,
            "quantity": order.quantity,
            "time_in_force": "DAY",
            "status": status,
            "ib_status": "Submitted",
            "filled_quantity": Decimal(0),
            "limit_price": order.limit_price,
            "at": AT,
        }
        | changes
    )
