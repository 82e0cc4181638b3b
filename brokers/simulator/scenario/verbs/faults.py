"""Verbs about bytes on their way to clients, and about requests that get no answer."""

from __future__ import annotations

from brokers.simulator.api.intake import Ignored
from brokers.simulator.connections.faults import CORRUPTIONS, Aim
from brokers.simulator.messages.names import ANSWER_IDS, REQUEST_IDS
from brokers.simulator.scenario.verbs.stage import Stage
from brokers.simulator.scenario.verbs.table import Verb, choice, message, seconds, switch, whole


def delay(stage: Stage, *, ms: int) -> None:
    stage.gateway.faults.delay = ms / 1000


def stall(stage: Stage, *, seconds: float) -> None:
    stage.gateway.faults.stall(seconds)


def split(stage: Stage, *, on: bool) -> None:
    stage.gateway.faults.is_split = on


def cut(stage: Stage, *, message: int | None, count: int, client_id: int | None) -> None:
    stage.gateway.faults.cut(Aim(count, message, client_id))


def corrupt(stage: Stage, *, how: str, message: int | None, count: int, client_id: int | None) -> None:
    stage.gateway.faults.corrupt(Aim(count, message, client_id), how)


def ignore(stage: Stage, *, message: int, count: int, client_id: int | None) -> None:
    stage.server.intake.ignore(Ignored(message, count, client_id))


def clear_faults(stage: Stage) -> None:
    stage.gateway.faults.clear()
    stage.server.intake.stop_ignoring()


_AIM = (message("message", ANSWER_IDS, None), whole("count", 1, low=1), whole("client_id", None))

VERBS = (
    Verb("delay", "Every frame to a client is late by so many milliseconds; 0 ends it.", delay, (whole("ms"),)),
    Verb("stall", "Once, for so long, nothing goes out; then everything does.", stall, (seconds("seconds"),)),
    Verb("split", "Each byte is written on its own, or no longer.", split, (switch("on", True),)),
    Verb("cut", "The next frame ends in its middle, and the connection with it.", cut, _AIM),
    Verb(
        "corrupt",
        "The next frame is spoiled: flip changes bytes of its body, huge declares 2 GiB, undecodable has fields that "
        "can't be such a message's, unknown puts a message of an unknown id before it.",
        corrupt,
        (choice("how", CORRUPTIONS), *_AIM),
    ),
    Verb(
        "ignore",
        "The next requests of a kind are read and never answered.",
        ignore,
        (message("message", REQUEST_IDS), whole("count", 1, low=1), whole("client_id", None)),
    ),
    Verb("clear_faults", "Bytes and answers go their way again.", clear_faults),
)
