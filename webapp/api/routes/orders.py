from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from ninja import Query, Router, Status

from webapp.accounts.models import BrokerAccount
from webapp.api.authentication import CANCELS, TRADES, user_of
from webapp.api.cursors import page_of
from webapp.api.naming import account_of
from webapp.api.schema import refusals
from webapp.api.selecting import chosen_account, given, refuse_unknown
from webapp.api.shapes.orders import CancelledAllOut, ChangeIn, OrderIn, OrderOut, OrderPage, OrderSelection, OrdersOut
from webapp.trading import orders
from webapp.trading.models import Order

router = Router(tags=["orders"])

ORDERS = "/accounts/{uuid:account_id}/orders"
ORDER = f"{ORDERS}/{{uuid:client_order_id}}"
NOT_NOW = "The session isn't ready, or the kill switch is on. Nothing was sent."


@router.get("/orders", response=OrdersOut, summary="Your orders, newest first")
def list_orders(request: HttpRequest, wanted: Query[OrderPage]) -> dict[str, Any]:
    page = page_of(selected_orders(request, wanted), moment="created_at", cursor=wanted.cursor, limit=wanted.limit)
    return {"items": [order_body(order) for order in page.rows], "next_cursor": page.next_cursor}


@router.post(
    ORDERS,
    auth=TRADES,
    response={201: OrderOut, 200: OrderOut},
    summary="Place an order",
    openapi_extra=refusals(_409=f"The client_order_id is another order's. {NOT_NOW}"),
)
def place_order(request: HttpRequest, account_id: UUID, wanted: OrderIn) -> Status[dict[str, Any]]:
    """201 for a new order, 200 for the order that this client_order_id and body made before, whatever became of it:
    a request whose answer was lost can be sent again. It is PENDING until the broker has said a word, within seconds;
    UNKNOWN means that it may be at the broker, and that it is being looked for.
    """
    account = account_of(request)
    placed = orders.place(account=account, **wanted.model_dump())
    return Status(201 if placed.created else 200, found_body(request, account, wanted.client_order_id))


@router.get(ORDER, response=OrderOut, summary="One order, as it stands")
def get_order(request: HttpRequest, account_id: UUID, client_order_id: UUID) -> dict[str, Any]:
    return found_body(request, account_of(request), client_order_id)


@router.patch(
    ORDER,
    auth=TRADES,
    response={202: OrderOut},
    summary="Change an open order",
    openapi_extra=refusals(_409=f"The order is over, or another change is under way. {NOT_NOW}"),
)
def modify_order(
    request: HttpRequest, account_id: UUID, client_order_id: UUID, wanted: ChangeIn
) -> Status[dict[str, Any]]:
    """Asked for, not done: the order keeps its terms until the broker says the new ones (`change_requested`)."""
    account = account_of(request)
    orders.modify(account=account, client_order_id=client_order_id, **wanted.model_dump(exclude_none=True))
    return Status(202, found_body(request, account, client_order_id))


@router.delete(
    ORDER,
    auth=CANCELS,
    response={202: OrderOut},
    summary="Cancel an order",
    openapi_extra=refusals(_409="The order is over, or the session is not connected."),
)
def cancel_order(request: HttpRequest, account_id: UUID, client_order_id: UUID) -> Status[dict[str, Any]]:
    """Asked for, not done: it may still be filled. One that no worker has sent is withdrawn at once."""
    account = account_of(request)
    orders.cancel(account=account, client_order_id=client_order_id)
    return Status(202, found_body(request, account, client_order_id))


@router.delete(
    ORDERS,
    auth=CANCELS,
    response={202: CancelledAllOut},
    summary="Cancel all open orders of the account",
    openapi_extra=refusals(_409="The session is not connected. What had not left is withdrawn all the same."),
)
def cancel_all_orders(request: HttpRequest, account_id: UUID) -> Status[dict[str, Any]]:
    """Asked for, not done. The account takes orders afterwards: the kill switch is another thing."""
    cancelled = orders.cancel_all(account=account_of(request))
    ids = [command.order.client_order_id for command in cancelled.commands if command.order is not None]
    return Status(202, {"client_order_ids": ids, "elsewhere": cancelled.elsewhere})


def selected_orders(request: HttpRequest, selection: OrderSelection) -> QuerySet[Order]:
    refuse_unknown(request, selection)
    found = orders.of(user_of(request), chosen_account(request, selection.account))
    wanted = {"instrument_id": selection.con_id, "side": selection.side, "status": selection.status}
    return found.filter(**given(wanted))


def found_body(request: HttpRequest, account: BrokerAccount, client_order_id: UUID) -> dict[str, Any]:
    order = orders.of(user_of(request), account).filter(client_order_id=client_order_id).first()
    if order is None:
        raise Http404("There is no such order.")
    return order_body(order)


def order_body(order: Order) -> dict[str, Any]:
    return {"account": order.account_id, **orders.as_body(order)}
