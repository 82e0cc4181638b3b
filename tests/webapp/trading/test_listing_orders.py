from __future__ import annotations

import pytest
from django.db import connection

from tests.webapp.trading.examples import placed
from webapp.accounts.models import BrokerAccount
from webapp.trading import orders
from webapp.trading.models import Instrument

pytestmark = pytest.mark.django_db


def test_an_accounts_newest_orders_come_out_of_an_index_in_their_order(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    """However many there are. A handful would be sorted all the same, so that is made dear."""
    placed(ready_account)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off; SET LOCAL enable_seqscan = off")
    newest = orders.of(ready_account.user, ready_account).order_by("-created_at", "-pk")[:101]
    plan = newest.explain()
    assert "orders_newest_first" in plan
    assert "Sort" not in plan
