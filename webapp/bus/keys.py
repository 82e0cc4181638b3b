"""Every Redis key and channel that is ours. Celery (`celery`, `_kombu*`) and Channels (`asgi*`) name their own."""

from __future__ import annotations

from uuid import UUID

# Channel, JSON objects: doorbells {"account"}, questions {"account", "question", "body", "reply_to"}, calls {"free"}.
DOORBELL = "gatehouse:doorbell"

_QUOTES = "gatehouse:quotes:"


def answer(token: str) -> str:
    """List with one JSON answer, popped by whoever asked; expires by itself when nobody waits any more."""
    return f"gatehouse:answer:{token}"


def interest(account_id: UUID) -> str:
    """Sorted set: con_id -> the second (Unix time, Redis's clock) until which somebody looks at it."""
    return f"gatehouse:interest:{account_id.hex}"


def interest_in_panes(account_id: UUID) -> str:
    """As `interest`, of the keys of panes."""
    return f"gatehouse:panes:{account_id.hex}"


def snapshot(account_id: UUID) -> str:
    """Hash: con_id -> encoded quote, key of a pane -> its newest body; and `epoch` and `seq` of the newest batch."""
    return f"gatehouse:snapshot:{account_id.hex}"


def quotes(account_id: UUID) -> str:
    """Channel of an account's batches of quotes; `bus.quotes.Batch` says how one is written."""
    return f"{_QUOTES}{account_id.hex}"


def account_of_quotes(channel: str) -> UUID:
    return UUID(hex=channel.removeprefix(_QUOTES))


def account_group(account_id: UUID) -> str:
    """The Channels group of the browsers that have this account open."""
    return f"account.{account_id.hex}"
