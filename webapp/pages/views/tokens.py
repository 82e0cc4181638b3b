"""A user's own API tokens: made, shown once, looked through, revoked."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from webapp.accounts import tokens
from webapp.accounts.models import ApiToken
from webapp.accounts.refusals import AccountInvalid
from webapp.pages import words
from webapp.pages.access import SignedInRequest, signed_in
from webapp.pages.forms import TokenForm


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def index(request: SignedInRequest) -> HttpResponseBase:
    form = TokenForm(request.POST if request.method == "POST" else None)
    made = _made(request, form) if form.is_bound and form.is_valid() else ""
    context = {
        # A form that made a token is empty again.
        "form": TokenForm() if made else form,
        "made": made,
        "tokens": tokens.of(request.user),
        "most": tokens.MOST_TOKENS,
        "use_recorded_every": words.span(tokens.USE_RECORDED_EVERY),
    }
    return render(request, "tokens/index.html", context, status=_status(made, form))


def _made(request: SignedInRequest, form: TokenForm) -> str:
    """The token, which no later page can show."""
    entered = form.cleaned_data
    try:
        return tokens.create(request.user, entered["name"], scopes=entered["scopes"], days=entered["days"])
    except AccountInvalid as invalid:
        form.carry(invalid.errors)
        return ""


def _status(made: str, form: TokenForm) -> int:
    if made:
        return 201
    return 422 if form.is_bound else 200


@require_POST
@signed_in
def revoke(request: SignedInRequest, token_id: int) -> HttpResponseBase:
    try:
        token = tokens.revoke(user=request.user, token_id=token_id)
    except ApiToken.DoesNotExist:
        raise Http404("There is no such token.") from None
    messages.success(request, f"The token “{token.name}” is revoked, and opens nothing any more.")
    return redirect("pages:tokens")
