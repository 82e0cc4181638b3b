"""What a gateway says of its own connections: https://interactivebrokers.github.io/tws-api/message_codes.html, "System
Message Codes". Each of it is told to everyone, about no request.
"""

from __future__ import annotations

from typing import Any

from tests.conformance.clients.base import Answer
from tests.conformance.rows import Play, Row, Stage
from tests.conformance.session.scenery import NVIDIA

_STEPS = 20
_OVER_THE_RATE, _ANY_RATE = 100, 100_000


def while_watching(*verbs: tuple[str, dict[str, Any]]) -> Play:
    """Whether a stream that was there before tells anything new after all this."""

    def play(stage: Stage) -> Answer:
        stage.control.do("unfreeze", instrument="NVDA")
        stream = stage.client.streams.quotes(NVIDIA)
        for verb, arguments in verbs:
            stage.control.do(verb, **arguments)
        stage.settle()
        before = stream.told()
        stage.step(_STEPS)
        lives = stream.told() != before
        stream.end()
        return lives

    return play


def too_fast(stage: Stage) -> Answer:
    """Three messages where one a second is allowed: what is told of those over it, which are lost."""
    link = stage.client.link
    stage.control.do("limit_rate", rate=1, violations=0)
    for _ in range(3):
        link.call("reqIds", 1)
    link.wait_for_notice(_OVER_THE_RATE)
    stage.control.do("limit_rate", rate=_ANY_RATE, violations=0)
    stage.settle()
    return sorted(set(link.heard.new_codes()))


def _everyone(*codes: int) -> tuple[int, ...]:
    return tuple(-code for code in codes) * 2


_LOST: tuple[str, dict[str, Any]] = ("drop_link", {})
_FARM = {"farm": "usfarm"}

ROWS: tuple[Row, ...] = (
    Row(
        "link lost, data kept (1100, 1102)",
        while_watching(_LOST, ("restore_link", {"data": "kept"})),
        True,
        _everyone(1100, 1102),
    ),
    # Its streams have to be asked for again.
    Row(
        "link lost, data lost (1100, 1101)",
        while_watching(_LOST, ("restore_link", {"data": "lost"})),
        False,
        _everyone(1100, 1101),
    ),
    Row("farm down (2103)", while_watching(("break_farm", _FARM)), False, _everyone(2103)),
    Row("farm back (2104)", while_watching(("mend_farm", _FARM)), True, _everyone(2104)),
    Row(
        "a competing session (10197)",
        while_watching(("compete", {}), ("stop_competing", {})),
        True,
        (10197,),
    ),
    Row("more messages than may be sent (100)", too_fast, [-_OVER_THE_RATE]),
)
