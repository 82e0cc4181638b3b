"""One request of the session: how it is made, and what has to be answered.

Standard library alone: this runs in the environment of each client.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.clients.base import Answer, Client, Refused
from tests.conformance.control import Control

# Connects a further client under this client id. Raises Refused.
Connect = Callable[[int], Client]
# A value, a predicate on one, or a dict or list of them. A dict leaves out what it doesn't look at.
Expected = Any


@dataclass
class Stage:
    """What the requests of one session share: `client` trades as client id 1, `observer` only reads, as client id 2.

    `order_ids` are those of orders that a later request is about, by their references.
    """

    client: Client
    observer: Client
    control: Control
    connect: Connect
    address: tuple[str, int]
    account: str = ""
    order_ids: dict[str, int] = field(default_factory=dict)

    def market(self, symbol: str, **prices: float) -> None:
        """Holds an instrument's market there: bid, ask, last, bid_size, ask_size. What orders took of it before is
        there again."""
        self.control.do("quote", instrument=symbol, **prices)
        self.step()

    def step(self, count: int = 1) -> None:
        """The market moves so often; whoever watches is told."""
        self.control.do("step", count=count)
        self.settle()

    def settle(self) -> None:
        self.client.link.settle()
        self.observer.link.settle()


Play = Callable[[Stage], Answer]


@dataclass(frozen=True)
class Row:
    """`says` is what is answered. `codes` are all that anyone is told meanwhile, the trading client's first: a code
    about no request is negative. None doesn't look at them."""

    name: str
    ask: Play
    says: Expected
    codes: tuple[int, ...] | None = ()

    def play(self, stage: Stage) -> dict[str, Any]:
        """Makes the request. Whatever goes wrong, but for a refusal, is raised."""
        _new_codes(stage)  # what a request before this one that failed has left
        try:
            answer = self.ask(stage)
        except Refused as refused:
            answer = {"refused": refused.code}
        stage.settle()
        return {"answer": answer, "codes": _new_codes(stage)}

    def is_met_by(self, told: Mapping[str, Any]) -> bool:
        """False also for an answer without what is looked at."""
        try:
            return meets(told["answer"], self.says) and (self.codes is None or self.codes == tuple(told["codes"]))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return False


def _new_codes(stage: Stage) -> list[int]:
    return [code for client in (stage.client, stage.observer) for code in client.link.heard.new_codes()]


def refusal(name: str, ask: Play, code: int) -> Row:
    """A request that is refused with this code."""
    return Row(name, ask, {"refused": code}, (code,))


def meets(answer: Any, expected: Expected) -> bool:
    if callable(expected):
        return bool(expected(answer))
    if isinstance(expected, Mapping) and expected:
        return all(meets(answer[name], part) for name, part in expected.items())
    if isinstance(expected, list | tuple):
        return isinstance(answer, list) and len(answer) == len(expected) and all(map(meets, answer, expected))
    return type(answer) is type(expected) and bool(answer == expected)
