"""Who may see what. What is someone else's doesn't exist: 404, the same as for an id that was never given.

What is shared and isn't granted is 403, with a sentence that says who may.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from webapp.accounts import selectors
from webapp.accounts.models import BrokerAccount, User
from webapp.accounts.permissions import Permission
from webapp.trading.models import Instrument, Watchlist

P = ParamSpec("P")

# PostgreSQL's bigint ends before 20 digits do.
LONGEST_CON_ID = 18


class SignedInRequest(HttpRequest):
    """A request behind `signed_in`."""

    user: User
    htmx: HtmxDetails


def signed_in(view: Callable[Concatenate[SignedInRequest, P], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Send a stranger to the sign-in page, and keep what a user sees out of every cache.

    A stranger's htmx request moves the whole page there: its fragment would otherwise be filled with a sign-in form.
    """

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(cast("SignedInRequest", request), *args, **kwargs)
        return _to_sign_in(request)

    return guarded


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    htmx = cast("SignedInRequest", request).htmx
    if htmx:
        return HttpResponseClientRedirect(redirect_to_login(htmx.current_url_abs_path or "/").url)
    return redirect_to_login(request.get_full_path())


def visible_account(request: SignedInRequest, account_id: UUID | str) -> BrokerAccount:
    """One's own, or one that is shared."""
    return selectors.account_for(request.user, account_id, may=Permission.VIEW)


def tradable_account(request: SignedInRequest, account_id: UUID | str) -> BrokerAccount:
    """One's own, or one that is shared with a trader."""
    return selectors.account_for(request.user, account_id, may=Permission.TRADE)


def owned_account(request: SignedInRequest, account_id: UUID | str) -> BrokerAccount:
    return selectors.account_for(request.user, account_id, may=Permission.OWN)


def owned_watchlist(request: SignedInRequest, watchlist_id: UUID | str) -> Watchlist:
    """Raises Http404 for text that is no id, too."""
    try:
        return get_object_or_404(Watchlist, user=request.user, id=UUID(str(watchlist_id)))
    except ValueError:
        raise Http404("There is no such watchlist.") from None


def known_instrument(con_id: str | int) -> Instrument:
    """Instruments are everyone's. Raises Http404 for one that nobody has looked up, and for text that is no con_id."""
    text = str(con_id)
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_CON_ID):
        raise Http404("There is no such instrument.")
    return get_object_or_404(Instrument, con_id=int(text))
