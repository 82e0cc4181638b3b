from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import DataError, InternalError, connection

from brokers.domain import AccountValue
from webapp.accounts.models import BrokerAccount
from webapp.trading import account_values
from workers.account_values import NewestValues

pytestmark = pytest.mark.django_db(transaction=True)


def figure(value: str, tag: str = "NetLiquidation") -> AccountValue:
    return AccountValue("DU1000001", tag, "USD", Decimal(value))


def writes(how: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET SESSION CHARACTERISTICS AS TRANSACTION READ {how}")


def rows(account: BrokerAccount) -> list[tuple[str, Decimal]]:
    return [(row.tag, row.value) for row in account_values.of(account.user)]


def test_what_came_while_the_database_was_busy_is_one_write_of_the_newest(account: BrokerAccount) -> None:
    values = NewestValues(account.pk)
    assert [values.put(figure("1")), values.put(figure("2")), values.put(figure("3", "BuyingPower"))] == [
        True,
        False,
        False,
    ]
    values.write()
    assert rows(account) == [("BuyingPower", 3), ("NetLiquidation", 2)]
    assert values.put(figure("4"))


def test_while_the_database_is_away_the_newest_waits_for_the_next_try(account: BrokerAccount) -> None:
    values = NewestValues(account.pk)
    values.put(figure("1"))
    values.put(figure("7", "BuyingPower"))
    writes("ONLY")
    try:
        with pytest.raises(InternalError):
            values.write()
    finally:
        writes("WRITE")
    values.put(figure("2"))
    values.write()
    assert rows(account) == [("BuyingPower", 7), ("NetLiquidation", 2)]


def test_what_the_database_refuses_does_not_keep_later_figures_out(account: BrokerAccount) -> None:
    values = NewestValues(account.pk)
    values.put(figure("1", "x" * 500))
    with pytest.raises(DataError):
        values.write()
    assert values.put(figure("2"))
    values.write()
    assert rows(account) == [("NetLiquidation", 2)]
