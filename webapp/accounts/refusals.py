"""What a service of this room answers when it does nothing. Each message is a sentence for the user."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied


class AccountInvalid(Exception):
    """What was entered can't be stored. `errors` maps a field's name to what is wrong with it, never to its value."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {text}" for field, text in errors.items()))
        self.errors = errors


class SessionRefused(Exception):
    """A session can't be started as it stands. The text says why and what to do."""


class LiveTradingOff(Exception):
    """A live account takes no order until its owner turns live trading on. The text says where."""


class NotAllowed(PermissionDenied):
    """What whoever asks may see and not do: 403. The text says who may."""
