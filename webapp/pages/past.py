"""What happened on an account, a line for each event that people are told of; `past.js` adds to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from webapp.accounts.models import AccountEvent
from webapp.pages import session_words, words


@dataclass(frozen=True, slots=True)
class Line:
    """`sentence` is empty where the label says all."""

    at: datetime
    label: str
    sentence: str


def lines(events: Iterable[AccountEvent]) -> list[Line]:
    """Newest first, as the events. One that says what the one before it said tells nobody anything, and is left out."""
    every = [Line(event.at, *_said(event.kind, event.body)) for event in events]
    fresh = [newer for newer, older in pairwise(every) if _text(newer) != _text(older)]
    return [*fresh, *every[-1:]]


def _said(kind: str, body: dict[str, Any]) -> tuple[str, str]:
    if kind == AccountEvent.Kind.ALERT:
        return words.alert_label(body["alert"]), body["alert"]
    if kind == AccountEvent.Kind.LIVE_TRADING:
        return words.live_trading_label(body["on"]), ""
    label = session_words.state_words(body).label
    return label, session_words.more_than(label, body.get("reason", ""))


def _text(line: Line) -> tuple[str, str]:
    return line.label, line.sentence
