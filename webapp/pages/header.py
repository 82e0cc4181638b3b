"""What the header of every page shows."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from webapp.accounts import alerts


def unseen_alerts(request: HttpRequest) -> dict[str, object]:
    """Counted when a template asks: a fragment has no header."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"unseen_alerts": SimpleLazyObject(lambda: alerts.unseen_count(user))}
