"""Whether orders with real money may leave: not until the account's owner turns that on, with the password typed anew.

A browser that was left open, and a program's token, can't do it. Turning it off asks for nothing. Paper accounts aren't
concerned.
"""

from __future__ import annotations

from typing import TypedDict

from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from webapp.accounts import events
from webapp.accounts.models import AccountEvent, BrokerAccount, User
from webapp.accounts.refusals import AccountInvalid, LiveTradingOff, NotAllowed
from webapp.audit import recording as audit


class LiveTradingBody(TypedDict):
    """`applies` is False for a paper account. `since` is ISO 8601 in UTC, None while it is off."""

    applies: bool
    on: bool
    since: str | None


def require_on(account: BrokerAccount) -> None:
    """Raises LiveTradingOff for a live account whose owner hasn't turned it on. The row has to be a fresh one."""
    if account.is_live_trading_off:
        raise LiveTradingOff(in_words(account))


def in_words(account: BrokerAccount) -> str:
    """Why no order leaves while it is off."""
    return (
        f"Live trading is off for {account.name}. Its owner turns it on under “Live trading” on the account's session "
        "page. Nothing was sent."
    )


@sensitive_variables("password")
def turn_on(*, account: BrokerAccount, by: User, password: str) -> None:
    """Raises AccountInvalid for a paper account and a password that isn't `by`'s, NotAllowed for all but the owner.

    The caller limits how often a password may be tried.
    """
    if account.user_id != by.pk:
        raise NotAllowed("Only the account's owner can turn live trading on.")
    if not account.is_live:
        raise AccountInvalid({"": "This is a paper account: its orders need no leave."})
    if not by.check_password(password):
        raise AccountInvalid({"password": "That isn't the password that you sign in with here."})
    with transaction.atomic():
        if _switch(account, was_on=False):
            audit.record(audit.Action.LIVE_TRADING_ON, account=account, by=by)
            _tell(account)


def turn_off(*, account: BrokerAccount) -> None:
    """From now on no order and no change leaves; what the broker has stays there, and can be cancelled."""
    with transaction.atomic():
        if _switch(account, was_on=True):
            audit.record(audit.Action.LIVE_TRADING_OFF, account=account)
            _tell(account)


def as_body(account: BrokerAccount) -> LiveTradingBody:
    since = account.live_trading_since if account.is_live else None
    return {"applies": account.is_live, "on": since is not None, "since": None if since is None else since.isoformat()}


def _switch(account: BrokerAccount, *, was_on: bool) -> bool:
    """The account's row is held from here on, as it is by whoever places an order. False when it stood so already."""
    since = None if was_on else timezone.now()
    switched = BrokerAccount.objects.filter(pk=account.pk, live_trading_since__isnull=not was_on)
    is_switched = switched.update(live_trading_since=since) > 0
    account.refresh_from_db(fields=["live_trading_since"])
    return is_switched


def _tell(account: BrokerAccount) -> None:
    body = dict(as_body(account))
    events.append(account_id=account.pk, kind=AccountEvent.Kind.LIVE_TRADING, subject="", body=body)
