"""What an address names, looked up before anything else of the request is read.

So what isn't the user's own is 404 whatever was sent with it, and no wrong body tells that it exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest

from webapp.accounts.models import BrokerAccount, User
from webapp.accounts.permissions import Permission
from webapp.accounts.selectors import account_for
from webapp.trading import instruments, orders, watchlists
from webapp.trading.models import Instrument, Watchlist
from webapp.trading.refusals import InstrumentUnknown


@dataclass(frozen=True, slots=True)
class Named:
    account: BrokerAccount | None
    watchlist: Watchlist | None


def find(user: User, parameters: Mapping[str, Any], may: Permission) -> Named:
    """By the names of an address's parameters. Raises Http404, and NotAllowed for what is seen and may not be done."""
    account = account_for(user, parameters["account_id"], may=may) if "account_id" in parameters else None
    if account is not None and "client_order_id" in parameters:
        _require_order(user, account, parameters["client_order_id"])
    return Named(account, _watchlist(user, parameters) if "watchlist_id" in parameters else None)


def account_of(request: HttpRequest) -> BrokerAccount:
    """Of an address that names one."""
    return request.named.account  # type: ignore[attr-defined, no-any-return]  # set by BearerToken


def watchlist_of(request: HttpRequest) -> Watchlist:
    return request.named.watchlist  # type: ignore[attr-defined, no-any-return]


def instrument_named(con_id: int) -> Instrument:
    """Of a body or an address. Raises Http404 with a sentence."""
    try:
        return instruments.get(con_id)
    except (InstrumentUnknown, OverflowError):
        raise Http404(f"No session has met the instrument {con_id} yet. Search for it first.") from None


def _require_order(user: User, account: BrokerAccount, client_order_id: Any) -> None:
    if not orders.of(user, account).filter(client_order_id=client_order_id).exists():
        raise Http404("There is no such order.")


def _watchlist(user: User, parameters: Mapping[str, Any]) -> Watchlist:
    watchlist = watchlists.of(user).filter(pk=parameters["watchlist_id"]).first()
    if watchlist is None:
        raise Http404("There is no such watchlist.")
    return watchlist
