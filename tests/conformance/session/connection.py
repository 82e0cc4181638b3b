"""The connection itself: https://interactivebrokers.github.io/tws-api/connection.html."""

from __future__ import annotations

from datetime import datetime

from tests.conformance.clients.base import Answer
from tests.conformance.rows import Row, Stage
from tests.conformance.session.scenery import NOW

# A quarter of an hour is more than any session takes.
_LONGEST = 900
# What a fresh gateway says of its farms: of market data, of the past and of definitions.
_FARMS = [-2158, -2106, -2104]


def connect(stage: Stage) -> Answer:
    answer = stage.client.link.connect(*stage.address, 1)
    stage.account = answer["accounts"][0]
    stage.observer.link.connect(*stage.address, 2)
    return {**answer, "notices": sorted(set(stage.client.link.heard.new_codes()))}


def current_time(stage: Stage) -> Answer:
    """Whether it is that of the session's day."""
    elapsed = stage.client.link.current_time() - datetime.fromisoformat(NOW).timestamp()
    return 0 <= elapsed < _LONGEST


ROWS: tuple[Row, ...] = (
    Row("connect", connect, {"accounts": ["DU1000001"], "version": 176, "notices": _FARMS}, codes=None),
    Row("current time", current_time, True),
    # Of a client that has placed nothing yet.
    Row("next order id", lambda stage: stage.client.orders.next_id(), 1),
)
