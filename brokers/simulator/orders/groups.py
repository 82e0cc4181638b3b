"""One cancels all: orders of a group that cancel or reduce each other as they trade.

https://interactivebrokers.github.io/tws-api/oca.html: type 1 cancels the others, 2 and 3 leave of them what the group
has not yet traded, in proportion. Types 1 and 2 work with a block: only one order of the group is at the market at a
time, which keeps two of them from trading at once.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

from brokers.simulator.orders.order import Order
from brokers.simulator.orders.terms import ZERO, oca_type_of

_CANCEL_WITH_BLOCK, _REDUCE_WITH_BLOCK = 1, 2
OCA_TYPES = frozenset((0, _CANCEL_WITH_BLOCK, _REDUCE_WITH_BLOCK, 3))

GroupKey = tuple[str, str]


class Groups:
    def __init__(self) -> None:
        self._members: defaultdict[GroupKey, dict[int, Order]] = defaultdict(dict)
        self._traded_last: dict[GroupKey, tuple[int, int]] = {}

    def join(self, order: Order) -> None:
        if order.oca_group:
            self._members[_key(order)][order.perm_id] = order

    def others(self, order: Order) -> list[Order]:
        """The open orders of its group but itself."""
        if not order.oca_group:
            return []
        return [one for one in self._members[_key(order)].values() if one is not order and one.is_open]

    def is_blocked(self, order: Order, step: int) -> bool:
        """Whether another of its group has traded in this step of the market."""
        if not order.oca_group or oca_type_of(order.message) not in (_CANCEL_WITH_BLOCK, _REDUCE_WITH_BLOCK):
            return False
        traded_at, perm_id = self._traded_last.get(_key(order), (step, order.perm_id))
        return traded_at == step and perm_id != order.perm_id

    def note_trade(self, order: Order, step: int) -> None:
        if order.oca_group:
            self._traded_last[_key(order)] = (step, order.perm_id)

    def is_spent(self, order: Order) -> bool:
        """Whether its group has traded all there was before this order came."""
        return bool(order.oca_group) and self.share_left(order, by=order) <= 0

    def share_left(self, order: Order, *, by: Order) -> Decimal:
        """How much of an order the executions of its group leave to be filled; the type of `by` says how."""
        if oca_type_of(by.message) == _CANCEL_WITH_BLOCK and self._others_traded(order):
            return ZERO
        increment = order.instrument.size_increment
        left = Fraction(order.asked_quantity) * self._left(order)
        return min(left // Fraction(increment) * increment, order.remaining)

    def _others_traded(self, order: Order) -> bool:
        return any(one.filled for one in self._members[_key(order)].values() if one is not order)

    def _left(self, order: Order) -> Fraction:
        """The part of the whole group that is still to be traded, from 1 down to 0; a third of it stays exact."""
        members = self._members[_key(order)].values()
        return 1 - sum((Fraction(one.filled) / Fraction(one.asked_quantity) for one in members), Fraction())


def _key(order: Order) -> GroupKey:
    return order.account, order.oca_group
