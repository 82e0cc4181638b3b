"""What one currency is worth in another, by the broker's own figures of the account."""

from __future__ import annotations

from decimal import Decimal

from webapp.accounts.models import BrokerAccount
from webapp.trading.amounts import EXACT
from webapp.trading.models import AccountValue


def between(account: BrokerAccount, currency: str, other: str) -> Decimal | None:
    """How many of `other` one unit of `currency` is; None when the broker never said.

    IB's ExchangeRate is a currency's worth in the account's base currency:
    https://interactivebrokers.github.io/tws-api/account_updates.html.
    """
    if currency == other:
        return Decimal(1)
    rates = AccountValue.objects.filter(account=account, tag="ExchangeRate", currency__in=(currency, other))
    worth = {rate.currency: rate.value for rate in rates}
    if not worth.get(currency) or not worth.get(other):
        return None
    return EXACT.divide(worth[currency], worth[other])
