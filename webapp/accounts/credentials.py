"""A broker login on its way into the database: checked, sealed, and never readable here again."""

from __future__ import annotations

import json

from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac
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

    Raises AccountInvalid, also for a username that another account of the same user has, and sealing.SealingFailed.
    """
    username = username.strip()
    errors = problems(username=username, password=password)
    if errors:
        raise AccountInvalid(errors)
    sealed, digest = sealing.seal(_plaintext(username, password), account_id=account.id), _digest(username, account)
    row = {"sealed": sealed, "username_hint": _hint(username), "username_digest": digest}
    try:
        with transaction.atomic():
            Credential.objects.update_or_create(account=account, defaults=row)
            sessions.record_new_login(account.id)
    except IntegrityError as error:
        raise _taken(digest, account) or error from None


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


@sensitive_variables("username", "owned")
def _digest(username: str, account: BrokerAccount) -> str:
    """The same for one username of one user, under one SECRET_KEY: two users' rows tell nothing of each other."""
    owned = f"{account.user_id} {username.casefold()}"
    return salted_hmac("gatehouse.broker-username", owned, algorithm="sha256").hexdigest()


def _taken(digest: str, account: BrokerAccount) -> AccountInvalid | None:
    """IB serves market data to one session of a username, and lets a second login end the first."""
    other = Credential.objects.filter(username_digest=digest).exclude(account=account).first()
    if other is None:
        return None
    text = (
        f"“{other.account.name}” uses this username already, and Interactive Brokers serves one session of a username "
        "at a time: the two would take it from each other. Use that account, or a second username."
    )
    return AccountInvalid({"username": text})


def _hint(username: str) -> str:
    """`d…o` for `demo`; a name too short to hide in shows its first letter."""
    return f"{username[0]}…{username[-1]}" if len(username) > 2 else f"{username[0]}…"
