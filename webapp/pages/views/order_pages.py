"""One order with all that is known of it."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from webapp.pages import histories
from webapp.pages.access import SignedInRequest, signed_in, visible_account
from webapp.pages.fragments import render_fragment
from webapp.trading import orders
from webapp.trading.models import Order

NOTHING_NEW = 204


@require_safe
@signed_in
def order(request: SignedInRequest, account_id: UUID, order_key: str) -> HttpResponseBase:
    """`order_key` as `orders.by_key` reads it, so that an order that was placed elsewhere has a page, too.

    A page that has it open asks with `seen`, and gets nothing while nothing is new: what is read isn't moved.
    """
    account = visible_account(request, account_id)
    try:
        found = orders.by_key(request.user, account, order_key)
    except Order.DoesNotExist:
        raise Http404("There is no such order.") from None
    history = histories.of(request.user, account, found)
    seen = histories.digest(history)
    if request.GET.get("seen") == seen:
        return HttpResponse(status=NOTHING_NEW)
    return render_fragment(request, "trade/order.html", {"account": account, "seen": seen, **history})
