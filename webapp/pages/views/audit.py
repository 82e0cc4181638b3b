"""Who did what with an account, for its owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from webapp.accounts.models import User
from webapp.audit import searching
from webapp.audit.models import ADMINISTRATORS, AuditEntry, Via
from webapp.pages.access import SignedInRequest, owned_account, signed_in

ROWS = 100
ADMINISTRATOR = "an administrator"


@dataclass(frozen=True, slots=True)
class Told:
    """An entry as the owner reads it: administrators have no name, and only one's own address and browser are shown."""

    at: datetime
    who: str
    what: str
    subject: str
    text: str
    whence: str

    @classmethod
    def to(cls, owner: User, entry: AuditEntry) -> Told:
        return cls(
            at=entry.at,
            who=_who(entry),
            what=entry.what,
            subject=entry.subject,
            text=entry.text,
            whence=", ".join(filter(None, (entry.ip, entry.user_agent))) if entry.actor_id == owner.pk else "",
        )


def _who(entry: AuditEntry) -> str:
    if entry.via in ADMINISTRATORS:
        return ADMINISTRATOR
    who = entry.actor or str(Via.SYSTEM.label)
    return f"{who}, by the token {entry.token}" if entry.token else who


@require_safe
@signed_in
def index(request: SignedInRequest, account_id: UUID) -> HttpResponseBase:
    account = owned_account(request, account_id)
    before = searching.read_before(request.GET.get("before", ""))
    entries, older = searching.page(searching.of_account(account.pk), before=before, size=ROWS)
    told = [Told.to(request.user, entry) for entry in entries]
    return render(request, "accounts/audit.html", {"account": account, "told": told, "older": older})
