"""Live trading of an account, turned on with the password typed anew and off with a click."""

from __future__ import annotations

from uuid import UUID

from allauth.core import ratelimit
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from webapp.accounts import live_trading
from webapp.accounts.models import BrokerAccount
from webapp.accounts.refusals import AccountInvalid
from webapp.pages.access import SignedInRequest, owned_account, signed_in
from webapp.pages.forms import PasswordForm
from webapp.pages.views.accounts import session_context

TOO_MANY = "That were too many tries. Wait a minute, then try again."


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password")
@signed_in
def turn_on(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    account = owned_account(request, account_id)
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _turned_on(request, account, form):
        messages.warning(request, f"Live trading is on for {account.name}: orders leave with real money.")
        return redirect("pages:session", account.id)
    context = {**session_context(account), "form": form}
    return render(request, "accounts/live_trading_on.html", context, status=422 if form.errors else 200)


@sensitive_variables()
def _turned_on(request: SignedInRequest, account: BrokerAccount, form: PasswordForm) -> bool:
    # The library's own limit for a password that is asked for again.
    if not ratelimit.consume(request, action="reauthenticate", user=request.user):
        form.add_error("password", TOO_MANY)
        return False
    try:
        live_trading.turn_on(account=account, by=request.user, password=form.cleaned_data["password"])
    except AccountInvalid as invalid:
        form.carry(invalid.errors)
        return False
    return True


@require_POST
@signed_in
def turn_off(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    account = owned_account(request, account_id)
    live_trading.turn_off(account=account)
    return redirect("pages:session", account.id)
