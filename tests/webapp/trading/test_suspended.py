"""No order leaves on a suspended account, not in the moment before its session has stopped either."""

from __future__ import annotations

import uuid

import pytest

from webapp.accounts import sessions
from webapp.accounts.models import BrokerAccount, GatewaySession
from webapp.trading import limits, orders
from webapp.trading.models import Instrument, Order
from webapp.trading.refusals import SessionNotReady

pytestmark = pytest.mark.django_db


def test_a_suspended_account_takes_no_order_though_its_session_still_stands(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    limits.set_limits(account=ready_account, fresh_quote=False)
    sessions.suspend(ready_account.id, "Unpaid.")
    GatewaySession.objects.update(state="READY")
    ready_account.refresh_from_db()
    with pytest.raises(SessionNotReady, match=r"Unpaid.*Nothing was sent"):
        orders.place(
            account=ready_account,
            client_order_id=str(uuid.uuid4()),
            con_id=str(aapl.con_id),
            side="BUY",
            order_type="MKT",
            quantity="1",
        )
    assert not Order.objects.exists()
