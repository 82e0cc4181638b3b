"""A command to the worker: a row, and the doorbell once it is there."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction

from webapp.bus import doorbell
from webapp.trading.models import Order, OrderCommand


def ask(
    order: Order, verb: OrderCommand.Verb, *, quantity: Decimal | None = None, limit_price: Decimal | None = None
) -> OrderCommand:
    """`quantity` and `limit_price` are the terms that a SUBMIT or a MODIFY asks for."""
    command = OrderCommand.objects.create(
        order=order, account_id=order.account_id, verb=verb, quantity=quantity, limit_price=limit_price
    )
    # Robust: the row is written, and a worker that wasn't rung finds it with its slow poll.
    transaction.on_commit(lambda: doorbell.ring(order.account_id), robust=True)
    return command
