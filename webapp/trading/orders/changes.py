"""The event that each change of an order ends with."""

from __future__ import annotations

from typing import cast

from webapp.accounts import events
from webapp.accounts.models import AccountEvent
from webapp.trading.models import Order
from webapp.trading.orders.bodies import as_body


def tell(order: Order) -> None:
    """Append the order as it now stands. Called last in the transaction that changed it.

    Read again, since what was fetched with it may be older than what this transaction wrote.
    """
    fresh = Order.objects.select_related("instrument", "parent", "cancelled_through__by").get(pk=order.pk)
    body = as_body(fresh)
    events.append(
        account_id=fresh.account_id,
        kind=AccountEvent.Kind.ORDER,
        subject=_subject(body["client_order_id"], body["perm_ids"]),
        body=cast("dict[str, object]", body),
    )


def _subject(client_order_id: str | None, perm_ids: list[int]) -> str:
    return client_order_id or (str(perm_ids[0]) if perm_ids else "")
