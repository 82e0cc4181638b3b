"""One instrument on one account: its quote, its chart, its book, what it is, and what is open in it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from brokers.domain import SecurityType
from webapp.accounts.models import BrokerAccount, User
from webapp.bus.panes import Span
from webapp.pages import asking, blanks, hours
from webapp.pages.access import SignedInRequest, known_instrument, signed_in, visible_account
from webapp.pages.fragments import render_fragment
from webapp.pages.steps import with_price_steps
from webapp.pages.views.accounts import session_context
from webapp.trading import orders, positions
from webapp.trading.models import Instrument

INVALID, NOT_READY = 422, 503
# What options are written on.
WITH_OPTIONS = (SecurityType.STK, SecurityType.IND, SecurityType.FUT)
ROWS_SHOWN = 20
SPANS = {
    Span.DAY: "1 day, bars of 1 minute",
    Span.WEEK: "1 week, bars of 5 minutes",
    Span.MONTH: "1 month, bars of 1 hour",
    Span.YEAR: "1 year, bars of 1 day",
}


@require_safe
@signed_in
def page(request: SignedInRequest, account_id: UUID, con_id: int) -> HttpResponseBase:
    account, instrument = visible_account(request, account_id), known_instrument(con_id)
    context = {
        # Read before the rows: an event that falls between is then applied twice, never missed.
        "last_event_number": account.last_event_number,
        **instrument_context(account, instrument),
        **blanks.ROWS,
        **_rows(request.user, account, instrument),
        "orders_of": instrument.name,
        "spans": SPANS.items(),
        "span": _span(request) or Span.DAY,
    }
    return render(request, "instruments/page.html", context)


def instrument_context(account: BrokerAccount, instrument: Instrument) -> dict[str, Any]:
    """What stands at the top of each page of an instrument."""
    return {
        **session_context(account),
        "instrument": instrument,
        "has_options": instrument.security_type in WITH_OPTIONS,
    }


def _rows(user: User, account: BrokerAccount, instrument: Instrument) -> dict[str, Any]:
    shown = orders.open_and_newest(user, account, ROWS_SHOWN).filter(instrument=instrument)
    held = positions.of(user, account).filter(instrument=instrument)
    return {
        "orders": [with_price_steps(orders.as_body(order), instrument) for order in shown],
        "positions": [with_price_steps(positions.as_body(row), instrument) for row in held],
    }


def _span(request: SignedInRequest) -> Span | None:
    try:
        return Span(request.GET.get("span", ""))
    except ValueError:
        return None


@require_safe
@signed_in
def bars(request: SignedInRequest, account_id: UUID, con_id: int) -> HttpResponseBase:
    """A chart's whole past as JSON; the live socket's pane of the same span goes on from there."""
    account, instrument, span = visible_account(request, account_id), known_instrument(con_id), _span(request)
    if span is None:
        return JsonResponse({"message": f"A chart's span is one of {', '.join(Span)}."}, status=INVALID)
    try:
        answer = asking.ask(account, "bars", {"con_id": instrument.con_id, "span": span})
    except (asking.NoAnswer, asking.Refused) as reason:
        return JsonResponse({"message": str(reason)}, status=NOT_READY)
    return JsonResponse(answer)


@require_safe
@signed_in
def trading_hours(request: SignedInRequest, account_id: UUID, con_id: int) -> HttpResponseBase:
    account, instrument = visible_account(request, account_id), known_instrument(con_id)
    context: dict[str, Any] = {"account": account, "instrument": instrument}
    try:
        answer = asking.ask(account, "trading_hours", {"con_id": instrument.con_id})
    except (asking.NoAnswer, asking.Refused) as reason:
        return render_fragment(request, "instruments/hours.html", {**context, "message": str(reason)})
    return render_fragment(request, "instruments/hours.html", context | hours.context(answer, instrument.time_zone))
