"""An order that IB has executed is at IB, whether or not IB has said a status of it."""

from __future__ import annotations

from decimal import Decimal

from brokers.domain import OrderStatus
from webapp.trading.models import Execution, Order
from webapp.trading.orders import changes

_IN_DOUBT = (OrderStatus.PENDING, OrderStatus.UNKNOWN)


def lift(order: Order) -> None:
    """Out of doubt: FILLED when all of it was executed, else SUBMITTED. The caller holds the account."""
    if order.status not in _IN_DOUBT:
        return
    order.filled_quantity = max(order.filled_quantity, executed_quantity(order))
    is_filled = order.filled_quantity >= order.quantity
    order.status = (OrderStatus.FILLED if is_filled else OrderStatus.SUBMITTED).value
    order.reason = ""
    order.save(update_fields=["status", "filled_quantity", "reason", "updated_at"])
    changes.tell(order)


def executed_quantity(order: Order) -> Decimal:
    """Of each trade its newest correction alone; the legs of a combination count for nothing but themselves."""
    newest: dict[str, Execution] = {}
    for execution in Execution.objects.filter(order=order, instrument_id=order.instrument_id).order_by("revision"):
        newest[execution.trade_key or execution.exec_id] = execution
    return sum((execution.quantity for execution in newest.values()), Decimal(0))
