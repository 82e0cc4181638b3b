"""The shape of every verb: its name, what it takes, and how what was given for it is read.

Values come from JSON (whose numbers are read as `int` and `Decimal`) or from a test's own call.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


class VerbRefused(Exception):
    """What was asked can't be done; the text says what was wrong, with which value, and what is known."""


class _Required:
    """The default of an argument that has none."""


REQUIRED = _Required()

# Beyond these there is no price and no size; both are well within what messages carry.
_MOST, _LEAST = Decimal(10**12), Decimal("1E-12")

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument. `read` raises ValueError for a value that is not `kind`; a default is taken as it is."""

    name: str
    kind: str
    read: Callable[[Any], Any]
    default: Any = REQUIRED

    @property
    def is_required(self) -> bool:
        return self.default is REQUIRED

    def value(self, given: object, *, of: str) -> Any:
        """What was given for it, read. Raises VerbRefused for what is not of its kind."""
        if given is None and self.default is None:
            return None
        try:
            return self.read(given)
        except (ValueError, TypeError, ArithmeticError):
            raise VerbRefused(f"{self.name} of {of} is {self.kind}, not {_shown(given)}") from None

    def __str__(self) -> str:
        return f"{self.name} ({self.description})"

    @property
    def description(self) -> str:
        """What it is, and what it is when nothing is given for it."""
        if self.is_required:
            return self.kind
        return f"{self.kind}; {'nothing' if self.default is None else _shown(self.default)} when left out"


@dataclass(frozen=True, slots=True)
class Verb:
    """`perform(stage, **arguments)` does it, at once or as a coroutine, and may return facts for the answer."""

    name: str
    summary: str
    perform: Callable[..., Any]
    arguments: tuple[Argument, ...] = ()
    # Whether it can be done before anybody is logged in.
    is_for_login: bool = False

    def read(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Every argument's value. Raises VerbRefused for one that is unknown, missing or not of its kind."""
        known = {argument.name: argument for argument in self.arguments}
        for name in given:
            if name not in known:
                raise VerbRefused(f"{self.name} has no argument {name!r}{nearest(name, known)}; {self._takes()}")
        return {name: self._value(argument, given) for name, argument in known.items()}

    def _value(self, argument: Argument, given: Mapping[str, Any]) -> Any:
        if argument.name not in given:
            if argument.is_required:
                raise VerbRefused(f"{self.name} needs {argument}")
            return argument.default
        return argument.value(given[argument.name], of=self.name)

    def _takes(self) -> str:
        return "it takes " + ", ".join(map(str, self.arguments)) if self.arguments else "it takes none"


def _shown(value: object) -> str:
    return str(value) if isinstance(value, Decimal | float) else repr(value)


def nearest(word: str, known: Iterable[str]) -> str:
    """` (did you mean ...?)` when something known looks like it, else nothing."""
    names = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.5)
    return f" (did you mean {names[close[0]]!r}?)" if close else ""


def whole(name: str, default: Any = REQUIRED, *, low: int = 0, high: int = 2**31 - 1) -> Argument:
    def read(value: Any) -> int:
        number = Decimal(str(value))
        # The range comes first: a number within it has so few digits that it can be written out.
        if isinstance(value, bool) or not low <= number <= high or number != int(number):
            raise ValueError
        return int(number)

    return Argument(name, f"a whole number from {low} to {high}" if high < 2**31 - 1 else _from(low), read, default)


def _from(low: int) -> str:
    return f"a whole number from {low}"


def seconds(name: str, default: Any = REQUIRED) -> Argument:
    """Up to a day; None is for as long as nothing else is said."""

    def read(value: Any) -> float:
        number = Decimal(str(value))
        if isinstance(value, bool) or not 0 <= number <= 86400:
            raise ValueError
        return float(number)

    return Argument(name, "seconds from 0 to 86400", read, default)


def amount(name: str, default: Any = REQUIRED, *, may_be_zero: bool = False) -> Argument:
    """An exact decimal: a price or a quantity, as a number or as text. Bounded, as what a client may send is."""

    def read(value: Any) -> Decimal:
        number = Decimal(str(value))
        if isinstance(value, bool) or not (0 < number <= _MOST or (may_be_zero and not number)):
            raise ValueError
        if number != number.quantize(_LEAST):
            raise ValueError
        return number

    low = "from 0" if may_be_zero else "above 0"
    kind = f"a decimal number {low}, at most {_MOST}, with at most {-_LEAST.adjusted()} decimals"
    return Argument(name, kind, read, default)


def text(name: str, default: Any = REQUIRED) -> Argument:
    def read(value: Any) -> str:
        if not isinstance(value, str) or not value or not value.isprintable() or not value.isascii():
            raise ValueError
        return value

    return Argument(name, "printable ASCII text", read, default)


def choice(name: str, options: Iterable[str | int], default: Any = REQUIRED) -> Argument:
    known = tuple(options)

    def read(value: Any) -> str | int:
        if isinstance(value, bool) or value not in known:
            raise ValueError
        return known[known.index(value)]

    return Argument(name, f"one of {', '.join(map(str, known))}", read, default)


def switch(name: str, default: Any = REQUIRED) -> Argument:
    def read(value: Any) -> bool:
        if not isinstance(value, bool):
            raise TypeError
        return value

    return Argument(name, "true or false", read, default)


def message(name: str, known: Mapping[str, int], default: Any = REQUIRED) -> Argument:
    """One of IB's names of messages; its value is the message's id."""

    def read(value: Any) -> int:
        if value not in known:
            raise VerbRefused(f"no message is called {value!r}{nearest(str(value), known)}; IB's names are known")
        return known[value]

    return Argument(name, "IB's name of a message", read, default)


def instrument(name: str, default: Any = REQUIRED) -> Argument:
    """A contract id, a symbol or a local symbol; the stage finds what it names."""

    def read(value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise TypeError
        return str(value)

    return Argument(name, "a contract id, a symbol (AAPL) or a local symbol (EUR.USD)", read, default)
