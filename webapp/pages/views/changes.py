"""A change of an order that the broker works: opened from its row, reviewed, sent. Fragments, as the ticket's are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST

from brokers.domain import ORDER_TYPE_RULES, OrderType
from webapp.accounts.models import BrokerAccount
from webapp.accounts.refusals import LiveTradingOff
from webapp.pages import changes, confirmations, order_words, terms
from webapp.pages.access import SignedInRequest, signed_in, tradable_account
from webapp.pages.changes import EnteredChange
from webapp.pages.confirmations import NotConfirmed
from webapp.pages.fragments import render_fragment
from webapp.pages.steps import with_price_steps
from webapp.pages.views.tickets import BESIDE, CONFLICT, INVALID, NOT_READY
from webapp.trading import orders
from webapp.trading.models import Order
from webapp.trading.refusals import (
    KillSwitchEngaged,
    LimitExceeded,
    OrderChanged,
    OrderInvalid,
    OrderNotOpen,
    SessionNotReady,
)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def modify(request: SignedInRequest, account_id: UUID, client_order_id: UUID) -> HttpResponseBase:
    """The form; or, by POST, the change itself."""
    account, order = _owned(request, account_id, client_order_id)
    if request.method != "POST":
        return _render_form(request, account, order, EnteredChange.opened(order))
    entered = EnteredChange.entered(order, request.POST)
    try:
        confirmations.require(account, request.POST.get("confirmation", ""))
        wished = _checked(account, order, entered)
        orders.modify(account=account, client_order_id=client_order_id, seen=entered.seen, **entered.asked())
    except NotConfirmed as missing:
        return _render_review(request, account, order, entered, not_confirmed=str(missing), status=INVALID)
    except OrderInvalid as invalid:
        return _render_form(request, account, order, entered, errors=invalid.errors, status=INVALID)
    except OrderChanged as changed:
        return _render_changed_meanwhile(request, account, order.pk, entered, changed)
    except OrderNotOpen as not_open:
        return _render_form(request, account, order, entered, message=str(not_open), status=CONFLICT)
    except (LimitExceeded, KillSwitchEngaged, LiveTradingOff) as refusal:
        return _render_form(request, account, order, entered, message=str(refusal), status=INVALID)
    except SessionNotReady as not_ready:
        return _render_form(request, account, order, entered, message=str(not_ready), status=NOT_READY)
    return _render_asked(request, account, order.pk, entered, wished)


@require_POST
@signed_in
def review(request: SignedInRequest, account_id: UUID, client_order_id: UUID) -> HttpResponseBase:
    """The change in words, to be sent or gone back from. Nothing is written yet."""
    account, order = _owned(request, account_id, client_order_id)
    entered = EnteredChange.entered(order, request.POST)
    if "edit" in request.POST:
        return _render_form(request, account, order, entered)
    return _render_review(request, account, order, entered)


def _checked(account: BrokerAccount, order: Order, entered: EnteredChange) -> orders.Change:
    own_id, asked = str(order.client_order_id), entered.asked()
    return orders.check_change(account=account, client_order_id=own_id, seen=entered.seen, **asked)


def _owned(request: SignedInRequest, account_id: UUID, client_order_id: UUID) -> tuple[BrokerAccount, Order]:
    account = tradable_account(request, account_id)
    return account, get_object_or_404(orders.of(request.user, account), client_order_id=client_order_id)


def _render_form(
    request: SignedInRequest,
    account: BrokerAccount,
    order: Order,
    entered: EnteredChange,
    *,
    errors: dict[str, str] | None = None,
    status: int = 200,
    **said: Any,
) -> HttpResponseBase:
    errors = errors or {}
    rules = ORDER_TYPE_RULES[OrderType(order.order_type)]
    context = _context(account, order, entered) | {
        "errors": errors,
        "general_errors": [text for field, text in errors.items() if field not in BESIDE],
        "has_marked": not BESIDE.isdisjoint(errors),
        "price_fields": list(
            terms.price_fields(entered.ticket.fields(), order.instrument, errors, rules.prices, rules.prices)
        ),
        "time_labels": {code: order_words.TIME_LABELS[code] for code in rules.times_in_force},
        "shown": entered.ticket.shown(),
    }
    return render_fragment(request, "trade/change.html", context | said, status=status)


def _render_review(
    request: SignedInRequest,
    account: BrokerAccount,
    order: Order,
    entered: EnteredChange,
    *,
    status: int = 200,
    **said: Any,
) -> HttpResponseBase:
    try:
        wished = _checked(account, order, entered)
        orders.judge_change(account=account, change=wished)
    except OrderInvalid as invalid:
        return _render_form(request, account, order, entered, errors=invalid.errors, status=INVALID)
    except OrderChanged as changed:
        return _render_changed_meanwhile(request, account, order.pk, entered, changed)
    except OrderNotOpen as not_open:
        return _render_form(request, account, order, entered, message=str(not_open), status=CONFLICT)
    except (LimitExceeded, KillSwitchEngaged, LiveTradingOff) as refusal:
        return _render_form(request, account, order, entered, message=str(refusal), status=INVALID)
    except SessionNotReady as not_ready:
        return _render_form(request, account, order, entered, message=str(not_ready), status=NOT_READY)
    except Order.DoesNotExist:
        raise Http404("There is no such order.") from None
    context = _context(account, order, entered) | {
        "line": changes.line(wished),
        "comes_to": changes.value(wished),
        "held": changes.held(wished),
        "asks_to_confirm": confirmations.is_asked(account),
    }
    return render_fragment(request, "trade/change_review.html", context | said, status=status)


def _render_changed_meanwhile(
    request: SignedInRequest, account: BrokerAccount, pk: int, entered: EnteredChange, changed: OrderChanged
) -> HttpResponseBase:
    """The form of the order as it is now, with what was typed."""
    order = orders.of(request.user, account).get(pk=pk)
    return _render_form(request, account, order, entered.on(order), message=str(changed), status=CONFLICT)


def _render_asked(
    request: SignedInRequest, account: BrokerAccount, pk: int, entered: EnteredChange, wished: orders.Change
) -> HttpResponseBase:
    order = orders.of(request.user, account).get(pk=pk)
    context = _context(account, order, entered) | {"line": changes.line(wished)}
    return render_fragment(request, "trade/changed.html", context)


def _context(account: BrokerAccount, order: Order, entered: EnteredChange) -> dict[str, Any]:
    return {
        "account": account,
        "order": with_price_steps(orders.as_body(order), order.instrument),
        "instrument": order.instrument,
        "ticket": entered.ticket,
        "seen_fields": entered.seen_fields(),
    }
