"""A command to the worker: a row, and the doorbell once it is there."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from webapp.bus import doorbell
from webapp.trading.models import Order, OrderCommand


def ask(order: Order, verb: OrderCommand.Verb, **columns: Any) -> OrderCommand:
    """`columns` are the terms that a SUBMIT or a MODIFY asks for, or why a machine asks."""
    command = OrderCommand.objects.create(order=order, account_id=order.account_id, verb=verb, **columns)
    # Robust: the row is written, and a worker that wasn't rung finds it with its slow poll.
    transaction.on_commit(lambda: doorbell.ring(order.account_id), robust=True)
    return command
