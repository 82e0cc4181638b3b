"""What a program may say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from webapp.live.messages import Misunderstood, Ping, read_con_ids, read_number, read_object, shown


@dataclass(frozen=True, slots=True)
class Watch:
    """`after` is None for a program that has no event of the account yet."""

    account_id: UUID
    con_ids: frozenset[int]
    after: int | None


@dataclass(frozen=True, slots=True)
class Unwatch:
    account_id: UUID


Message = Watch | Unwatch | Ping


def parse(text: str | None) -> Message:
    """Raises Misunderstood. None stands for a frame of bytes."""
    message = read_object(text)
    match message.get("type"):
        case "subscribe":
            after = message.get("after")
            con_ids = read_con_ids(message.get("con_ids", []))
            return Watch(_account_id(message), con_ids, None if after is None else read_number(after))
        case "unsubscribe":
            return Unwatch(_account_id(message))
        case "ping":
            return Ping()
        case other:
            known = "subscribe, unsubscribe and ping"
            raise Misunderstood("unknown_type", f"The type is {shown(other)}; known are {known}.")


def _account_id(message: dict[str, Any]) -> UUID:
    value = message.get("account")
    try:
        return UUID(value if isinstance(value, str) else "")
    except ValueError:
        raise Misunderstood("bad_account", f"account is an account's id, not {shown(value)}.") from None
