"""Reading what a scenario is told to do: a verb with its arguments, and when it is to be done."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from brokers.simulator.messages.names import REQUEST_IDS
from brokers.simulator.scenario.verbs import VERBS
from brokers.simulator.scenario.verbs.table import Verb, VerbRefused, nearest, seconds, switch, whole

EVENTS = ("connect", "disconnect", *REQUEST_IDS)

# A file is written by hand. One that is longer is no scenario.
_LONGEST_FILE = 1024 * 1024

_AT = seconds("at")
_NTH = whole("nth", 1, low=1)
_BEFORE = switch("before", False)


class ScenarioUnusable(Exception):
    """The file can't be read as a scenario; the text names the step and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Call:
    """A verb with its arguments: as they were given, and as they were read."""

    verb: Verb
    given: dict[str, Any]
    arguments: dict[str, Any]

    def __str__(self) -> str:
        return " ".join([self.verb.name, *(f"{name}={value}" for name, value in self.given.items())])


@dataclass(frozen=True, slots=True)
class Step:
    """A call, and when: `at` so many seconds, or at the `nth` of an event; at once with neither."""

    call: Call
    at: float | None = None
    when: str | None = None
    nth: int = 1
    before: bool = False

    @property
    def is_for_at_once(self) -> bool:
        return self.at is None and self.when is None

    def waits_for(self, event: str, *, before: bool, nth: int) -> bool:
        return (self.when, self.before, self.nth) == (event, before, nth)

    @property
    def occasion(self) -> str:
        if self.when is not None:
            return f"{'before' if self.before else 'after'} {self.when} {self.nth}"
        return "at once" if self.at is None else f"at {self.at:g}"


def parse_json(text: str | bytes) -> Any:
    """JSON whose fractions stay exact. Raises ValueError, also for what is nested too deeply to be read."""
    try:
        return json.loads(text, parse_float=Decimal)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def read_call(name: object, given: Mapping[str, Any]) -> Call:
    """Raises VerbRefused for an unknown verb or an argument that it can't take."""
    if not isinstance(name, str):
        raise VerbRefused(f"do is the name of a verb, not {name!r}")
    verb = VERBS.get(name)
    if verb is None:
        raise VerbRefused(f"no verb is called {name!r}{nearest(name, VERBS)}; known are: {', '.join(VERBS)}")
    return Call(verb, dict(given), verb.read(given))


def read_steps(path: Path) -> list[Step]:
    """The steps of a scenario's file. Raises ScenarioUnusable."""
    steps = _load(path)
    if not isinstance(steps, list):
        raise ScenarioUnusable(f"{path.name} is no JSON list of steps")
    return [_read_step(number, step) for number, step in enumerate(steps, start=1)]


def _load(path: Path) -> Any:
    try:
        if path.stat().st_size > _LONGEST_FILE:
            raise ScenarioUnusable(f"{path.name} is longer than {_LONGEST_FILE} bytes")
        return parse_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioUnusable(f"{path.name} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise ScenarioUnusable(f"{path.name} is not JSON: {error}") from error


def _read_step(number: int, step: object) -> Step:
    try:
        return parse_step(step)
    except VerbRefused as refusal:
        raise ScenarioUnusable(f"step {number}: {refusal}") from refusal


def parse_step(step: object) -> Step:
    """One step of a list. Raises VerbRefused."""
    if not isinstance(step, dict) or "do" not in step:
        raise VerbRefused(f"a step is an object with a verb in do, not {step!r}")
    given = dict(step)
    verb = given.pop("do")
    timing = {name: given.pop(name) for name in ("at", "when", "nth", "before") if name in given}
    return Step(read_call(verb, given), **_read_timing(timing))


def _read_timing(timing: dict[str, Any]) -> dict[str, Any]:
    if "at" in timing and "when" in timing:
        raise VerbRefused("a step has at or when, not both")
    if "when" not in timing and timing.keys() & {"nth", "before"}:
        raise VerbRefused("nth and before belong to when, which is missing")
    if "when" in timing and timing["when"] not in EVENTS:
        event = timing["when"]
        raise VerbRefused(f"nothing that happens is called {event!r}{nearest(str(event), EVENTS)}")
    readers = {"at": _AT, "nth": _NTH, "before": _BEFORE}
    return timing | {name: readers[name].value(timing[name], of="a step") for name in readers.keys() & timing.keys()}
