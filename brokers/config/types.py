"""How a config's settings are typed: what may be given to each, and what is kept of it. For type checkers alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

Given = TypeVar("Given", contravariant=True)
Kept = TypeVar("Kept", covariant=True)

if TYPE_CHECKING:

    class Read(Generic[Given, Kept]):
        """A setting that takes `Given`, a dict or a plain word, and reads as `Kept`.

        A type checker takes a dataclass's arguments from `__set__`, and its attributes from `__get__`.
        """

        def __get__(self, config: object, kind: Any) -> Kept: ...

        def __set__(self, config: object, given: Given) -> None: ...
