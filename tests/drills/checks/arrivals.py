"""Clicks, rows and the broker's orders are the same orders, each of them once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.drills.evidence import Evidence


def duplicates(evidence: Evidence) -> Iterator[str]:
    """At most one broker order for each `order_ref`."""
    counted = Counter(row["order_ref"] for row in evidence.arrived())
    yield from (f"{order_ref} reached the broker {times} times" for order_ref, times in counted.items() if times > 1)


def nobodys(evidence: Evidence) -> Iterator[str]:
    """Every order of ours is of a click: a second one for the same click would have an id that nobody clicked."""
    asked = evidence.ids_of_clicks()
    for order in evidence.orders():
        if str(order.client_order_id) not in asked:
            yield f"{order.client_order_id} is an order, and nobody clicked it"


def strangers(evidence: Evidence) -> Iterator[str]:
    """Every order at the broker is one here, and the other way round for those that were placed elsewhere."""
    here = {str(order.client_order_id) for order in evidence.orders()}
    for row in evidence.arrived():
        if row["order_ref"] not in here:
            reference = row["order_ref"] or "one without an order_ref"
            yield f"{reference} is at the broker ({row['perm_id']}) and no order here"
    elsewhere = {row["perm_id"] for row in evidence.gateway.rows("order") if row["event"] == "elsewhere"}
    for order in evidence.every_order().filter(client_order_id=None).exclude(broker_orders__perm_id__in=elsewhere):
        yield f"order {order.pk} is said to be placed elsewhere, and nobody placed it there"


def intents(evidence: Evidence) -> Iterator[str]:
    """Every accepted click is one intent, with the ways out that it asked for; a refused one is none."""
    orders = {str(order.client_order_id): order for order in evidence.orders()}
    exits = Counter(str(order.parent.client_order_id) for order in orders.values() if order.parent)
    accepted = evidence.accepted()
    for click in accepted.values():
        if click.client_order_id not in orders:
            yield f"{click.client_order_id} was accepted and is no order"
        if exits[click.client_order_id] != click.exits:
            yield f"{click.client_order_id} has {exits[click.client_order_id]} ways out instead of {click.exits}"
    for click in evidence.clicks:
        is_refused = click.status is not None and click.client_order_id not in accepted
        if is_refused and click.client_order_id in orders:
            yield f"{click.client_order_id} was refused ({click.status}) and is an order"
