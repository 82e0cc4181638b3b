"""Users: who there is, and who may come in."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from webapp.accounts import people
from webapp.accounts.models import User
from webapp.accounts.refusals import AccountInvalid
from webapp.audit import searching
from webapp.audit.searching import Search
from webapp.desk.access import OPERATE, SUSPEND, for_staff, require
from webapp.pages.access import SignedInRequest

ROWS, ENTRIES = 50, 20


@require_safe
@for_staff()
def index(request: SignedInRequest) -> HttpResponseBase:
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    users = User.objects.annotate(
        accounts_count=Count("broker_accounts", distinct=True), tokens_count=Count("api_tokens", distinct=True)
    ).order_by("is_active", "username")
    if text:
        users = users.filter(Q(username__icontains=text) | Q(email__icontains=text))
    page = Paginator(users, ROWS).get_page(request.GET.get("page"))
    return render(request, "desk/users.html", {"page": page, "text": text})


@require_safe
@for_staff()
def user(request: SignedInRequest, user_id: int) -> HttpResponseBase:
    shown = get_object_or_404(User, pk=user_id)
    context = {
        "shown": shown,
        "accounts": shown.broker_accounts.select_related("session"),
        "tokens_count": shown.api_tokens.count(),
        "entries": searching.found(Search(user=shown.get_username()))[:ENTRIES],
    }
    return render(request, "desk/user.html", context)


@require_POST
@for_staff(SUSPEND)
def suspend(request: SignedInRequest, user_id: int) -> HttpResponseBase:
    shown = get_object_or_404(User, pk=user_id)
    reason, with_accounts = request.POST.get("reason", ""), "with_accounts" in request.POST
    if with_accounts:
        require(request, OPERATE)
    try:
        people.suspend(user=shown, by=request.user, reason=reason, with_accounts=with_accounts)
    except AccountInvalid as invalid:
        messages.error(request, " ".join(invalid.errors.values()))
    return redirect("desk:user", shown.pk)


@require_POST
@for_staff(SUSPEND)
def resume(request: SignedInRequest, user_id: int) -> HttpResponseBase:
    shown = get_object_or_404(User, pk=user_id)
    try:
        people.resume(user=shown, by=request.user)
    except AccountInvalid as invalid:
        messages.error(request, " ".join(invalid.errors.values()))
    return redirect("desk:user", shown.pk)
