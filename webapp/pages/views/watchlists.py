"""Watchlists and what is on them. They are the user's; `account` only says which screen asked."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from webapp.accounts.models import BrokerAccount, User
from webapp.pages import columns
from webapp.pages.access import SignedInRequest, known_instrument, owned_watchlist, signed_in, visible_account
from webapp.pages.fragments import move_to, render_fragment
from webapp.trading import display, watchlists
from webapp.trading.models import Instrument, Watchlist
from webapp.trading.refusals import WatchlistInvalid


def watchlist_context(user: User, account: BrokerAccount | None, watchlist: Watchlist | None) -> dict[str, Any]:
    """What the grid shows: the list's instruments and the user's columns, both in their order."""
    items = watchlist.items.select_related("instrument") if watchlist else []
    settings = display.of(user)
    return {
        "account": account,
        "watchlist": watchlist,
        "instruments": [item.instrument for item in items],
        "display": settings,
        "columns": columns.chosen(settings),
    }


@require_POST
@signed_in
def create(request: SignedInRequest) -> HttpResponseBase:
    account, name = asking_account(request), request.POST.get("name", "")
    try:
        watchlist = watchlists.create(user=request.user, name=name)
    except WatchlistInvalid as invalid:
        context = {"account": account, "name": name, "errors": invalid.errors}
        return render_fragment(request, "trade/watchlist_new.html", context, status=422)
    return move_to(request, screen_address(account, watchlist))


@require_POST
@signed_in
def delete(request: SignedInRequest, watchlist_id: UUID) -> HttpResponseBase:
    watchlist, account = owned_watchlist(request, watchlist_id), asking_account(request)
    watchlists.delete(watchlist=watchlist)
    return move_to(request, screen_address(account, None))


@require_POST
@signed_in
def rename(request: SignedInRequest, watchlist_id: UUID) -> HttpResponseBase:
    watchlist, account = owned_watchlist(request, watchlist_id), asking_account(request)
    name = request.POST.get("name", "")
    try:
        watchlists.rename(watchlist=watchlist, name=name)
    except WatchlistInvalid as invalid:
        context = {"account": account, "watchlist": watchlist, "name": name, "errors": invalid.errors}
        return render_fragment(request, "trade/watchlist_rename.html", context, status=422)
    return move_to(request, screen_address(account, watchlist))


@require_POST
@signed_in
def move_list(request: SignedInRequest, watchlist_id: UUID) -> HttpResponseBase:
    """Before the user's list that `before` names, or behind all. The script has moved it on screen already."""
    watchlist = owned_watchlist(request, watchlist_id)
    before = request.POST.get("before", "")
    watchlists.move_list(watchlist=watchlist, before=owned_watchlist(request, before) if before else None)
    return HttpResponse(status=204)


@require_POST
@signed_in
def add(request: SignedInRequest, watchlist_id: UUID) -> HttpResponseBase:
    watchlist, account = owned_watchlist(request, watchlist_id), asking_account(request)
    instrument = known_instrument(request.POST.get("con_id", ""))
    try:
        watchlists.add(watchlist=watchlist, instrument=instrument)
    except WatchlistInvalid as invalid:
        return _not_added(request, account, watchlist, invalid)
    if request.htmx:
        return render(
            request, "trade/added.html", {**watchlist_context(request.user, account, watchlist), "added": instrument}
        )
    return redirect(screen_address(account, watchlist))


@require_POST
@signed_in
def add_to_first(request: SignedInRequest) -> HttpResponseBase:
    """For whoever has no list: the screen that asked then shows the one that was made."""
    account, instrument = asking_account(request), known_instrument(request.POST.get("con_id", ""))
    try:
        watchlist = watchlists.add_to_first(user=request.user, instrument=instrument)
    except WatchlistInvalid as invalid:
        return _not_added(request, account, watchlists.of(request.user).first(), invalid)
    return move_to(request, screen_address(account, watchlist))


def _not_added(
    request: SignedInRequest, account: BrokerAccount | None, watchlist: Watchlist | None, invalid: WatchlistInvalid
) -> HttpResponseBase:
    context = {**watchlist_context(request.user, account, watchlist), "errors": invalid.errors}
    return render_fragment(request, "trade/watchlist.html", context, status=422)


@require_POST
@signed_in
def move(request: SignedInRequest, watchlist_id: UUID, con_id: int) -> HttpResponseBase:
    """Before the instrument that `before` names, or to the end. The script has moved it on screen already."""
    watchlist, instrument = owned_watchlist(request, watchlist_id), known_instrument(con_id)
    watchlists.move(watchlist=watchlist, instrument=instrument, before=_before(request))
    return HttpResponse(status=204)


@require_POST
@signed_in
def remove(request: SignedInRequest, watchlist_id: UUID, con_id: int) -> HttpResponseBase:
    watchlist, account = owned_watchlist(request, watchlist_id), asking_account(request)
    watchlists.remove(watchlist=watchlist, instrument=known_instrument(con_id))
    if request.htmx:
        return render(request, "trade/watchlist.html", watchlist_context(request.user, account, watchlist))
    return redirect(screen_address(account, watchlist))


def _before(request: SignedInRequest) -> Instrument | None:
    con_id = request.POST.get("before", "")
    return known_instrument(con_id) if con_id else None


def asking_account(request: SignedInRequest) -> BrokerAccount | None:
    """The account whose screen asked, or None. Someone else's is 404."""
    account_id = request.POST.get("account", "")
    return visible_account(request, account_id) if account_id else None


def screen_address(account: BrokerAccount | None, watchlist: Watchlist | None) -> str:
    if account is None:
        return reverse("pages:accounts")
    address = reverse("pages:trade", args=[account.id])
    return f"{address}?{urlencode({'watchlist': watchlist.id})}" if watchlist else address
