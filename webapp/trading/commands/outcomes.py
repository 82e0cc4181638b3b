"""How a command that was claimed ended."""

from __future__ import annotations

from django.db.models.functions import Now

from webapp.trading.models import OrderCommand
from webapp.trading.orders import conclusions


def record_sent(command: OrderCommand) -> bool:
    """The node has it to send. False when it's withdrawn already, or no longer this fence's to conclude."""
    sending = OrderCommand.objects.filter(pk=command.pk, fence=command.fence, state=OrderCommand.State.SENDING)
    if not sending.update(state=OrderCommand.State.SENT, ended_at=Now()):
        return False
    command.state = OrderCommand.State.SENT
    return True


def record_refused(command: OrderCommand, reason: str) -> None:
    """No byte left, for `reason`. A submit's order is REJECTED; a change's or a cancel's stays what it is."""
    conclusions.refuse(command=command, reason=reason)
