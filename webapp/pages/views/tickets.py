"""The order ticket: open, review, place. Every answer is a fragment, with the status that fits."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from brokers.domain import PRICE_NAMES, OrderSide
from webapp.accounts.models import BrokerAccount
from webapp.accounts.refusals import LiveTradingOff
from webapp.bus.questions import NoAnswer, Refused
from webapp.pages import confirmations, costs, exit_words, held_words, order_words, terms
from webapp.pages.access import SignedInRequest, known_instrument, signed_in, tradable_account
from webapp.pages.confirmations import NotConfirmed
from webapp.pages.fragments import render_fragment
from webapp.pages.steps import with_price_steps
from webapp.pages.tickets import Ticket
from webapp.trading import margins, orders, previews
from webapp.trading.models import Instrument, Order
from webapp.trading.orders.tickets import Ticket as CheckedTicket
from webapp.trading.orders.tickets import TicketFields
from webapp.trading.refusals import (
    KillSwitchEngaged,
    LimitExceeded,
    OrderConflict,
    OrderInvalid,
    PreviewRefused,
    SessionNotReady,
)

NOTHING_YET, INVALID, CONFLICT, NOT_READY = 204, 422, 409, 503
# The fields whose error stands beside them; what can't be typed over is said above the form.
BESIDE = frozenset((*PRICE_NAMES, *terms.EXITS, "quantity", "time_in_force", "good_till_date", "outside_rth"))


@require_safe
@signed_in
def ticket(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    """A fragment for the trading screen; in a window of its own, the trading screen with this ticket open."""
    account = tradable_account(request, account_id)
    asked = asked_ticket(request)
    if request.htmx:
        return _render_ticket(request, account, asked)
    return redirect(_screen_with(account, asked, request.GET.get("watchlist", "")))


def asked_ticket(request: SignedInRequest) -> Ticket:
    """The ticket that an address names by con_id, side, price and quantity. Raises Http404 for one that can't be."""
    instrument = known_instrument(request.GET.get("con_id", ""))
    side = request.GET.get("side", OrderSide.BUY.value)
    if side not in list(OrderSide):
        raise Http404("A side is BUY or SELL.")
    return Ticket.opened(instrument, side, request.GET.get("price", ""), request.GET.get("quantity", ""))


def _screen_with(account: BrokerAccount, asked: Ticket, watchlist: str) -> str:
    named = {"con_id": asked.con_id, "side": asked.side, "price": asked.limit_price, "quantity": asked.quantity}
    named["watchlist"] = watchlist
    query = urlencode({name: value for name, value in named.items() if value})
    return f"{reverse('pages:trade', args=[account.id])}?{query}"


