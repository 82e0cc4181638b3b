"""Writing the audit log. Services call it as `audit.record`:

from webapp.audit import recording as audit

with transaction.atomic():
    ...  # the change itself
    audit.record(audit.Action.ORDER_CANCELLED, account=account, subject=str(order.client_order_id), text="...")
"""

from __future__ import annotations

from typing import Any, Protocol
from uuid import UUID

from webapp.audit.acting import Person, origin
from webapp.audit.models import Action, AuditEntry

__all__ = ["Action", "record"]

LONGEST_TEXT, LONGEST_NAME, LONGEST_TOKEN, LONGEST_AGENT = 500, 150, 60, 200
# What no entry may carry. A name that merely contains one of these is refused as well.
SECRETS = ("password", "secret", "token_hash", "sealed", "private", "cookie", "session_key")


class Account(Protocol):
    """A broker account, of which this room knows no more than this."""

    @property
    def pk(self) -> UUID: ...
    @property
    def name(self) -> str: ...
    @property
    def user(self) -> Person: ...


def record(
    action: Action,
    *,
    account: Account | None = None,
    subject: str = "",
    text: str = "",
    by: Person | None = None,
    **details: Any,
) -> AuditEntry:
    """Write down that somebody did something, in the caller's transaction: both stand, or neither does.

    Who it is, through which door, with which API token, from which address and browser comes from `acting`; `by` names
    the user where the request doesn't, as at a sign-in. `account` is what it was done to, with its owner. `subject` is
    what was done to within that (a client_order_id, a username, a token's name); `text` says it to a person; `details`
    are JSON values, amounts as text. Call it where the change is written, once for each change, and not for a request
    that changed nothing. Raises ValueError for a detail that is named like a secret: nothing secret belongs here, and
    nothing that another account's people may not read.
    """
    _refuse_secrets(details)
    here = origin()
    person = by or here.person()
    return AuditEntry.objects.create(
        action=action,
        via=here.via,
        actor_id=person.pk if person else None,
        actor=_fit(person.get_username(), LONGEST_NAME) if person else "",
        token=_fit(here.token, LONGEST_TOKEN),
        ip=here.ip,
        user_agent=_fit(here.user_agent, LONGEST_AGENT),
        **_of(account),
        subject=_fit(subject, LONGEST_NAME),
        text=_fit(text, LONGEST_TEXT),
        details=details,
    )


def _of(account: Account | None) -> dict[str, Any]:
    if account is None:
        return {}
    owner = account.user
    return {
        "account_id": account.pk,
        "account_name": account.name,
        "owner_id": owner.pk,
        "owner": owner.get_username(),
    }


def _refuse_secrets(details: dict[str, Any]) -> None:
    wrong = [name for name in details if any(secret in name.lower() for secret in SECRETS)]
    if wrong:
        raise ValueError(f"The audit log takes no {', '.join(wrong)}: no secret belongs in it.")


def _fit(text: str, length: int) -> str:
    """PostgreSQL takes no NUL, and a browser names itself as it likes."""
    text = text.replace("\x00", "")
    return text if len(text) <= length else f"{text[: length - 1]}…"
