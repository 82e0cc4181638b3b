"""Alerts: the few events that a person has to know of. Each is read off its event, in the event's own transaction.

So no service can forget one, and none is told of that was rolled back. What goes over (an outage, a prompt on a phone,
the kill switch, not knowing of an order) ends with the event that says so, and is raised anew when it comes back; that
an order was rejected stays as it was. An order's alert leads to the order's page.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from brokers.domain import OrderStatus, SessionState
from webapp.accounts.alert_rows import Alert, AlertsSeen
from webapp.accounts.models import AccountEvent, BrokerAccount, User

SHOWN = 200

_ASKS_FOR = {
    SessionState.TWO_FACTOR: Alert.Kind.SECOND_FACTOR,
    SessionState.AUTH_REQUIRED: Alert.Kind.LOGIN,
    SessionState.AUTH_FAILED: Alert.Kind.LOGIN,
}
_ORDERS = {
    OrderStatus.REJECTED: Alert.Kind.ORDER_REJECTED,
    OrderStatus.UNKNOWN: Alert.Kind.ORDER_UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What an event says: the alert that it raises, if any, and the kinds of which all are over but that one.

    `over_of` is the only subject of which they are over; None is every one's.
    """

    kind: Alert.Kind | None = None
    subject: str = ""
    text: str = ""
    over: tuple[Alert.Kind, ...] = ()
    over_of: str | None = None


def follow(event: AccountEvent) -> None:
    """Write what the event says to be known. Called by `events.append`, which holds the account."""
    read = _READERS.get(event.kind)
    reading = read(event) if read else None
    if reading is None:
        return
    if reading.over:
        _end(event, reading)
    if reading.kind is not None:
        _raise(event, reading.kind, reading)


def of(user: User) -> QuerySet[Alert]:
    """The alerts of every account that the user may see, newest first, each with `is_new` for this user."""
    seen = AlertsSeen.objects.filter(user=user, account=OuterRef("account")).values("number")
    alerts = Alert.objects.filter(account__in=BrokerAccount.objects.visible_to(user)).select_related("account")
    return alerts.annotate(seen=Coalesce(Subquery(seen), Value(0))).order_by("-pk")


def unseen_count(user: User) -> int:
    return of(user).filter(number__gt=F("seen")).count()


def mark_seen(*, user: User, up_to: Iterable[tuple[uuid.UUID, int]]) -> None:
    """`up_to` is the number of each account that the page was painted with: what came since stays new.

    A number never goes back. The caller has checked whose accounts they are.
    """
    with transaction.atomic():
        for account_id, number in up_to:
            row, _ = AlertsSeen.objects.get_or_create(user=user, account_id=account_id, defaults={"number": number})
            AlertsSeen.objects.filter(pk=row.pk, number__lt=number).update(number=number)


def _end(event: AccountEvent, reading: Reading) -> None:
    standing = Alert.objects.filter(account_id=event.account_id, kind__in=reading.over, ended_at=None)
    if reading.over_of is not None:
        standing = standing.filter(subject=reading.over_of)
    standing.exclude(kind=reading.kind or "", subject=reading.subject).update(ended_at=timezone.now())


def _raise(event: AccountEvent, kind: Alert.Kind, reading: Reading) -> None:
    """Once while it stands: an order that is rejected may be told of again for another reason."""
    alert = Alert(
        account_id=event.account_id,
        kind=kind,
        subject=reading.subject,
        text=reading.text[:500],
        number=event.number,
    )
    Alert.objects.bulk_create([alert], ignore_conflicts=True)


def _outage(event: AccountEvent) -> Reading:
    text = event.body["alert"]
    if not text:
        return Reading(over=(Alert.Kind.OUTAGE,))
    return Reading(Alert.Kind.OUTAGE, str(event.number), text)


def _session(event: AccountEvent) -> Reading:
    """By when the state began: each prompt on a phone is one of its own."""
    kind, body = _ASKS_FOR.get(event.body["state"]), event.body
    over = (Alert.Kind.SECOND_FACTOR, Alert.Kind.LOGIN)
    return Reading(kind, body["since"] if kind else "", body["reason"], over)


def _order(event: AccountEvent) -> Reading:
    kind, body, over = _ORDERS.get(event.body["status"]), event.body, (Alert.Kind.ORDER_UNKNOWN,)
    text = f"{_order_in_words(body)}. {body['reason']}".strip() if kind else ""
    return Reading(kind, event.subject, text, over, over_of=event.subject)


def _order_in_words(body: dict[str, Any]) -> str:
    price = f" {body['limit_price']}" if body.get("limit_price") else ""
    return f"{body['side']} {body['quantity']} {body['name']} {body['order_type']}{price} {body['time_in_force']}"


def _kill_switch(event: AccountEvent) -> Reading:
    body = event.body
    if not body["engaged"]:
        return Reading(over=(Alert.Kind.KILL_SWITCH,))
    scope = "on all accounts" if body["for_all"] else "on this account"
    why = f": {body['reason']}" if body["reason"] else ""
    return Reading(
        Alert.Kind.KILL_SWITCH, body["at"], f"Stopped {scope} by {body['by']}{why}.", (Alert.Kind.KILL_SWITCH,)
    )


_READERS: dict[str, Callable[[AccountEvent], Reading]] = {
    AccountEvent.Kind.ALERT: _outage,
    AccountEvent.Kind.SESSION: _session,
    AccountEvent.Kind.ORDER: _order,
    AccountEvent.Kind.KILL_SWITCH: _kill_switch,
}
