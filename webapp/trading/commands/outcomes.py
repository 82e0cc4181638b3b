"""How a command that was claimed ended."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from webapp.trading.models import OrderCommand
from webapp.trading.orders import conclusions
from webapp.trading.orders.attached import submits_with


def record_sent(command: OrderCommand) -> bool:
    """The node has it to send, with all that leaves with it. False when it's withdrawn already, or no longer this
    fence's to conclude.
    """
    with transaction.atomic():
        if not note_sent(command):
            return False
        for attached in submits_with(command).filter(fence=command.fence):
            note_sent(attached)
        return True


def note_sent(command: OrderCommand) -> bool:
    """The same of this command alone."""
    sending = OrderCommand.objects.filter(pk=command.pk, fence=command.fence, state=OrderCommand.State.SENDING)
    if not sending.update(state=OrderCommand.State.SENT, ended_at=Now()):
        return False
    command.state = OrderCommand.State.SENT
    return True


def record_refused(command: OrderCommand, reason: str) -> None:
    """No byte left, for `reason`. A submit's order is REJECTED; a change's or a cancel's stays what it is."""
    conclusions.refuse(command=command, reason=reason)


def record_late(command: OrderCommand) -> None:
    """No byte left, because its time was up before one could."""
    waited = settings.ORDER_TIME_TO_LIVE.total_seconds()
    conclusions.refuse(
        command=command,
        reason=f"Not sent: it could not leave within {waited:g} seconds. Nothing reached the broker; decide again.",
    )


def record_unknown(command: OrderCommand, reason: str) -> None:
    """Nobody knows whether it left. A submit's order is UNKNOWN, and so is what leaves with it."""
    conclusions.mark_all_unknown(command=command, reason=reason)
