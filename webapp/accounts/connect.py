"""Connecting a broker account: the rows that make one, and its first start."""

from __future__ import annotations

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from brokers.domain import TradingMode
from webapp.accounts import credentials, sessions
from webapp.accounts.models import BrokerAccount, GatewaySession, User
from webapp.accounts.refusals import AccountInvalid
from webapp.audit import recording as audit


@sensitive_variables("username", "password")
def connect_account(*, user: User, name: str, trading_mode: str, username: str, password: str) -> BrokerAccount:
    """Store the login, sealed, and start its session.

    `trading_mode` is `paper` or `live`. Raises AccountInvalid with every wrong field at once, and nothing is written.
    """
    errors = _problems(name, trading_mode) | credentials.problems(username=username, password=password)
    if errors:
        raise AccountInvalid(errors)
    with transaction.atomic():
        account = BrokerAccount.objects.create(user=user, name=name.strip(), trading_mode=TradingMode(trading_mode))
        GatewaySession.objects.create(account=account)
        audit.record(audit.Action.ACCOUNT_CONNECTED, account=account, text=str(account))
        credentials.store(account=account, username=username, password=password)
        sessions.request_start(account.id)
        account.refresh_from_db()
    return account


def _problems(name: str, trading_mode: str) -> dict[str, str]:
    errors = {}
    if not 1 <= len(name.strip()) <= 60:
        errors["name"] = "Give the account a name of 1 to 60 characters."
    elif not name.strip().isprintable():
        errors["name"] = "The name holds a control character."
    if trading_mode not in list(TradingMode):
        errors["trading_mode"] = f"The trading mode is paper or live, not {trading_mode!r}."
    return errors
