"""What may be asked of the keeper: six verbs and their fields, and nothing beyond them.

A caller says which gateway, and whose login. Which image, with what mounts, on which network: that is the keeper's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from brokers.domain import TradingMode
from brokers.gateways.base import GatewaySpec
from brokers.gateways.keeper.wire import Frame

_LONGEST_TEXT = 200
_KEY = re.compile(r"[0-9a-f]{64}")
_MOST_LINES = 1000
_MOST_NAMES = 50_000
# Seconds. A login may wait for a second factor, more than once.
_LONGEST_WAIT = 900.0


class BadQuestion(Exception):
    """The text names the field, and never quotes it."""


@dataclass(frozen=True, slots=True)
class Start:
    spec: GatewaySpec


@dataclass(frozen=True, slots=True)
class WaitLoggedIn:
    gateway_id: str
    deadline: float


@dataclass(frozen=True, slots=True)
class Find:
    name: str


@dataclass(frozen=True, slots=True)
class Stop:
    name: str


@dataclass(frozen=True, slots=True)
class Logs:
    name: str
    lines: int


@dataclass(frozen=True, slots=True)
class Sweep:
    wanted: tuple[str, ...]
    known: tuple[str, ...]
    older_than: float


Question = Start | WaitLoggedIn | Find | Stop | Logs | Sweep
Parser = Callable[[Any], Any]


def ask_frame(question: Question) -> Frame:
    match question:
        case Start(spec):
            return {
                "verb": "start",
                "name": spec.name,
                "trading_mode": spec.trading_mode.value,
                "username": spec.username,
                "password": spec.password,
                "read_only": spec.read_only,
                "relay_key": None if spec.relay_key is None else spec.relay_key.hex(),
            }
        case WaitLoggedIn(gateway_id, deadline):
            return {"verb": "wait_logged_in", "gateway_id": gateway_id, "deadline": deadline}
        case Find(name):
            return {"verb": "find", "name": name}
        case Stop(name):
            return {"verb": "stop", "name": name}
        case Logs(name, lines):
            return {"verb": "logs", "name": name, "lines": lines}
        case Sweep(wanted, known, older_than):
            return {"verb": "sweep", "wanted": list(wanted), "known": list(known), "older_than": older_than}


def parse_question(frame: Frame) -> Question:
    """Raises BadQuestion."""
    fields = dict(frame)
    verb = fields.pop("verb", None)
    if not isinstance(verb, str) or verb not in _VERBS:
        raise BadQuestion(f"the verb must be one of: {', '.join(_VERBS)}")
    parsers, make = _VERBS[verb]
    unknown, missing = fields.keys() - parsers.keys(), parsers.keys() - fields.keys()
    if unknown:
        raise BadQuestion(f"{verb} takes no {', '.join(sorted(name[:40] for name in unknown))}")
    if missing:
        raise BadQuestion(f"{verb} needs {', '.join(sorted(missing))}")
    return make(**{name: _parsed(name, parse, fields[name]) for name, parse in parsers.items()})


def _parsed(name: str, parse: Parser, value: Any) -> Any:
    try:
        return parse(value)
    except (ValueError, TypeError):
        raise BadQuestion(f"{name} makes no sense") from None


def _text(value: Any) -> str:
    """Printable: a line's end in a password would write a file of two lines."""
    if not isinstance(value, str) or not value.isprintable() or not 1 <= len(value) <= _LONGEST_TEXT:
        raise ValueError
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _key(value: Any) -> bytes | None:
    if value is None:
        return None
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        raise ValueError
    return bytes.fromhex(value)


def _lines(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _MOST_LINES:
        raise ValueError
    return value


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LONGEST_WAIT:
        raise ValueError
    return float(value)


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > _MOST_NAMES:
        raise ValueError
    return tuple(_text(name) for name in value)


def _start(**fields: Any) -> Start:
    return Start(GatewaySpec(**fields))


_VERBS: dict[str, tuple[dict[str, Parser], Callable[..., Question]]] = {
    "start": (
        {
            "name": _text,
            "trading_mode": TradingMode,
            "username": _text,
            "password": _text,
            "read_only": _flag,
            "relay_key": _key,
        },
        _start,
    ),
    "wait_logged_in": ({"gateway_id": _text, "deadline": _seconds}, WaitLoggedIn),
    "find": ({"name": _text}, Find),
    "stop": ({"name": _text}, Stop),
    "logs": ({"name": _text, "lines": _lines}, Logs),
    "sweep": ({"wanted": _names, "known": _names, "older_than": _seconds}, Sweep),
}
