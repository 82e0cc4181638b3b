"""Sharing an account: its owner's list, and what the other person does with an invitation."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from webapp.accounts import selectors
from webapp.accounts import sharing as shares
from webapp.accounts.models import AccountShare, BrokerAccount
from webapp.accounts.refusals import AccountInvalid
from webapp.pages.access import SignedInRequest, owned_account, signed_in, visible_account
from webapp.pages.forms import ShareForm
from webapp.pages.views.accounts import session_context


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def sharing(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    account = owned_account(request, account_id)
    form = ShareForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _invited(request, account, form):
        return redirect("pages:sharing", account.id)
    context = {
        **session_context(account),
        "form": form,
        "shares": selectors.shares_of(account),
        "oldest_open": selectors.oldest_open(),
    }
    return render(request, "accounts/sharing.html", context, status=422 if form.errors else 200)


def _invited(request: SignedInRequest, account: BrokerAccount, form: ShareForm) -> bool:
    try:
        share = shares.invite(account=account, **form.cleaned_data)
    except AccountInvalid as invalid:
        form.carry(invalid.errors)
        return False
    messages.success(
        request, f"If somebody here is called {share.username}, they can accept it on their accounts' page."
    )
    return True


@require_POST
@signed_in
def change_role(request: SignedInRequest, account_id: UUID, share_id: UUID) -> HttpResponseBase:
    share = _share(request, account_id, share_id)
    try:
        shares.change_role(share=share, role=request.POST.get("role", ""))
    except AccountInvalid as invalid:
        messages.error(request, invalid.errors["role"])
    return redirect("pages:sharing", account_id)


@require_POST
@signed_in
def end(request: SignedInRequest, account_id: UUID, share_id: UUID) -> HttpResponseBase:
    share = _share(request, account_id, share_id)
    shares.end(share)
    messages.success(request, f"The account isn't shared with {share.username} any more. What they had open is closed.")
    return redirect("pages:sharing", account_id)


def _share(request: SignedInRequest, account_id: UUID, share_id: UUID) -> AccountShare:
    account = owned_account(request, account_id)
    return get_object_or_404(account.shares, pk=share_id)


@require_POST
@signed_in
def leave(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    account = visible_account(request, account_id)
    shares.leave(account=account, by=request.user)
    messages.success(request, f"{account.name} isn't shared with you any more.")
    return redirect("pages:accounts")


@require_POST
@signed_in
def accept(request: SignedInRequest, invitation_id: UUID) -> HttpResponseBase:
    invitation = _invitation(request, invitation_id)
    try:
        shares.accept(invitation)
    except AccountInvalid as invalid:
        messages.error(request, invalid.errors[""])
        return redirect("pages:accounts")
    return redirect("pages:trade", invitation.account_id)


@require_POST
@signed_in
def decline(request: SignedInRequest, invitation_id: UUID) -> HttpResponseBase:
    shares.decline(_invitation(request, invitation_id))
    return redirect("pages:accounts")


def _invitation(request: SignedInRequest, invitation_id: UUID) -> AccountShare:
    return get_object_or_404(selectors.invitations_of(request.user), pk=invitation_id)
