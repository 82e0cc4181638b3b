"""A part of a page on its own: bare for htmx, inside the site's frame for a browser without scripts."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect

from webapp.pages.access import SignedInRequest


def render_fragment(
    request: SignedInRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    if request.htmx:
        return render(request, template, context, status=status)
    # The account's frame says PAPER or LIVE.
    frame = "accounts/base_account.html" if context.get("account") else "base.html"
    return render(request, "fragment.html", {**context, "fragment": template, "frame": frame}, status=status)


def move_to(request: SignedInRequest, url: str) -> HttpResponseBase:
    """Take the whole page there, whichever way the request came."""
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)
