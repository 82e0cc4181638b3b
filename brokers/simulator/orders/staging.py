"""Orders that their client has not transmitted: the gateway keeps them, and the broker knows nothing of them."""

from __future__ import annotations

from brokers.simulator.orders.order import Order


class Staging:
    def __init__(self) -> None:
        self._orders: dict[tuple[int, int], Order] = {}

    def put(self, order: Order) -> None:
        """Takes an order, or the newest terms of one."""
        self._orders[order.client_id, order.order_id] = order

    def get(self, client_id: int, order_id: int) -> Order | None:
        return self._orders.get((client_id, order_id))

    def remove(self, order: Order) -> None:
        self._orders.pop((order.client_id, order.order_id), None)

    def take_family(self, order: Order) -> list[Order]:
        """What a transmitted order takes along, the parent first: an attached one its parent and its siblings."""
        family = [one for one in self._orders.values() if _goes_with(one, order)]
        for one in family:
            self.remove(one)
        return family

    def take_all(self) -> list[Order]:
        orders = list(self._orders.values())
        self._orders.clear()
        return orders


def _goes_with(one: Order, order: Order) -> bool:
    if one is order:
        return True
    return order.parent is not None and (one is order.parent or one.parent is order.parent)
