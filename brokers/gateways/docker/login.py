"""How far a login is, read from the words of IBC, which sits in the gateway's container and types the password."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from brokers.gateways.base import LoggingIn, LoginEnded, LoginWord, SecondFactorAsked

# The broker's prompt on the phone lasts so long.
PROMPT = timedelta(seconds=180)


class LoginState(Enum):
    UNTOLD = "nothing was said yet"
    SECOND_FACTOR = "a person has to confirm it on a phone"
    LOGGED_IN = "logged in"
    CONFIGURED = "logged in and configured"
    ENDED = "the broker ended the login"
    REFUSED = "the broker refused the username or the password"
    UNCONFIRMED = "nobody confirmed it in time"


# Newer versions of IBC say which dialog it was, and then log in again with the same password; older ones say that the
# login failed. Both end here, as does a broker that has had too many of them (https://github.com/IbcAlpha/IBC).
_WORDS = {
    "second factor authentication initiated": LoginState.SECOND_FACTOR,
    "login has completed": LoginState.LOGGED_IN,
    "configuration tasks completed": LoginState.CONFIGURED,
    "re-login is required": LoginState.ENDED,
    "unrecognized username or password": LoginState.REFUSED,
    "ibc: login failed": LoginState.REFUSED,
    "too many failed login attempts": LoginState.REFUSED,
    "after second factor authentication dialog timeout": LoginState.UNCONFIRMED,
}


@dataclass(frozen=True, slots=True)
class Login:
    """Where the newest word leaves it, and what is to be told of it since it was last logged in, oldest first."""

    state: LoginState
    words: tuple[LoginWord, ...] = ()

    def after(self, state: LoginState, at: datetime) -> Login:
        words = () if self.state is LoginState.CONFIGURED else self.words
        return Login(state, (*words, *_told(state, at, words)))


def read_login(lines: Iterable[str]) -> Login:
    """Lines as the engine gives them with timestamps. A refusal stays one: what comes after is a new attempt."""
    login = Login(LoginState.UNTOLD)
    for line in lines:
        stamp, _, said = line.partition(" ")
        state = _said(said)
        if state is not None:
            login = login.after(state, datetime.fromisoformat(stamp))
        if state is LoginState.REFUSED:
            break
    return login


def _said(line: str) -> LoginState | None:
    small = line.lower()
    return next((state for words, state in _WORDS.items() if words in small), None)


def _told(state: LoginState, at: datetime, before: tuple[LoginWord, ...]) -> list[LoginWord]:
    """IBC doesn't say how often it will ask. Told to end at the first prompt that is missed, it asks once."""
    match state:
        case LoginState.SECOND_FACTOR:
            attempt = 1 + sum(isinstance(word, SecondFactorAsked) for word in before)
            return [SecondFactorAsked(attempt, attempt, at + PROMPT)]
        case LoginState.ENDED:
            return [LoginEnded()]
        case LoginState.LOGGED_IN if before:
            return [LoggingIn()]
        case _:
            return []
