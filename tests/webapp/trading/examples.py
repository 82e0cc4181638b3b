"""What a ticket says, and what a broker says of it: ordinary values, of which a test names only those it is about."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models.functions import Now

from brokers.domain import CommissionReport, ExecutionReport, OrderSide, OrderStatus, OrderUpdate
from webapp.accounts.models import BrokerAccount, GatewaySession
from webapp.trading import orders
from webapp.trading.models import Order

AAPL = 265598
NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
EXEC_ID = "0000e0d5.66f0a1b2.01.01"


def fields(**changes: Any) -> dict[str, Any]:
    """A limit order for 10 AAPL as a form sends it, with an id of its own."""
    return {
        "client_order_id": str(uuid.uuid4()),
        "con_id": str(AAPL),
        "side": "BUY",
        "order_type": "LMT",
        "quantity": "10",
        "limit_price": "190.50",
        "time_in_force": "DAY",
        **changes,
    }


def placed(account: BrokerAccount, **changes: Any) -> Order:
    return orders.place(account=account, **fields(**changes)).order


def update(order: Order | None = None, **changes: Any) -> OrderUpdate:
    """The broker says Submitted: of this order, or of one placed elsewhere that has permId 900."""
    said = OrderUpdate(
        order_ref="" if order is None else str(order.client_order_id),
        perm_id=900,
        order_id=0 if order is None else 7,
        account_code="DU1000001",
        con_id=AAPL,
        side=OrderSide.BUY,
        order_type="LMT",
        quantity=Decimal(10),
        time_in_force="DAY",
        status=OrderStatus.SUBMITTED,
        ib_status="Submitted",
        filled_quantity=Decimal(0),
        at=NOON,
        limit_price=Decimal("190.50"),
    )
    return replace(said, **changes)


def execution(order: Order | None = None, **changes: Any) -> ExecutionReport:
    report = ExecutionReport(
        exec_id=EXEC_ID,
        order_ref="" if order is None else str(order.client_order_id),
        perm_id=900,
        account_code="DU1000001",
        con_id=AAPL,
        side=OrderSide.BUY,
        quantity=Decimal(10),
        price=Decimal("190.50"),
        exchange="NASDAQ",
        at=NOON,
    )
    return replace(report, **changes)


def commission(**changes: Any) -> CommissionReport:
    return replace(CommissionReport(exec_id=EXEC_ID, commission=Decimal("1.07"), currency="USD"), **changes)


def lease(account: BrokerAccount, *, worker: str = "worker-1", fence: int = 1, seconds: float = 60) -> None:
    """Give the account's lease to a worker, for that long from now on by the database's clock."""
    GatewaySession.objects.filter(account=account).update(
        owner=worker, fence=fence, lease_expires_at=Now() + timedelta(seconds=seconds)
    )
