"""The demo's people and things. What is there already stays as its owner left it."""

from __future__ import annotations

import asyncio
import json
import secrets
from decimal import Decimal
from pathlib import Path

from django.conf import settings

from brokers.domain import SessionState, TradingMode
from deploy.local.processes import LocalError, became_true, write_private
from webapp.accounts import connect, credentials, sessions, tokens
from webapp.accounts.models import ApiToken, BrokerAccount, Credential, GatewaySession, User
from webapp.bus import interest, questions, quotes
from webapp.bus.redis import async_client
from webapp.trading import watchlists
from webapp.trading.models import Instrument

USERNAME = PASSWORD = "demo"  # noqa: S105 - stands in the ready line for everybody to read
ADMINISTRATOR = "admin"
ACCOUNT = "Demo paper account"
WATCHLIST = "First look"
SYMBOLS = ("AAPL", "MSFT", "EUR.USD", "GBP.USD")
READY_DEADLINE = 60.0
QUOTE_DEADLINE = 30.0


def make() -> None:
    """The user, an administrator, an API token, and an account whose session is wished to run."""
    var = Path(settings.VAR_DIR)
    demo = User.objects.filter(username=USERNAME).first() or User.objects.create_user(USERNAME, password=PASSWORD)
    _make_administrator(var / "admin-password")
    _make_token(demo, var / "api-token")
    _connect(demo)


def _make_administrator(password_file: Path) -> None:
    """With a random password: the demo's own is known to everybody, and this one may stop anybody's session."""
    if password_file.exists() and User.objects.filter(username=ADMINISTRATOR).exists():
        return
    password = secrets.token_urlsafe(12)
    user, _ = User.objects.get_or_create(username=ADMINISTRATOR, defaults={"is_staff": True, "is_superuser": True})
    user.set_password(password)
    user.save()
    write_private(password_file, password)


def _make_token(user: User, token_file: Path) -> None:
    """One that reads and trades: the demo's money is simulated."""
    known = tokens.authenticate(token_file.read_text().strip()) if token_file.exists() else None
    if known is not None and known.user == user and tokens.TRADE in known.scopes:
        return
    ApiToken.objects.filter(user=user, name=USERNAME).delete()
    write_private(token_file, tokens.create(user, USERNAME, scopes=[tokens.READ, tokens.TRADE], days=365))


def _connect(user: User) -> None:
    account = BrokerAccount.objects.owned_by(user).filter(name=ACCOUNT).first()
    if account is None:
        mode = TradingMode.PAPER.value
        connect.connect_account(user=user, name=ACCOUNT, trading_mode=mode, username=USERNAME, password=PASSWORD)
        return
    if account.session.state == SessionState.AUTH_FAILED or not Credential.objects.filter(account=account).exists():
        credentials.store(account=account, username=USERNAME, password=PASSWORD)
    sessions.resume(account.id)  # the demo shows a session, whatever was tried at the desk
    sessions.request_start(account.id)


def first_look() -> None:
    """Wait until the account is READY, make a watchlist the first time, and wait for a price."""
    account = BrokerAccount.objects.get(user__username=USERNAME, name=ACCOUNT)
    _wait_until_ready(account)
    if not watchlists.of(account.user).exists():
        _make_watchlist(account)
    con_ids = list(Instrument.objects.filter(display_symbol__in=SYMBOLS).values_list("con_id", flat=True))
    if not became_true(lambda: asyncio.run(_price_came(account, con_ids)), deadline=QUOTE_DEADLINE, every=0.2):
        raise LocalError(f"No quote came within {QUOTE_DEADLINE:g} s.")


def _wait_until_ready(account: BrokerAccount) -> None:
    session = GatewaySession.objects.filter(account=account)
    if not became_true(session.filter(state=SessionState.READY).exists, deadline=READY_DEADLINE, every=0.2):
        row = session.get()
        raise LocalError(f"The demo account is {row.state} and not READY: {row.state_reason} {row.last_error}")


def _make_watchlist(account: BrokerAccount) -> None:
    watchlist = watchlists.create(user=account.user, name=WATCHLIST)
    for symbol in SYMBOLS:
        questions.ask(account.id, "search", {"text": symbol}, deadline=10)
        instrument = Instrument.objects.filter(display_symbol=symbol).first()
        if instrument is None:
            raise LocalError(f"The search for {symbol} found nothing of that name.")
        watchlists.add(watchlist=watchlist, instrument=instrument)


async def _price_came(account: BrokerAccount, con_ids: list[int]) -> bool:
    """Looks as a browser would: without somebody's interest nothing is subscribed."""
    async with async_client() as redis, asyncio.timeout(QUOTE_DEADLINE):
        await interest.want(redis, account.id, con_ids)
        _, _, snapshot = await quotes.snapshot(redis, account.id)
    # What lies beside the quotes is panes, of whoever looked before the demo was started again.
    bids = (json.loads(quote)["bid"] for key, quote in snapshot.items() if isinstance(key, int))
    return any(bid is not None and Decimal(bid) > 0 for bid in bids)
