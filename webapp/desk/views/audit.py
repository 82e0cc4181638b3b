"""The audit log, searched and exported."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from webapp.audit import recording as audit
from webapp.audit import searching
from webapp.audit.models import Action
from webapp.desk import audit_csv, audit_search
from webapp.desk.access import for_staff
from webapp.pages.access import SignedInRequest

ROWS = 100


@require_safe
@for_staff()
def index(request: SignedInRequest) -> HttpResponseBase:
    search, wrong = audit_search.read(request.GET)
    before = searching.read_before(request.GET.get("before", ""))
    entries, older = searching.page(searching.found(search), before=before, size=ROWS)
    context: dict[str, Any] = {
        "entries": entries,
        "wrong": wrong,
        "asked": request.GET,
        "actions": Action.choices,
        "query": _query(request),
        "older": _query(request, before=str(older)) if older is not None else "",
    }
    return render(request, "desk/audit.html", context, status=422 if wrong else 200)


@require_safe
@for_staff()
def export(request: SignedInRequest) -> HttpResponseBase:
    """Exporting is told in the log itself, with what was asked for."""
    search, wrong = audit_search.read(request.GET)
    if wrong:
        return index(request)
    audit.record(audit.Action.AUDIT_EXPORTED, text=_query(request))
    return audit_csv.response(request, searching.found(search))


def _query(request: SignedInRequest, **changes: str) -> str:
    query = request.GET.copy()
    query.pop("before", None)
    for name, value in changes.items():
        query[name] = value
    return query.urlencode()
