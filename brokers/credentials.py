"""Credentials by the name of the environment variable that holds them.

A variable is read when its value is needed, and not before: a password when a gateway is started, an account at the
handshake.

No message repeats what a config gives as a variable's name, unless it is TWS_USERNAME, TWS_PASSWORD or TWS_ACCOUNT: a
password in the wrong place can look like a name (MYSECRET). Messages name the config's setting instead.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from brokers.refusals import ConfigRefused, CredentialMissing

USERNAME = "TWS_USERNAME"
PASSWORD = "TWS_PASSWORD"  # noqa: S105 - the variable's name
ACCOUNT = "TWS_ACCOUNT"
_DEFAULTS = {"username": USERNAME, "password": PASSWORD, "account": ACCOUNT}
SETTINGS = frozenset(_DEFAULTS)

_NAME = re.compile(r"[A-Z_][A-Z0-9_]*")


@dataclass(frozen=True, slots=True)
class Credentials:
    """An IB login by value. The password is kept out of `repr`, so that it can't reach a log or a traceback."""

    username: str
    password: str = field(repr=False)


def require_variable_name(setting: str, name: object) -> None:
    """Raises ConfigRefused. It doesn't quote what was given: it may be the secret itself, put in the wrong place."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ConfigRefused(
            f"{setting} names an environment variable, in capitals, such as {USERNAME} or {PASSWORD}. What was given "
            "is no such name; it isn't shown here, since it may be the secret itself."
        )


def from_environment(*, username: str, password: str, environment: Mapping[str, str] = os.environ) -> Credentials:
    """By the variables' names. Raises CredentialMissing for one that isn't set, or is empty."""
    return Credentials(
        username=_required("username", username, environment),
        password=_required("password", password, environment),
    )


def account_from_environment(name: str, *, environment: Mapping[str, str] = os.environ) -> str | None:
    """None, which is any account, when TWS_ACCOUNT isn't set. One that was named on purpose has to be set."""
    if name == ACCOUNT:
        return environment.get(name) or None
    return _required("account", name, environment)


def _required(setting: str, name: str, environment: Mapping[str, str]) -> str:
    value = environment.get(name)
    if not value:
        raise CredentialMissing(_missing(setting, name))
    return value


def _missing(setting: str, name: str) -> str:
    if name in _DEFAULTS.values():
        return f"The environment variable {name}, which holds the {setting} of the IB login, isn't set."
    return (
        f"The environment variable that the config's {setting} names isn't set. What the config gives isn't shown "
        f"here, since it may be the secret itself. It is a variable's name, such as {_DEFAULTS[setting]}, and never "
        "the value."
    )
