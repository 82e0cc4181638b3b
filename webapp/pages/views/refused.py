"""403: what somebody may see and not do."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from webapp.accounts.refusals import NotAllowed

OTHERWISE = "This isn't yours to do."


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A page with the sentence; the sentence alone for a fragment's request, which `site.js` shows."""
    sentence = str(exception) if isinstance(exception, NotAllowed) else OTHERWISE
    if getattr(request, "htmx", False):
        return HttpResponse(sentence, status=403, content_type="text/plain; charset=utf-8")
    return render(request, "403.html", {"sentence": sentence}, status=403)
