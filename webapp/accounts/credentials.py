"""A broker login on its way into the database: checked, sealed, and never readable here again."""

from __future__ import annotations

import json

from django.db import IntegrityError, transaction
from django.views.decorators.debug import sensitive_variables

from webapp.accounts import sealing, sessions
from webapp.accounts.fingerprints import fingerprint
from webapp.accounts.models import BrokerAccount, Credential
from webapp.accounts.refusals import AccountInvalid
from webapp.audit import recording as audit

LONGEST = 100
# Every sealed login has one length, so that a stolen row doesn't tell how long the password is. Room for two fields
# of LONGEST characters, each up to 12 bytes as JSON escapes it (a surrogate pair).
PADDED_LENGTH = 2560

# Says nothing of whose account that is.
IN_USE = (
    "This login can't be connected twice on this server: a broker login serves one session at a time, and a second one "
    "would take its market data away. Use another username, which Interactive Brokers gives you under Users & Access "
    "Rights."
)


@sensitive_variables("username", "password")
def store(*, account: BrokerAccount, username: str, password: str) -> None:
    """Seal the login and put it in place of the older one. A session that the broker had refused may start again.

    Raises AccountInvalid, also for a login that serves another account already, and sealing.SealingFailed.
    """
    username = username.strip()
    errors = problems(username=username, password=password)
    if errors:
        raise AccountInvalid(errors)
    columns: dict[str, object] = {
        "sealed": sealing.seal(_plaintext(username, password), account_id=account.id),
        "fingerprint": fingerprint(username),
        "username_hint": _hint(username),
    }
    with transaction.atomic():
        _put(account, columns)
        sessions.record_new_login(account.id)
        audit.record(audit.Action.CREDENTIALS_CHANGED, account=account, text=f"The login {_hint(username)}.")


def _put(account: BrokerAccount, columns: dict[str, object]) -> None:
    """The database decides, so that of two who enter one login at the same moment one is refused."""
    try:
        with transaction.atomic():
            Credential.objects.update_or_create(account=account, defaults=columns)
    except IntegrityError:
        if not Credential.objects.filter(fingerprint=columns["fingerprint"]).exclude(account=account).exists():
            raise
        raise AccountInvalid({"username": IN_USE}) from None


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
