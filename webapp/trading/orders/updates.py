"""The broker's word on orders: a status never goes backwards, however late, twice or out of order a message comes."""

from __future__ import annotations

import logging
import re
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from brokers.domain import Attempt, OrderStatus, OrderUpdate, Unsent
from webapp.trading import instruments
from webapp.trading.amounts import fitted
from webapp.trading.locks import hold
from webapp.trading.models import BrokerOrder, Execution, Order, OrderCommand
from webapp.trading.models.orders import REASON_LENGTH
from webapp.trading.orders import changes, own_cancels, refused_exits
from webapp.trading.orders.behind import as_one, works_again
from webapp.trading.orders.bodies import is_open, is_taken
from webapp.trading.orders.checks import FieldRefused, read_client_order_id
from webapp.trading.orders.ranking import may_follow
from webapp.trading.orders.told import first_terms, told_terms
from webapp.trading.texts import clip

log = logging.getLogger(__name__)


# As in "Order rejected - reason: no shares to borrow (IB 201)".
_CODE = re.compile(r"\(IB \d+\)")
# The order lives on: with the terms that it had, or to be cancelled again.
_REFUSED = {Attempt.CHANGE: OrderCommand.Verb.MODIFY, Attempt.CANCEL: OrderCommand.Verb.CANCEL}
# What a worker had handed over and its node withdrew. Of an order that never left, no cancel did either.
_WITHDRAWN = {
    Unsent.ORDER: [OrderCommand.Verb.SUBMIT, OrderCommand.Verb.CANCEL],
    Unsent.CHANGE: [OrderCommand.Verb.MODIFY],
    Unsent.CANCEL: [OrderCommand.Verb.CANCEL],
}
# UNKNOWN, when somebody had begun to look for it meanwhile.
_HANDED_OVER = [OrderCommand.State.SENDING, OrderCommand.State.SENT, OrderCommand.State.UNKNOWN]


def apply_update(*, account_id: UUID, update: OrderUpdate) -> None:
    """Bring the order that the broker speaks of up to date, making one for an order placed elsewhere.

    Found by `order_ref` when that is an id of ours, else by `perm_id`. An event is written only when something
    changed. Raises InstrumentUnknown when a new order names a con_id without a row.
    """
    with transaction.atomic():
        hold(account_id)
        order = find_order(account_id, order_ref=update.order_ref, perm_id=update.perm_id)
        changed = False
        if order is None:
            order, changed = _placed_elsewhere(account_id, update), True
        if order is None:
            return
        changed |= _link(order, update)
        changed |= _apply(order, as_one(order, update))
        changed |= own_cancels.note(order)
        changed |= _note_rejected(order, update)
        changed |= _note_unsent(order, update)
        if changed:
            changes.tell(order)
            refused_exits.cancel_the_entry(order, update)


def find_order(account_id: UUID, *, order_ref: str, perm_id: int | None) -> Order | None:
    """By our own id first, then by the broker's; never by its order id, which a restart hands out again."""
    orders = Order.objects.filter(account_id=account_id)
    ours = _our_id(order_ref)
    found = orders.filter(client_order_id=ours).first() if ours else None
    if found is None and perm_id:
        found = orders.filter(broker_orders__perm_id=perm_id).first()
    return found


def _our_id(order_ref: str) -> UUID | None:
    try:
        return read_client_order_id(order_ref)
    except FieldRefused:
        # Not in the shape of our ids, so it was placed elsewhere: its perm_id tells it apart.
        return None


def _placed_elsewhere(account_id: UUID, update: OrderUpdate) -> Order | None:
    if not update.perm_id:
        # Nothing could find it again. The broker speaks of it once more when it has given it a permId.
        log.warning("Order %s (ref %r) has no permId yet and is not ours: waiting.", update.order_id, update.order_ref)
        return None
    return Order.objects.create(
        account_id=account_id,
        client_order_id=None,
        instrument=instruments.get(update.con_id),
        account_code=update.account_code,
        side=update.side.value,
        status=update.status.value,
        **first_terms(update),
    )


def _apply(order: Order, update: OrderUpdate) -> bool:
    wanted = _columns(order, update)
    changed = [name for name, value in wanted.items() if getattr(order, name) != value]
    for name in changed:
        setattr(order, name, wanted[name])
    if changed:
        order.save(update_fields=[*changed, "updated_at"])
    return bool(changed)


