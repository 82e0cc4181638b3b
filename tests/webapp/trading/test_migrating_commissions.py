"""Commissions that were recorded in a table of their own go over into their executions' rows, and back."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.webapp.trading.examples import EXEC_ID, execution
from webapp.accounts.models import BrokerAccount
from webapp.trading import fills
from webapp.trading.models import EarlyCommission, Execution, Instrument

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = [("trading", "0014_whose_cancel_ended_an_order")]
REPORT = "INSERT INTO trading_commission (account_id, exec_id, commission, currency) VALUES (%s, %s, 1.07, 'USD')"


def migrate(wanted: list[tuple[str, str]]) -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(wanted)


@pytest.fixture
def newest() -> Iterator[list[tuple[str, str]]]:
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes("trading")
    yield newest
    migrate(newest)


def test_a_commission_goes_over_into_its_execution_and_one_without_waits(
    ready_account: BrokerAccount, aapl: Instrument, newest: list[tuple[str, str]]
) -> None:
    fills.record_execution(account_id=ready_account.pk, report=execution())
    migrate(BEFORE)
    with connection.cursor() as cursor:
        for exec_id in (EXEC_ID, "to come"):
            cursor.execute(REPORT, [ready_account.pk, exec_id])
    migrate(newest)
    fill = Execution.objects.get()
    assert (fill.commission, fill.commission_currency, fill.realized_pnl) == (Decimal("1.07"), "USD", None)
    assert [early.exec_id for early in EarlyCommission.objects.all()] == ["to come"]
    migrate(BEFORE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT exec_id, commission FROM trading_commission ORDER BY exec_id")
        assert cursor.fetchall() == [(EXEC_ID, Decimal("1.07")), ("to come", Decimal("1.07"))]
