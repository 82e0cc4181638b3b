"""One place for what a person has to know, of every account that they see."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from webapp.accounts import alerts, selectors
from webapp.pages.access import SignedInRequest, signed_in


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def index(request: SignedInRequest) -> HttpResponseBase:
    # Read before the alerts: what comes between is shown and stays new, and is never taken for seen.
    numbers = {account.pk: account.last_event_number for account in selectors.accounts_of(request.user)}
    if request.method == "POST":
        alerts.mark_seen(user=request.user, up_to=_shown(request.POST.getlist("shown"), numbers))
        return redirect("pages:alerts")
    found = alerts.of(request.user)
    context = {"alerts": found[: alerts.SHOWN], "numbers": numbers, "most": alerts.SHOWN}
    return render(request, "accounts/alerts.html", context)


def _shown(entries: list[str], numbers: dict[UUID, int]) -> list[tuple[UUID, int]]:
    """`account:number` as the page was painted with. Raises Http404 for an account that isn't the user's to see."""
    try:
        read = [(UUID(account), int(number)) for account, _, number in (entry.partition(":") for entry in entries)]
    except ValueError:
        raise Http404("That names no account and number.") from None
    if any(account not in numbers for account, _ in read):
        raise Http404("There is no such account.")
    return [(account, min(max(number, 0), numbers[account])) for account, number in read]


@require_safe
@signed_in
def unseen(request: SignedInRequest) -> HttpResponseBase:
    """How many are new, for the header of a page that stays open."""
    return JsonResponse({"unseen": alerts.unseen_count(request.user)})
