"""Orders and executions, as IB's callbacks tell of them. Each kind of client has its own way to send an order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from tests.conformance import facts
from tests.conformance.clients.base import Answer, Fields, Link

# The arguments of orderStatus after the order's id.
_STATUS = [
    "status",
    "filled",
    "remaining",
    "avgFillPrice",
    "permId",
    "parentId",
    "lastFillPrice",
    "clientId",
    "whyHeld",
    "mktCapPrice",
]
# The number of no request.
_UNASKED = -1


class Orders(ABC):
    """The libraries make up statuses of their own; these answers are what the gateway said."""

    def __init__(self, link: Link) -> None:
        self._link = link

    @abstractmethod
    def place(self, query: Fields, terms: Fields) -> int:
        """The order's id, once the gateway has said all that it says at once."""

    @abstractmethod
    def modify(self, order_id: int, changes: Fields) -> None: ...

    @abstractmethod
    def cancel(self, order_id: int) -> None:
        """Of any id, known or not."""

    @abstractmethod
    def cancel_all(self) -> None: ...

    @abstractmethod
    def preview(self, query: Fields, terms: Fields) -> Answer:
        """Raises Refused."""

    @abstractmethod
    def executions(self, **wanted: Any) -> Answer:
        """Each with its commission, by what an execution filter may name: side, symbol, clientId."""

    def told(self, order_id: int) -> Answer:
        """How an order stands, by which statuses it came there, its executions as they happened, and the codes that
        came about it."""
        said = self._link.heard.of("orderStatus", order_id)
        words = [arguments[0] for arguments in said]
        changes = [word for number, word in enumerate(words) if not number or words[number - 1] != word]
        codes = self._link.heard.codes(order_id)
        return {**self._last(said), "course": changes, "executions": self._executed(order_id), "codes": codes}

    def _executed(self, order_id: int) -> Answer:
        """Those that nobody asked for, each with whether it was charged."""
        charged = {report.execId for (report,) in self._link.heard["commissionReport"]}
        return [
            [contract.secType, one.side, facts.number(one.shares), facts.number(one.price), one.execId in charged]
            for contract, one in self._link.heard.of("execDetails", _UNASKED)
            if one.orderId == order_id
        ]

    @staticmethod
    def _last(said: list[Any]) -> Fields:
        if not said:
            return {"status": None}
        last = dict(zip(_STATUS, said[-1], strict=True))
        return {name: facts.plain(last[name]) for name in facts.STATUS}

    def all_open(self) -> Answer:
        """Of every client, and those that a person placed by hand. Raises Refused."""
        return self._open("reqAllOpenOrders")

    def own_open(self) -> Answer:
        """Raises Refused."""
        return self._open("reqOpenOrders")

    def _open(self, request: str) -> Answer:
        with self._link.listening() as said:
            self._link.call(request)
        said.require("openOrderEnd")
        found = {order.permId: (contract, order, state) for _, contract, order, state in said["openOrder"]}
        return [
            {**facts.order(contract, order), "orderId": facts.sign_of(order.orderId), "status": state.status}
            for _, (contract, order, state) in sorted(found.items())
        ]

    def completed(self, *, of_api_alone: bool = False) -> Answer:
        """Oldest first. Raises Refused."""
        with self._link.listening() as said:
            self._link.call("reqCompletedOrders", of_api_alone)
        said.require("completedOrdersEnd")
        return [
            {**facts.completed_order(contract, order), "status": state.status, "why": state.completedStatus}
            for contract, order, state in sorted(said["completedOrder"], key=lambda told: told[1].permId)
        ]

    def bind(self) -> None:
        """Asks for an id for each order that a person places by hand: IB allows it to client 0 alone."""
        self._link.call("reqAutoOpenOrders", True)
        self._link.settle()

    def bound(self) -> list[int]:
        """The ids that orders placed by hand were given."""
        return [order_id for _, _, order_id in self._link.heard["orderBound"]]

    def next_id(self) -> int:
        with self._link.listening() as said:
            self._link.call("reqIds", 1)
        said.require("nextValidId")
        return int(said["nextValidId"][-1][0])
