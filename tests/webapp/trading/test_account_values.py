from __future__ import annotations

from decimal import Decimal

import pytest

from brokers.domain import AccountValue
from tests.webapp.trading.racing import race
from webapp.accounts.models import BrokerAccount, User
from webapp.trading import account_values
from webapp.trading.models import AccountValue as AccountValueRow

pytestmark = pytest.mark.django_db


def figure(value: str, tag: str = "NetLiquidation", currency: str = "USD") -> AccountValue:
    return AccountValue("DU1000001", tag, currency, Decimal(value))


def record(account: BrokerAccount, value: str, *, tag: str = "NetLiquidation", currency: str = "USD") -> None:
    account_values.record(account_id=account.pk, values=[figure(value, tag, currency)])


def test_a_figure_is_replaced_by_the_next_one(account: BrokerAccount) -> None:
    record(account, "100000")
    first = AccountValueRow.objects.get()
    record(account, "99999.50")
    second = AccountValueRow.objects.get()
    assert (second.pk, second.value) == (first.pk, Decimal("99999.50"))
    assert second.updated_at > first.updated_at


def test_the_same_tag_in_two_currencies_and_in_base_are_three_figures(account: BrokerAccount) -> None:
    for currency in ("USD", "EUR", "BASE"):
        record(account, "1", currency=currency)
    assert [value.currency for value in account_values.of(account.user)] == ["BASE", "EUR", "USD"]


def test_of_two_figures_with_one_key_the_later_one_counts(account: BrokerAccount) -> None:
    account_values.record(account_id=account.pk, values=[figure("1"), figure("2", currency="EUR"), figure("3")])
    assert [(row.currency, row.value) for row in account_values.of(account.user)] == [("EUR", 2), ("USD", 3)]


@pytest.mark.django_db(transaction=True)
def test_racing_words_on_one_figure_are_one_row(account: BrokerAccount) -> None:
    race(lambda: record(account, "1"), times=6)
    assert AccountValueRow.objects.count() == 1


def test_figures_are_their_owners_alone(account: BrokerAccount, bob: User) -> None:
    record(account, "1")
    assert list(account_values.of(bob)) == list(account_values.of(bob, account)) == []
