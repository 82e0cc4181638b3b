"""A broker login on its way into the database: checked, sealed, and never readable here again."""

from __future__ import annotations

import json

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from webapp.accounts import sealing, sessions
from webapp.accounts.models import BrokerAccount, Credential
from webapp.accounts.refusals import AccountInvalid

LONGEST = 100
# Every sealed login has one length, so that a stolen row doesn't tell how long the password is. Room for two fields
# of LONGEST characters, each up to 12 bytes as JSON escapes it (a surrogate pair).
PADDED_LENGTH = 2560


@sensitive_variables("username", "password")
def store(*, account: BrokerAccount, username: str, password: str) -> None:
    """Seal the login and put it in place of the older one. A session that the broker had refused may start again.

    Raises AccountInvalid, and sealing.SealingFailed.
    """
    username = username.strip()
    errors = problems(username=username, password=password)
    if errors:
        raise AccountInvalid(errors)
    sealed = sealing.seal(_plaintext(username, password), account_id=account.id)
    with transaction.atomic():
        Credential.objects.update_or_create(
            account=account, defaults={"sealed": sealed, "username_hint": _hint(username)}
        )
        sessions.record_new_login(account.id)


@sensitive_variables("username", "password")
def problems(*, username: str, password: str) -> dict[str, str]:
    """What is wrong with a login before any broker sees it, by field. The texts never hold what was entered."""
    fields = {"username": username, "password": password}
    return {field: text for field, value in fields.items() if (text := _problem(field, value))}


@sensitive_variables("value")
def _problem(field: str, value: str) -> str:
    if not value.strip():
        return f"Enter the broker {field}."
    if len(value) > LONGEST:
        return f"A broker {field} has at most {LONGEST} characters."
    # They travel in files and on the wire, where a NUL or a line end would become a field of its own.
    if not value.isprintable():
        return f"The broker {field} holds a control character. Type it instead of pasting it."
    return ""


@sensitive_variables("username", "password")
def _plaintext(username: str, password: str) -> bytes:
    return json.dumps({"username": username, "password": password}).encode().ljust(PADDED_LENGTH)


def _hint(username: str) -> str:
    """`d…o` for `demo`; a name too short to hide in shows its first letter."""
    return f"{username[0]}…{username[-1]}" if len(username) > 2 else f"{username[0]}…"
