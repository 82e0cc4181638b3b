"""The library's decoder, with its ways to lose a message unseen closed."""

# mypy: disable-error-code="no-untyped-call"
# ruff: noqa: N802, N803 - the names of what is overridden

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from ib_insync.decoder import Decoder
from ib_insync.wrapper import Wrapper

from brokers.interactive_brokers import convert
from brokers.interactive_brokers.link.ears import Ears, Word

log = logging.getLogger(__name__)

# orderStatus, openOrder, execDetails, commissionReport and completedOrder.
_KINDS_OF_ORDERS = frozenset({"3", "5", "11", "59", "101"})
# As the library reads them: an empty number is 0.
_READERS: dict[type, Callable[[str], object]] = {
    str: str,
    int: lambda field: int(field or 0),
    float: lambda field: float(field or 0),
    bool: lambda field: bool(int(field or 0)),
}


class TellingDecoder(Decoder):
    """Tells of a message that it can't read. The library logs it and goes on, so a fill could be lost unseen."""

    def __init__(self, wrapper: Wrapper, ears: Ears) -> None:
        super().__init__(wrapper, 0)
        self._ears = ears
        self.unreadable = 0  # how many so far

    def wrap(self, methodName: str, types: Sequence[type], skip: int = 2) -> Callable[[list[str]], None]:
        """Without the library's own `except`, in which whatever it can't read is lost."""
        method: Callable[..., None] | None = getattr(self.wrapper, methodName, None)
        readers = [_READERS[kind] for kind in types]

        def tell(fields: list[str]) -> None:
            if method is not None:
                method(*[read(field) for read, field in zip(readers, fields[skip:], strict=False)])

        return tell

    def interpret(self, fields: list[str]) -> None:
        try:
            self.handlers[int(fields[0])](fields)
        except Exception:
            self.unreadable += 1
            log.exception("a message could not be read: %r", fields)
            kind = fields[0] if fields else "none"
            self._ears.tell(Word.UNREADABLE, f"a message of kind {kind}", self._may_be_of_orders(kind))

    def _may_be_of_orders(self, kind: str) -> bool:
        """A kind that nobody knows is a spoiled one: it may have been any."""
        return kind in _KINDS_OF_ORDERS or not kind.isdecimal() or int(kind) not in self.handlers

    def position(self, fields: list[str]) -> None:
        """The library takes an empty size or cost for 0, which would be a position that is closed or was for free."""
        super().position([*fields[:-2], *(field or _UNSET for field in fields[-2:])])

    def contractDetails(self, fields: list[str]) -> None:
        super().contractDetails(_without(fields, _EV_MULTIPLIER))

    def bondContractDetails(self, fields: list[str]) -> None:
        super().bondContractDetails(_without(fields, _COUPON, _EV_MULTIPLIER))


# Where these stand in both kinds of contract details, from server version 164 on. The library reads them as whole
# numbers, and loses a bond for its coupon of 4.25; nothing here needs them.
_COUPON, _EV_MULTIPLIER = 5, 29


_UNSET = str(convert.UNSET_DOUBLE)


def _without(fields: list[str], *places: int) -> list[str]:
    return ["" if place in places else field for place, field in enumerate(fields)]
