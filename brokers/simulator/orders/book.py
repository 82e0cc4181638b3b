"""The orders that this gateway knows, open and done, and what was executed of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from brokers.simulator.orders.order import Commission, Execution, Order


class OrderBook:
    """Orders by perm id, which is the broker's and nobody else ever gets, and by the id that their client gave them.

    An order that a person placed by hand has no id until a client is given one for it. Of two open orders under one id
    and one reference, which a modify can leave, the id means the newer; once that is over, the older.
    """

    def __init__(self) -> None:
        self._least_order_id = 1
        self._orders: dict[int, Order] = {}
        self._by_order_id: dict[tuple[int, int], Order] = {}
        # By perm id, the order whose id and reference went to another one while it was open.
        self._covered: dict[int, Order] = {}
        self._open: dict[int, Order] = {}
        self._open_on: defaultdict[int, dict[int, Order]] = defaultdict(dict)
        self._executions: dict[str, Execution] = {}
        self._executions_of: defaultdict[int, dict[str, Execution]] = defaultdict(dict)
        self.commissions: dict[str, Commission] = {}

    def track(self, order: Order) -> None:
        """Takes note of an order and of its status as it is now."""
        if order.perm_id not in self._orders:
            self._orders[order.perm_id] = order
            self.name(order)
        if order.is_open:
            self._enter(order)
        else:
            self._remove(order)

    def name(self, order: Order) -> None:
        """Makes the order the one that its client means by its order id."""
        if not order.order_id:
            return
        before = self._by_order_id.get((order.client_id, order.order_id))
        if before is not None and before is not order and before.is_open and before.order_ref == order.order_ref:
            self._covered[order.perm_id] = before
        self._by_order_id[order.client_id, order.order_id] = order

    def _enter(self, order: Order) -> None:
        self._open[order.perm_id] = order
        for con_id in order.con_ids:
            self._open_on[con_id][order.perm_id] = order

    def _remove(self, order: Order) -> None:
        self._open.pop(order.perm_id, None)
        for con_id in order.con_ids:
            self._open_on[con_id].pop(order.perm_id, None)
        self._uncover(order)

    def _uncover(self, order: Order) -> None:
        """Its id means again the order that had it before, if that is still open."""
        before = self._covered.pop(order.perm_id, None)
        while before is not None and not before.is_open:
            before = self._covered.pop(before.perm_id, None)
        if before is not None and self.get(order.client_id, order.order_id) is order:
            self.name(before)

    def __iter__(self) -> Iterator[Order]:
        """Every order that was ever taken, oldest first."""
        return iter(list(self._orders.values()))

    def get(self, client_id: int, order_id: int) -> Order | None:
        return self._by_order_id.get((client_id, order_id))

    def open(self, *, client_id: int | None = None, con_id: int | None = None) -> list[Order]:
        """Open orders, oldest first: everybody's, or one client's, or those that trade one instrument."""
        orders = self._open if con_id is None else self._open_on[con_id]
        return [order for order in orders.values() if client_id in (None, order.client_id)]

    def children(self, parent: Order) -> list[Order]:
        """The open orders that are attached to this one."""
        return [order for order in self._open.values() if order.parent is parent]

    def completed(self, *, since: datetime) -> list[Order]:
        return [order for order in self._orders.values() if order.done_at is not None and order.done_at >= since]

    @property
    def executions(self) -> list[Execution]:
        """In the order in which they happened; a corrected one as it was corrected last."""
        return list(self._executions.values())

    def execution(self, exec_id: str) -> Execution | None:
        """By its id, or by that of any of its corrections."""
        return self._executions.get(execution_key(exec_id))

    def executions_of(self, order: Order) -> list[Execution]:
        return list(self._executions_of[order.perm_id].values())

    def record(self, execution: Execution) -> None:
        """A correction takes the place of what it corrects."""
        key = execution_key(execution.exec_id)
        self._executions[key] = self._executions_of[execution.order.perm_id][key] = execution

    def next_order_id(self, client_id: int) -> int:
        used = (order_id for client, order_id in self._by_order_id if client == client_id)
        return max(max(used, default=0) + 1, self._least_order_id)

    def next_bound_id(self) -> int:
        """The next id of an order that was placed by hand: -1, -2 and so on."""
        return min((order_id for _, order_id in self._by_order_id if order_id < 0), default=0) - 1

    def roll_back_ids(self, to: int) -> None:
        """Hands out order ids from `to` on again, to every client, as a gateway may after a restart.

        Orders that have such an id keep it: callbacks about them and about the next holders of their ids look alike.
        """
        self._least_order_id = to
        for client_id, order_id in list(self._by_order_id):
            if order_id >= to:
                del self._by_order_id[client_id, order_id]


def execution_key(exec_id: str) -> str:
    """An execution id without its last part, which counts the corrections."""
    return exec_id.rpartition(".")[0]
