"""Answers that take long to make: a little at a time, so that everything else goes on meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class LongAnswer:
    """Each of `steps` does a small part of it, and the last one says it.

    `request_id` is what the client calls it by when it cancels; None for what can't be cancelled.
    """

    steps: Iterator[None]
    request_id: int | None = None


class LongAnswers:
    """Those that are being made for one client."""

    def __init__(self) -> None:
        self._made: dict[LongAnswer, None] = {}

    @property
    def all(self) -> list[LongAnswer]:
        return list(self._made)

    @property
    def open(self) -> int:
        """How many could be cancelled."""
        return sum(answer.request_id is not None for answer in self._made)

    def __contains__(self, answer: LongAnswer) -> bool:
        return answer in self._made

    def add(self, answer: LongAnswer) -> None:
        self._made[answer] = None

    def remove(self, answer: LongAnswer) -> None:
        self._made.pop(answer, None)

    def has(self, request_id: int) -> bool:
        return any(answer.request_id == request_id for answer in self._made)

    def end(self, request_id: int) -> bool:
        """Makes no more of one; False when none is being made for this request."""
        found = [answer for answer in self._made if answer.request_id == request_id]
        for answer in found:
            self.remove(answer)
        return bool(found)
