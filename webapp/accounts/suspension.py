"""What an administrator's suspension of an account says and forbids."""

from __future__ import annotations

from webapp.accounts.models import BrokerAccount
from webapp.accounts.refusals import SessionRefused


def require_none(account: BrokerAccount) -> None:
    """Raises SessionRefused for an account that is suspended."""
    if account.is_suspended:
        raise SessionRefused(in_words(account))


def in_words(account: BrokerAccount) -> str:
    """For everybody who may see the account; empty while it isn't suspended."""
    if account.suspended_at is None:
        return ""
    return (
        f"An administrator suspended this account at {account.suspended_at:%Y-%m-%d %H:%M} UTC: "
        f"{_sentence(account.suspended_reason)} Its session stays stopped and takes no order until that is ended. "
        "Orders that were open are still open at the broker: Interactive Brokers' own apps show and cancel them."
    )


def _sentence(reason: str) -> str:
    """What an administrator typed, with the full stop that it may lack."""
    return reason if reason.endswith((".", "!", "?")) else f"{reason}."
