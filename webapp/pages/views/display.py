"""How the trading screen looks for this user: a page of its own, and a panel of the screen that asks for it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods
from django_htmx.http import reswap, retarget

from webapp.pages import columns, words
from webapp.pages.access import SignedInRequest, owned_watchlist, signed_in, visible_account
from webapp.pages.views.watchlists import screen_address, watchlist_context
from webapp.trading import display
from webapp.trading.models import DisplaySettings
from webapp.trading.refusals import DisplayInvalid


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def settings(request: SignedInRequest) -> HttpResponseBase:
    if request.method != "POST":
        return _form(request, display.of(request.user), request.GET, {})
    entered = _entered(request)
    try:
        display.save(user=request.user, **entered)
    except DisplayInvalid as invalid:
        form = _form(request, DisplaySettings(**entered), request.POST, invalid.errors)
        return reswap(retarget(form, "#display-form"), "outerHTML") if request.htmx else form
    return _stored(request)


def _entered(request: SignedInRequest) -> dict[str, Any]:
    return {
        "columns": request.POST.getlist("columns"),
        "palette": request.POST.get("palette", ""),
        "flashes": "flashes" in request.POST,
        "single_keys": "single_keys" in request.POST,
    }


def _form(request: SignedInRequest, shown: DisplaySettings, asked: Any, errors: dict[str, str]) -> HttpResponse:
    """`asked` says which screen it is for, so that storing leads back there."""
    context = {
        "shown": shown,
        "offered": columns.offered(shown),
        "palettes": words.PALETTES,
        "account_id": asked.get("account", ""),
        "watchlist_id": asked.get("watchlist", ""),
        "errors": errors,
    }
    template = "display/form.html" if request.htmx else "display/page.html"
    return render(request, template, context, status=422 if errors else 200)


def _stored(request: SignedInRequest) -> HttpResponseBase:
    account_id, watchlist_id = request.POST.get("account", ""), request.POST.get("watchlist", "")
    account = visible_account(request, account_id) if account_id else None
    watchlist = owned_watchlist(request, watchlist_id) if watchlist_id else None
    if request.htmx:
        return render(request, "trade/watchlist.html", watchlist_context(request.user, account, watchlist))
    messages.success(request, "Stored. The trading screen looks so from now on.")
    return redirect(screen_address(account, watchlist) if account else "pages:display")
