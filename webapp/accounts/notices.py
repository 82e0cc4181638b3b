"""What the broker said that changes no status by itself, as people read it: the same words once for each session."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from brokers.domain import SessionState
from webapp.accounts.models import AccountEvent, BrokerAccount

SHOWN = 10
# A gateway may repeat itself all day, and a page waits for this.
READ = 2000

_SESSION_BEGINS = Q(kind=AccountEvent.Kind.SESSION, body__state=SessionState.STARTING.value)


@dataclass(slots=True)
class Notice:
    """`code` is IB's or ours, `at` and `number` the newest time's; `of_this_session`: since a gateway was started last.

    `times` is how often it was said in its session, or `at_least` so often: not all that was said was read.
    """

    code: str
    message: str
    at: datetime
    number: int
    of_this_session: bool
    times: int = 0
    at_least: bool = False


def newest(account: BrokerAccount) -> list[Notice]:
    """Newest first, SHOWN at most. The caller has checked whose account it is."""
    said = account.events.filter(Q(kind=AccountEvent.Kind.NOTICE) | _SESSION_BEGINS).order_by("-number")
    rows = list(said.values_list("kind", "subject", "body__message", "at", "number")[:READ])
    told, sessions = _told_once(rows)
    if len(rows) == READ:
        for notice in sessions[-1].values():
            notice.at_least = True
    return told[:SHOWN]


def _told_once(
    rows: Iterable[tuple[str, str, str, datetime, int]],
) -> tuple[list[Notice], list[dict[tuple[str, str], Notice]]]:
    """All of them, newest first; and each session's own, by code and words."""
    told: list[Notice] = []
    sessions: list[dict[tuple[str, str], Notice]] = [{}]
    for kind, code, message, at, number in rows:
        if kind == AccountEvent.Kind.SESSION:
            sessions.append({})
            continue
        if (code, message) not in sessions[-1]:
            sessions[-1][code, message] = Notice(code, message, at, number, of_this_session=len(sessions) == 1)
            told.append(sessions[-1][code, message])
        sessions[-1][code, message].times += 1
    return told, sessions