def _columns(order: Order, update: OrderUpdate) -> dict[str, Any]:
    """What the order's columns should say after this update."""
    columns: dict[str, Any] = {**_filled(order, update)}
    if may_follow(_standing(order, update), update.status):
        columns |= {"status": update.status.value, "ib_status": clip(update.ib_status, 30)}
        columns |= _reason(order, update)
        columns |= told_terms(order, update)
    return columns


def _standing(order: Order, update: OrderUpdate) -> OrderStatus:
    """What the order is by now. An end that we concluded without a word of IB's gives way to IB's first word."""
    ours = order.status == OrderStatus.REJECTED and not order.ib_status and bool(update.ib_status)
    return OrderStatus.UNKNOWN if ours or works_again(order, update) else OrderStatus(order.status)


def _filled(order: Order, update: OrderUpdate) -> dict[str, Decimal]:
    """Only ever more: a fill is a fact, even one that comes after the order was over.

    IB can say Filled before it says how much, and says a quantity of 0 of an order that is over.
    """
    filled = fitted(update.filled_quantity)
    if update.status is OrderStatus.FILLED and may_follow(OrderStatus(order.status), update.status):
        filled = max(filled, fitted(update.quantity) or order.quantity)
    if filled < order.filled_quantity:
        return {}
    columns = {"filled_quantity": filled}
    if update.average_fill_price is not None and filled > 0:
        columns["average_fill_price"] = fitted(update.average_fill_price)
    return columns


def _reason(order: Order, update: OrderUpdate) -> dict[str, str]:
    """A reason stands until the status moves on or another comes; of an order that is over, until a better one does."""
    if order.status == update.status and (not update.reason or _says_less(update, order)):
        return {}
    return {"reason": clip(update.reason, REASON_LENGTH)}


def _says_less(update: OrderUpdate, order: Order) -> bool:
    """Among completed orders IB names no code, and may give the status as the reason: `Inactive` of a rejection."""
    if is_open(order) or not order.reason:
        return False
    return update.reason == update.ib_status or (_has_code(order.reason) and not _has_code(update.reason))


def _has_code(reason: str) -> bool:
    return _CODE.search(reason) is not None


def _link(order: Order, update: OrderUpdate) -> bool:
    """Keep the broker's own id, and give the order the executions that came before it."""
    if not update.perm_id:
        return False
    _, created = BrokerOrder.objects.get_or_create(
        account_id=order.account_id,
        perm_id=update.perm_id,
        defaults={"order": order, "broker_order_id": update.order_id},
    )
    if created:
        early = Q(account_id=order.account_id, perm_id=update.perm_id, order=None)
        Execution.objects.filter(early).update(order=order)
    return created


def _note_rejected(order: Order, update: OrderUpdate) -> bool:
    """IB has answered a change or a cancel by refusing it."""
    if update.refused is None:
        return False
    sent = order.commands.filter(_unanswered(order, _REFUSED[update.refused]), state=OrderCommand.State.SENT)
    refused = OrderCommand.State.REFUSED
    return bool(sent.update(state=refused, reason=clip(update.reason, REASON_LENGTH)))


def _unanswered(order: Order, verb: OrderCommand.Verb) -> Q:
    """Of changes the newest alone, since one waits for the other's answer; taken, it shows in the order's terms."""
    if verb != OrderCommand.Verb.MODIFY:
        return Q(verb=verb)
    newest = order.commands.filter(verb=verb).order_by("-id").first()
    return Q(pk=newest.pk if newest is not None and not is_taken(newest, order) else None)


def _note_unsent(order: Order, update: OrderUpdate) -> bool:
    """Perhaps before its worker has recorded that it was sent, which `commands.record_sent` then doesn't."""
    if update.unsent is None:
        return False
    handed_over = order.commands.filter(verb__in=_WITHDRAWN[update.unsent], state__in=_HANDED_OVER)
    if update.unsent is Unsent.CHANGE:
        handed_over = handed_over.filter(_unanswered(order, OrderCommand.Verb.MODIFY))
    reason = clip(update.reason, REASON_LENGTH)
    return bool(handed_over.update(state=OrderCommand.State.REFUSED, reason=reason, ended_at=Now()))
