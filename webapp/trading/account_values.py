"""The figures of the account summary, as the broker last said them.

They change with every tick of a position, so they make no numbered events: a page reads them when it is opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from brokers import domain
from webapp.accounts.models import BrokerAccount, User
from webapp.trading.amounts import fitted
from webapp.trading.models import AccountValue


def of(user: User | AnonymousUser, account: BrokerAccount | None = None) -> QuerySet[AccountValue]:
    """The user's figures, by account code, tag and currency, on one account or on all."""
    values = AccountValue.objects.filter(account__in=BrokerAccount.objects.visible_to(user))
    if account is not None:
        values = values.filter(account=account)
    return values.order_by("account_code", "tag", "currency")


def base_currency(account: BrokerAccount) -> str | None:
    """What the account's margins are in: IB gives its net liquidation in that alone. None until it has said so."""
    return base_currencies(account).get(account.account_code)


def base_currencies(account: BrokerAccount) -> dict[str, str]:
    """The same of every account code behind the login that IB has told it of."""
    values = AccountValue.objects.filter(account=account, tag="NetLiquidation").exclude(currency__in=("", "BASE"))
    return dict(values.order_by("-id").values_list("account_code", "currency"))


def record(*, account_id: UUID, values: Iterable[domain.AccountValue]) -> None:
    """Upsert by (account_code, tag, currency), IB's key, in one statement; of two with one key the later one counts.

    Racing reports end as one row each, and lock rows in one order.
    """
    newest = {(value.account_code, value.tag, value.currency): value for value in values}
    AccountValue.objects.bulk_create(
        [_row(account_id, newest[key]) for key in sorted(newest)],
        update_conflicts=True,
        unique_fields=["account", "account_code", "tag", "currency"],
        update_fields=["value", "updated_at"],
    )


def _row(account_id: UUID, value: domain.AccountValue) -> AccountValue:
    return AccountValue(
        account_id=account_id,
        account_code=value.account_code,
        tag=value.tag,
        currency=value.currency,
        value=fitted(value.value),
    )
