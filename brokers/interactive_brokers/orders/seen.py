"""Which orders an answer of IB's named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ib_insync import Execution, Order

from brokers.interactive_brokers import convert


@dataclass(frozen=True, slots=True)
class Seen:
    """By the reference that whoever placed them gave, where one was given, and by IB's own id."""

    order_refs: frozenset[str] = frozenset()
    perm_ids: frozenset[int] = frozenset()

    @classmethod
    def of(cls, items: Iterable[Order | Execution]) -> Seen:
        named = [(item.orderRef, convert.perm_id(item.permId)) for item in items]
        return cls(frozenset(ref for ref, _ in named if ref), frozenset(given for _, given in named if given))
