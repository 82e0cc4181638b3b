"""What is done with an order that is there. Every answer is a fragment, with the status that fits."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST

from webapp.accounts.models import BrokerAccount
from webapp.pages.access import SignedInRequest, signed_in, tradable_account
from webapp.pages.fragments import render_fragment
from webapp.pages.steps import with_price_steps
from webapp.pages.views.tickets import CONFLICT, NOT_READY
from webapp.trading import orders
from webapp.trading.models import Order
from webapp.trading.refusals import OrderNotOpen, SessionNotReady


@require_POST
@signed_in
def cancel(request: SignedInRequest, account_id: UUID, client_order_id: UUID) -> HttpResponseBase:
    account = tradable_account(request, account_id)
    message, status = _cancelled(account, client_order_id)
    # The number before the row: a row is then never older than its number says, and `orders.js` can compare them.
    account.refresh_from_db(fields=["last_event_number"])
    order = get_object_or_404(orders.of(request.user, account), client_order_id=client_order_id)
    context = {
        "account": account,
        "order": with_price_steps(orders.as_body(order), order.instrument),
        "event_number": account.last_event_number,
        "message": message,
    }
    return render_fragment(request, "trade/cancelled.html", context, status=status)


def _cancelled(account: BrokerAccount, client_order_id: UUID) -> tuple[str, int]:
    try:
        orders.cancel(account=account, client_order_id=client_order_id)
    except Order.DoesNotExist:
        raise Http404("There is no such order.") from None
    except OrderNotOpen as not_open:
        return str(not_open), CONFLICT
    except SessionNotReady as not_ready:
        return str(not_ready), NOT_READY
    return "", 200


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def cancel_all(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    """The question in words; or, by POST, the cancels."""
    account = tradable_account(request, account_id)
    context = {"account": account, "open": orders.count_open(account=account)}
    if request.method != "POST":
        return render_fragment(request, "trade/cancel_all.html", context)
    try:
        context["cancelled"] = orders.cancel_all(account=account)
    except SessionNotReady as not_ready:
        context = {"account": account, "open": orders.count_open(account=account), "message": str(not_ready)}
        return render_fragment(request, "trade/cancel_all.html", context, status=NOT_READY)
    return render_fragment(request, "trade/cancel_all.html", context)
