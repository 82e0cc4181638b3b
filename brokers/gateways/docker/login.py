"""How far a login is, read from the words of IBC, which sits in the gateway's container and types the password."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum


class LoginState(Enum):
    UNTOLD = "nothing was said yet"
    SECOND_FACTOR = "a person has to confirm it on a phone"
    LOGGED_IN = "logged in"
    CONFIGURED = "logged in and configured"
    REFUSED = "the broker refused the username or the password"
    UNCONFIRMED = "nobody confirmed it in time"


# Newer versions of IBC say which dialog it was, and then log in again with the same password; older ones say that the
# login failed. Both end here, as does a broker that has had too many of them (https://github.com/IbcAlpha/IBC).
_WORDS = {
    "second factor authentication initiated": LoginState.SECOND_FACTOR,
    "login has completed": LoginState.LOGGED_IN,
    "configuration tasks completed": LoginState.CONFIGURED,
    "unrecognized username or password": LoginState.REFUSED,
    "ibc: login failed": LoginState.REFUSED,
    "too many failed login attempts": LoginState.REFUSED,
    "after second factor authentication dialog timeout": LoginState.UNCONFIRMED,
}


def read_login(lines: Iterable[str]) -> LoginState:
    """Where the newest word that means something leaves it. A refusal stays one: what comes after is a new attempt."""
    state = LoginState.UNTOLD
    for line in lines:
        state = _said(line) or state
        if state is LoginState.REFUSED:
            break
    return state


def _said(line: str) -> LoginState | None:
    small = line.lower()
    return next((state for words, state in _WORDS.items() if words in small), None)
