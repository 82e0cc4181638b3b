"""The kill switch of all accounts."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from webapp.accounts.models import BrokerAccount
from webapp.desk.access import LET_TRADE, STOP_TRADING, for_staff
from webapp.desk.confirming import is_confirmed
from webapp.pages.access import SignedInRequest
from webapp.trading.kill_switch import engaging, state


@require_safe
@for_staff()
def page(request: SignedInRequest) -> HttpResponseBase:
    context = {
        "kill_switch": state.for_all_as_body(),
        "accounts_count": BrokerAccount.objects.count(),
        "cancels_waiting": state.cancels_waiting(),
    }
    return render(request, "desk/kill_switch.html", context)


@require_POST
@for_staff(STOP_TRADING)
def engage(request: SignedInRequest) -> HttpResponseBase:
    if is_confirmed(request, "STOP ALL"):
        engaging.engage_for_all(by=request.user, reason=request.POST.get("reason", "").strip())
    return redirect("desk:kill_switch")


@require_POST
@for_staff(LET_TRADE)
def release(request: SignedInRequest) -> HttpResponseBase:
    if is_confirmed(request, "RELEASE ALL"):
        engaging.release_for_all()
    return redirect("desk:kill_switch")
