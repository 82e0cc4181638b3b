"""What protects an account: its owner's limits, and the kill switch."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from webapp.accounts.models import BrokerAccount
from webapp.pages.access import SignedInRequest, owned_account, signed_in, tradable_account, visible_account
from webapp.pages.forms import LimitsForm
from webapp.pages.views.accounts import session_context
from webapp.trading import instruments, limits
from webapp.trading.kill_switch import engaging
from webapp.trading.limits import LimitsInvalid


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def protection(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    find = owned_account if request.method == "POST" else visible_account
    account = find(request, account_id)
    offered = instruments.known_to(request.user, account)
    if request.method == "POST":
        form = LimitsForm(request.POST, offered=offered)
        if form.is_valid() and _set(account, form):
            messages.success(request, "The limits are stored, and hold from the next order on.")
            return redirect("pages:protection", account.id)
    else:
        form = LimitsForm(initial=LimitsForm.initial_of(limits.limits_of(account)), offered=offered)
    context = {**session_context(account), "form": form}
    return render(request, "accounts/protection.html", context, status=422 if form.errors else 200)


def _set(account: BrokerAccount, form: LimitsForm) -> bool:
    try:
        limits.set_limits(account=account, **form.cleaned_data)
    except LimitsInvalid as invalid:
        form.carry(invalid.errors)
        return False
    return True


@require_POST
@signed_in
def engage(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    account = tradable_account(request, account_id)
    engaging.engage(account=account, by=request.user, reason=request.POST.get("reason", "").strip())
    return redirect("pages:protection", account.id)


@require_POST
@signed_in
def release(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    account = owned_account(request, account_id)
    engaging.release(account=account)
    return redirect("pages:protection", account.id)
