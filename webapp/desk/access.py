"""Who may look and who may act at the desk."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404

from webapp.accounts.models import BrokerAccount
from webapp.pages.access import SignedInRequest, signed_in

P = ParamSpec("P")
View = Callable[Concatenate[SignedInRequest, P], HttpResponseBase]

OPERATE = "accounts.change_brokeraccount"
SUSPEND = "accounts.suspend_user"
DRAIN = "accounts.change_worker"
STOP_TRADING, LET_TRADE = "trading.add_killswitch", "trading.delete_killswitch"


def for_staff(permission: str = "") -> Callable[[View[P]], Callable[..., HttpResponseBase]]:
    """404 for everybody else, as for an address that doesn't exist; 403 for staff without this permission."""

    def guarding(view: View[P]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: SignedInRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_staff:
                raise Http404("There is no such page.")
            if permission:
                require(request, permission)
            return view(request, *args, **kwargs)

        return signed_in(cast("View[P]", guarded))

    return guarding


def require(request: SignedInRequest, permission: str) -> None:
    """Raises PermissionDenied, which is 403."""
    if not request.user.has_perm(permission):
        raise PermissionDenied(f"This needs the permission {permission}, which you don't have.")


def any_account(account_id: UUID) -> BrokerAccount:
    """Whoever's it is. Raises Http404."""
    return get_object_or_404(BrokerAccount.objects.select_related("user", "session"), pk=account_id)
