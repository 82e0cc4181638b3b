"""Watchlists: make, delete, add to, remove from. They are the user's; `account` only says which screen asked."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from webapp.accounts.models import BrokerAccount
from webapp.pages.access import SignedInRequest, known_instrument, owned_watchlist, signed_in, visible_account
from webapp.pages.fragments import move_to, render_fragment
from webapp.trading import watchlists
from webapp.trading.models import Watchlist
from webapp.trading.refusals import WatchlistInvalid


def watchlist_context(account: BrokerAccount | None, watchlist: Watchlist | None) -> dict[str, Any]:
    """What the grid shows: the list's instruments in their order."""
    items = watchlist.items.select_related("instrument") if watchlist else []
    return {"account": account, "watchlist": watchlist, "instruments": [item.instrument for item in items]}


@require_POST
@signed_in
def create(request: SignedInRequest) -> HttpResponseBase:
    account, name = _account(request), request.POST.get("name", "")
    try:
        watchlist = watchlists.create(user=request.user, name=name)
    except WatchlistInvalid as invalid:
        context = {"account": account, "name": name, "errors": invalid.errors}
        return render_fragment(request, "trade/watchlist_new.html", context, status=422)
    return move_to(request, _screen(account, watchlist))


@require_POST
@signed_in
def delete(request: SignedInRequest, watchlist_id: UUID) -> HttpResponseBase:
    watchlist, account = owned_watchlist(request, watchlist_id), _account(request)
    watchlist.delete()
    return move_to(request, _screen(account, None))


@require_POST
@signed_in
def add(request: SignedInRequest, watchlist_id: UUID) -> HttpResponseBase:
    watchlist, account = owned_watchlist(request, watchlist_id), _account(request)
    instrument = known_instrument(request.POST.get("con_id", ""))
    try:
        watchlists.add(watchlist=watchlist, instrument=instrument)
    except WatchlistInvalid as invalid:
        context = {**watchlist_context(account, watchlist), "errors": invalid.errors}
        return render_fragment(request, "trade/watchlist.html", context, status=422)
    if request.htmx:
        return render(request, "trade/added.html", {**watchlist_context(account, watchlist), "added": instrument})
    return redirect(_screen(account, watchlist))


@require_POST
@signed_in
def remove(request: SignedInRequest, watchlist_id: UUID, con_id: int) -> HttpResponseBase:
    watchlist, account = owned_watchlist(request, watchlist_id), _account(request)
    watchlists.remove(watchlist=watchlist, instrument=known_instrument(con_id))
    if request.htmx:
        return render(request, "trade/watchlist.html", watchlist_context(account, watchlist))
    return redirect(_screen(account, watchlist))


def _account(request: SignedInRequest) -> BrokerAccount | None:
    """The account whose screen asked, or None. Someone else's is 404."""
    account_id = request.POST.get("account", "")
    return visible_account(request, account_id) if account_id else None


def _screen(account: BrokerAccount | None, watchlist: Watchlist | None) -> str:
    if account is None:
        return reverse("pages:accounts")
    address = reverse("pages:trade", args=[account.id])
    return f"{address}?{urlencode({'watchlist': watchlist.id})}" if watchlist else address
