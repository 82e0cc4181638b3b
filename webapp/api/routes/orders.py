from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router

from webapp.api.authentication import user_of
from webapp.api.cursors import page_of
from webapp.api.selecting import chosen_account, given, refuse_unknown
from webapp.api.shapes.orders import OrderPage, OrderSelection, OrdersOut
from webapp.trading import orders
from webapp.trading.models import Order

router = Router(tags=["orders"])


@router.get("/orders", response=OrdersOut, summary="Your orders, newest first")
def list_orders(request: HttpRequest, wanted: Query[OrderPage]) -> dict[str, Any]:
    page = page_of(selected_orders(request, wanted), moment="created_at", cursor=wanted.cursor, limit=wanted.limit)
    items = [{"account": order.account_id, **orders.as_body(order)} for order in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def selected_orders(request: HttpRequest, selection: OrderSelection) -> QuerySet[Order]:
    refuse_unknown(request, selection)
    found = orders.of(user_of(request), chosen_account(request, selection.account))
    wanted = {"instrument_id": selection.con_id, "side": selection.side, "status": selection.status}
    return found.filter(**given(wanted))
