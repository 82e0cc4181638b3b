"""An entry whose way out the broker refuses: it isn't what was asked for any more.

Of a stop loss that comes last, IB holds the entry for ever, since the message that sets it free was refused; of a take
profit that comes before, the entry works without it. A machine may cancel: that can only stop an order.
"""

from __future__ import annotations

from brokers.domain import OrderStatus, OrderUpdate
from webapp.trading.models import Order, OrderCommand
from webapp.trading.orders import changes
from webapp.trading.orders.asking import ask
from webapp.trading.orders.attached import attached_as
from webapp.trading.orders.bodies import cancel_under_way, is_open


def cancel_the_entry(order: Order, update: OrderUpdate) -> None:
    """After the broker's word of an order: when it refuses one that is attached to an entry that hasn't traded.

    What has traded keeps what it still has. The caller holds the account.
    """
    entry = order.parent
    if entry is None or update.unsent is not None or order.status != OrderStatus.REJECTED:
        return
    if is_open(entry) and not entry.filled_quantity and cancel_under_way(entry) is None:
        reason = f"The broker refused its {attached_as(order)}, and it had not traded."
        ask(entry, OrderCommand.Verb.CANCEL, reason=reason)
        changes.tell(entry)