@require_POST
@signed_in
def review(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    """The ticket in words, to be sent or gone back from, or why it would be refused. Nothing is written yet."""
    account, entered = tradable_account(request, account_id), Ticket.entered(request.POST)
    if "edit" in request.POST:
        known_instrument(entered.con_id)
        return _render_ticket(request, account, entered)
    return _render_review(request, account, entered)


@require_POST
@signed_in
def preview(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    """What the broker says that the ticket would bind and cost, or why that isn't known. It stops nothing."""
    account, entered = tradable_account(request, account_id), Ticket.entered(request.POST)
    try:
        said = _costs(previews.preview(account=account, **entered.as_arguments()))
    except PreviewRefused as refusal:
        said = {"refusal": str(refusal)}
    except (OrderInvalid, SessionNotReady, NoAnswer, Refused) as reason:
        said = {"why_unknown": str(reason)}
    return render_fragment(request, "trade/preview.html", {"account": account, **said})


def _costs(found: previews.Preview) -> dict[str, Any]:
    short = margins.shortfall(found.figures)
    return {
        "costs": costs.lines(previews.as_body(found)),
        "warning": found.figures.warning,
        "is_margin_known": margins.is_known(found.figures),
        "shortfall": costs.shortfall_words(short, found.margin_currency) if short is not None else "",
    }


@require_POST
@signed_in
def place(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    account, entered = tradable_account(request, account_id), Ticket.entered(request.POST)
    try:
        confirmations.require(account, request.POST.get("confirmation", ""))
        placed = orders.place(account=account, **entered.as_arguments())
    except NotConfirmed as missing:
        return _render_review(request, account, entered, not_confirmed=str(missing), status=INVALID)
    except OrderInvalid as invalid:
        return _render_ticket(request, account, entered, errors=invalid.errors, status=INVALID)
    except OrderConflict as conflict:
        return _render_ticket(request, account, entered, message=str(conflict), is_spent=True, status=CONFLICT)
    except (LimitExceeded, KillSwitchEngaged, LiveTradingOff) as refusal:
        return _render_ticket(request, account, entered, message=str(refusal), status=INVALID)
    except SessionNotReady as not_ready:
        return _render_ticket(request, account, entered, message=str(not_ready), status=NOT_READY)
    return _render_placed(request, account, placed.order, status=201 if placed.created else 200)


@require_safe
@signed_in
def placed(request: SignedInRequest, account_id: UUID, client_order_id: UUID) -> HttpResponseBase:
    """What became of a ticket whose answer was lost: as `place` answers, or 204 while there is no such order.

    A 404 would be the answer of an account that is gone, too, of whose orders nothing may be said.
    """
    account = tradable_account(request, account_id)
    order = orders.of(request.user, account).filter(client_order_id=client_order_id).first()
    if order is None:
        return HttpResponse(status=NOTHING_YET)
    return _render_placed(request, account, order)


def _render_placed(
    request: SignedInRequest, account: BrokerAccount, order: Order, *, status: int = 200
) -> HttpResponseBase:
    context = {"account": account, "order": with_price_steps(orders.as_body(order), order.instrument)}
    return render_fragment(request, "trade/placed.html", context, status=status)


def _render_review(
    request: SignedInRequest, account: BrokerAccount, entered: Ticket, *, status: int = 200, **said: Any
) -> HttpResponseBase:
    try:
        checked = TicketFields(**entered.as_arguments()).checked()
        orders.judge(account=account, ticket=checked)
    except OrderInvalid as invalid:
        return _render_ticket(request, account, entered, errors=invalid.errors, status=INVALID)
    except (LimitExceeded, KillSwitchEngaged, LiveTradingOff) as refusal:
        return _render_ticket(request, account, entered, message=str(refusal), status=INVALID)
    except SessionNotReady as not_ready:
        return _render_ticket(request, account, entered, message=str(not_ready), status=NOT_READY)
    context = _review_context(account, entered, checked) | said
    return render_fragment(request, "trade/ticket_review.html", context, status=status)


def _review_context(account: BrokerAccount, entered: Ticket, checked: CheckedTicket) -> dict[str, Any]:
    instrument = checked.instrument
    return {
        "account": account,
        "ticket": entered,
        "instrument": instrument,
        "line": entered.line(instrument),
        "exits_last": exit_words.lifetime(checked.exits),
        "comes_to": entered.comes_to(account, instrument),
        "held": held_words.of_order(account, instrument, side=checked.side, quantity=checked.terms.quantity),
        "send_label": f"Send {entered.side.lower()} order",
        "asks_to_confirm": confirmations.is_asked(account),
    }


def _render_ticket(
    request: SignedInRequest,
    account: BrokerAccount,
    entered: Ticket,
    *,
    errors: dict[str, str] | None = None,
    status: int = 200,
    **said: Any,
) -> HttpResponseBase:
    """`is_spent` says that this ticket's id belongs to another order, so that only a new ticket can go on."""
    context = ticket_context(account, entered, errors or {}) | said
    return render_fragment(request, "trade/ticket.html", context, status=status)


def ticket_context(account: BrokerAccount, entered: Ticket, errors: dict[str, str]) -> dict[str, Any]:
    # None only for a con_id that no page of ours has offered; the service's error says so.
    instrument = Instrument.objects.filter(pk=entered.con_id).first() if "con_id" not in errors else None
    context = {
        "account": account,
        "ticket": entered,
        "instrument": instrument,
        "errors": errors,
        "general_errors": [text for field, text in errors.items() if field not in BESIDE],
        "has_marked": not BESIDE.isdisjoint(errors),
    }
    return context | (_fields(entered, instrument, errors) if instrument else {})


def _fields(entered: Ticket, instrument: Instrument, errors: dict[str, str]) -> dict[str, Any]:
    return {
        "type_labels": order_words.TYPE_LABELS,
        "time_labels": order_words.TIME_LABELS,
        "terms_table": json.dumps(terms.table()),
        "shown": entered.shown(),
        "price_fields": list(entered.price_fields(instrument, errors)),
        "exit_fields": list(entered.exit_fields(instrument, errors)),
    }
