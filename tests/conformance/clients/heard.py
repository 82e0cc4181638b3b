"""What a gateway said to one client: the arguments of IB's callbacks by their names, oldest first."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from tests.conformance.clients.base import DEADLINE, NoAnswer, Refused

Arguments = tuple[Any, ...]

# Codes of notices: they end no request.
_NOTICES = frozenset({399, 10167, 10349})


class Heard:
    """May be written in one thread and read in another."""

    def __init__(self) -> None:
        self._said: defaultdict[str, list[Arguments]] = defaultdict(list)
        self._errors: list[tuple[int, int]] = []
        self._told = 0
        self._changed = threading.Condition()

    def __getitem__(self, name: str) -> list[Arguments]:
        return self._said[name]

    def keep(self, name: str, *arguments: Any) -> None:
        with self._changed:
            self._said[name].append(arguments)
            self._changed.notify_all()

    def keep_error(self, about: int, code: int) -> None:
        """`about` is the number of a request or an order; -1 is none of them."""
        with self._changed:
            self._errors.append((about, code))
            self._changed.notify_all()

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        with self._changed:
            if not self._changed.wait_for(condition, DEADLINE):
                raise NoAnswer(f"no {what} within {DEADLINE:g} s")

    def of(self, name: str, about: int) -> list[Arguments]:
        """What was said under this name about one request, without its number."""
        return [arguments[1:] for arguments in self._said[name] if arguments[0] == about]

    def codes(self, about: int) -> list[int]:
        return [code for one, code in self._errors if one == about]

    def refusal(self, about: int) -> int | None:
        """The first code that ends a request; None for one that lives."""
        found = (code for code in self.codes(about) if code not in _NOTICES and not 2100 <= code < 2200)
        return next(found, None)

    def new_codes(self) -> list[int]:
        """Every code since this was asked last. One that is about no request is negative."""
        new, self._told = self._errors[self._told :], len(self._errors)
        return [code if about >= 0 else -code for about, code in new]

    def mark(self) -> Mark:
        return Mark(self, {name: len(said) for name, said in self._said.items()}, len(self._errors))

    def errors_since(self, count: int) -> list[int]:
        return [code for _, code in self._errors[count:]]


class Mark:
    """A moment. What was said before it is left out."""

    def __init__(self, heard: Heard, counts: dict[str, int], errors: int) -> None:
        self._heard = heard
        self._counts = counts
        self._errors = errors

    def __getitem__(self, name: str) -> list[Arguments]:
        return self._heard[name][self._counts.get(name, 0) :]

    def require(self, name: str) -> None:
        """Raises Refused, or NoAnswer, when nothing was said under this name: the answer has no end."""
        if self[name]:
            return
        codes = self._heard.errors_since(self._errors)
        raise Refused(codes[-1]) if codes else NoAnswer(f"there was no {name}")
