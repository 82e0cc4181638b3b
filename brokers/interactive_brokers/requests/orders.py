"""Requests about orders and executions."""

# mypy: disable-error-code="no-untyped-call"
# The library's client carries no annotations: they are given here.

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ib_insync import Contract, Execution, Order, OrderState

from brokers.interactive_brokers.requests.parts import Parts


class OrderRequests:
    def __init__(self, parts: Parts) -> None:
        self._ib, self._wrapper, self._client = parts

    def begin_ids_at(self, first: int) -> None:
        """Of orders and requests alike: the library counts both with one counter."""
        self._client.updateReqId(first)

    @property
    def next_id(self) -> int:
        """The lowest id that an order can have from now on."""
        return self._client.next_id

    def new_order_id(self) -> int:
        """Above every id that IB or an order has shown on this connection."""
        return self._client.new_order_id()

    def place(self, contract: Contract, order: Order) -> None:
        """Past `IB.placeOrder`, which keeps a book of its own. Raises ValueError before a byte leaves."""
        self._client.placeOrder(order.orderId, contract, order)

    def cancel(self, order_id: int) -> None:
        self._client.cancelOrder(order_id)

    def cancel_all(self) -> None:
        """Every open order behind the login, whoever placed it."""
        self._client.reqGlobalCancel()

    async def what_if(self, contract: Contract, order: Order) -> OrderState:
        """Margin and commission of an order that is never transmitted. The wrapper knows which answer is the last."""
        order_id = self._client.getReqId()
        future = self._wrapper.begin_preview(order_id, contract)
        previewed = replace(order, orderId=order_id, whatIf=True)
        try:
            self._client.placeOrder(order_id, contract, previewed)
            state: OrderState = await future
        finally:
            self._wrapper.end_preview(order_id)
        return state

    async def open_orders(self) -> list[Order]:
        answer: list[Any] = await self._wrapper.answer_by_name("openOrders", self._client.reqAllOpenOrders)
        return answer

    async def completed_orders(self) -> list[Order]:
        answer: list[Any] = await self._wrapper.answer_by_name(
            "completedOrders", lambda: self._client.reqCompletedOrders(False)
        )
        return answer

    async def executions(self) -> list[Execution]:
        answer: list[Any] = await self._ib.reqExecutionsAsync()
        return answer
