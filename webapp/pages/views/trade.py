"""The trading screen, complete from rows; `js/` keeps it current from `last_event_number` on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from webapp.accounts import notices
from webapp.accounts.models import BrokerAccount, User
from webapp.pages import blanks, figures, words
from webapp.pages.access import SignedInRequest, owned_watchlist, signed_in, visible_account
from webapp.pages.fragments import render_fragment
from webapp.pages.steps import with_price_steps
from webapp.pages.views.accounts import session_context
from webapp.pages.views.tickets import asked_ticket, ticket_context
from webapp.pages.views.watchlists import watchlist_context
from webapp.trading import account_values, fills, orders, positions, searching, watchlists
from webapp.trading.models import Watchlist
from webapp.trading.refusals import SearchInvalid

ROWS_SHOWN = 100


@require_safe
@signed_in
def screen(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    account = visible_account(request, account_id)
    context = {
        # Read before the rows: an event that falls between is then applied twice, never missed.
        "last_event_number": account.last_event_number,
        **session_context(account),
        **watchlist_context(request.user, account, _chosen_watchlist(request)),
        **blanks.ROWS,
        **_open_ticket(request, account),
        **_rows(request.user, account),
        "watchlists": watchlists.of(request.user),
        "security_types": words.SECURITY_TYPES,
    }
    return render(request, "trade/screen.html", context)


def _open_ticket(request: SignedInRequest, account: BrokerAccount) -> dict[str, Any]:
    """The ticket that the address asks for, painted with the page: what a click on a price in a new window opens."""
    return ticket_context(account, asked_ticket(request), {}) if "con_id" in request.GET else {}


def _chosen_watchlist(request: SignedInRequest) -> Watchlist | None:
    """The one that the address names, else the first. A name that isn't the user's own is 404."""
    chosen = request.GET.get("watchlist", "")
    return owned_watchlist(request, chosen) if chosen else watchlists.of(request.user).first()


def _rows(user: User, account: BrokerAccount) -> dict[str, Any]:
    """In the shapes that events carry, so that a row looks the same whether a page or a script made it."""
    return {
        "orders": [
            with_price_steps(orders.as_body(order), order.instrument)
            for order in orders.open_and_newest(user, account, ROWS_SHOWN)
        ],
        "fills": [
            with_price_steps(fills.as_body(fill), fill.instrument) for fill in fills.of(user, account)[:ROWS_SHOWN]
        ],
        "positions": [with_price_steps(positions.as_body(row), row.instrument) for row in positions.of(user, account)],
        "values": _values(user, account),
        "notices": notices.newest(account),
    }


def _values(user: User, account: BrokerAccount) -> list[figures.Figures]:
    return figures.by_account_code(account_values.of(user, account), fills.newest_by_account_code(account))


@require_safe
@signed_in
def values(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    account = visible_account(request, account_id)
    context = {"account": account, "values": _values(request.user, account)}
    return render_fragment(request, "trade/values.html", context)


@require_safe
@signed_in
def search(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    account, text = visible_account(request, account_id), request.GET.get("q", "").strip()
    watchlist, terms = _chosen_watchlist(request), _terms(request)
    context: dict[str, Any] = {"account": account, "watchlist": watchlist, "text": text, "terms": terms}
    try:
        found = _find(account, text, terms)
    except SearchInvalid as invalid:
        context |= {"problem": str(invalid), "wrong_field": invalid.field}
        return render_fragment(request, "trade/search_results.html", context, status=422)
    context |= {"found": found, "listed": _listed(watchlist)}
    return render_fragment(request, "trade/search_results.html", context)


def _terms(request: SignedInRequest) -> dict[str, str]:
    given = {name: request.GET.get(name, "").strip() for name in searching.TERMS}
    return {name: value for name, value in given.items() if value}


def _find(account: BrokerAccount, text: str, terms: dict[str, str]) -> searching.Found:
    """With terms the text may be missing: what is wrong with that is said of the filter."""
    problem = searching.problem(text)
    if problem and (text or not terms):
        raise SearchInvalid(problem, field="")
    return searching.find_fitting(account, text, terms) if terms else searching.find(account, text)


def _listed(watchlist: Watchlist | None) -> set[int]:
    return set(watchlist.items.values_list("instrument_id", flat=True)) if watchlist else set()
