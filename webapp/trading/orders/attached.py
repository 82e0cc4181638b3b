"""Orders that belong together: an entry with its exits, which leave with it or not at all."""

from __future__ import annotations

from uuid import UUID, uuid5

from django.db.models import Q, QuerySet

from webapp.trading.models import Order, OrderCommand


def exit_id(client_order_id: UUID, attached_as: Order.AttachedAs) -> UUID:
    """The same for the same entry, however often its ticket is submitted."""
    return uuid5(client_order_id, attached_as.value)


def attached_as(order: Order) -> str:
    """In words: `stop loss`."""
    return Order.AttachedAs(order.attached_as).label.lower()


def belongs_to_a_group(order: Order) -> bool:
    return order.parent_id is not None or order.attached.exists()


def group_of(order: Order) -> QuerySet[Order]:
    """The entry first, then what is attached to it; an order by itself alone."""
    entry = order.parent_id or order.pk
    return Order.objects.filter(Q(pk=entry) | Q(parent=entry)).select_related("instrument").order_by("id")


def submits_with(command: OrderCommand) -> QuerySet[OrderCommand]:
    """The submits that leave together with this one: those of the orders that are attached to its order."""
    if command.verb != OrderCommand.Verb.SUBMIT:
        return OrderCommand.objects.none()
    return OrderCommand.objects.filter(verb=command.verb, order__parent=command.order_id).order_by("id")


def is_led() -> Q:
    """Of a command: whether it is a submit that leaves with that of its order's parent."""
    return Q(verb=OrderCommand.Verb.SUBMIT, order__parent__isnull=False)
