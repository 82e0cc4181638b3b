"""What a browser may say, and how it is told that it said something else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from webapp.bus.panes import Pane

LONGEST_MESSAGE = 16_384
MOST_CON_IDS = 100
MOST_PANES = 8
_LARGEST_NUMBER = 2**63 - 1


class Misunderstood(Exception):
    """The browser's message was no use. The socket stays; `code` is for programs, the text for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Subscribe:
    con_ids: frozenset[int]
    panes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class EventsAfter:
    number: int


@dataclass(frozen=True, slots=True)
class Ping:
    pass


Message = Subscribe | EventsAfter | Ping


def parse(text: str | None) -> Message:
    """Raises Misunderstood. None stands for a frame of bytes."""
    return _understood(read_object(text))


def read_object(text: str | None) -> dict[str, Any]:
    """A message of any kind. Raises Misunderstood."""
    if text is None:
        raise Misunderstood("not_text", "A message is JSON text, not bytes.")
    if len(text) > LONGEST_MESSAGE:
        raise Misunderstood("too_long", f"The message has {len(text)} characters; {LONGEST_MESSAGE} are allowed.")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise Misunderstood("not_json", f"This isn't JSON: {shown(text)}") from None
    if not isinstance(message, dict):
        raise Misunderstood("not_an_object", f"A message is an object with a type, not {shown(message)}.")
    return message


def error(refusal: Misunderstood) -> str:
    return json.dumps({"type": "error", "code": refusal.code, "message": str(refusal)})


def _understood(message: dict[str, Any]) -> Message:
    match message.get("type"):
        case "subscribe":
            return Subscribe(read_con_ids(message.get("con_ids")), _panes(message.get("panes", [])))
        case "events":
            return EventsAfter(read_number(message.get("after")))
        case "ping":
            return Ping()
        case other:
            raise Misunderstood("unknown_type", f"The type is {shown(other)}; known are subscribe, events and ping.")


def read_con_ids(value: Any) -> frozenset[int]:
    if not isinstance(value, list):
        raise Misunderstood("bad_con_ids", f"con_ids is a list of whole numbers, not {shown(value)}.")
    if len(value) > MOST_CON_IDS:
        raise Misunderstood("too_many_con_ids", f"{len(value)} con_ids were sent; {MOST_CON_IDS} are allowed.")
    for con_id in value:
        if not _is_whole(con_id) or con_id == 0:
            raise Misunderstood("bad_con_ids", f"A con_id is a positive whole number, not {shown(con_id)}.")
    return frozenset(value)


def _panes(value: Any) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(key, str) for key in value):
        raise Misunderstood("bad_panes", f"panes is a list of keys like depth:265598, not {shown(value)}.")
    if len(value) > MOST_PANES:
        raise Misunderstood("too_many_panes", f"{len(value)} panes were sent; {MOST_PANES} are allowed.")
    try:
        return frozenset(str(Pane.parse(key)) for key in value)
    except ValueError as error:
        raise Misunderstood("bad_panes", f"{error}.") from None


def read_number(value: Any) -> int:
    if not _is_whole(value):
        raise Misunderstood("bad_number", f"after is the number of the last event you have, not {shown(value)}.")
    return int(value)


def _is_whole(value: Any) -> bool:
    """JSON's true is an int in Python."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_NUMBER


def shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
