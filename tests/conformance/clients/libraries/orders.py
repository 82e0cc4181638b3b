from __future__ import annotations

from typing import Any

from tests.conformance import facts
from tests.conformance.clients.base import Answer, Fields
from tests.conformance.clients.libraries.link import LibraryLink
from tests.conformance.clients.orders import Orders


class LibraryOrders(Orders):
    _link: LibraryLink

    def __init__(self, link: LibraryLink) -> None:
        super().__init__(link)
        self._ib = link.ib
        self._trades: dict[int, Any] = {}

    def place(self, query: Fields, terms: Fields) -> int:
        trade = self._ib.placeOrder(self._link.contract(query), self._link.order(terms))
        order_id = int(trade.order.orderId)
        self._trades[order_id] = trade
        self._link.settle()
        return order_id

    def modify(self, order_id: int, changes: Fields) -> None:
        """A library refuses to change what it takes to be done; then the message goes past its books."""
        trade = self._trades[order_id]
        for name, value in changes.items():
            setattr(trade.order, name, value)
        if trade.isDone():
            self._link.call("placeOrder", order_id, trade.contract, trade.order)
        else:
            self._ib.placeOrder(trade.contract, trade.order)
        self._link.settle()

    def cancel(self, order_id: int) -> None:
        trade = self._trades.get(order_id)
        if trade is None or trade.isDone():
            self._link.call("cancelOrder", order_id)
        else:
            self._ib.cancelOrder(trade.order)
        self._link.settle()

    def cancel_all(self) -> None:
        self._ib.reqGlobalCancel()
        self._link.settle()

    def preview(self, query: Fields, terms: Fields) -> Answer:
        contract, order = self._link.contract(query), self._link.order(terms)
        state = self._link.asked(lambda: self._ib.whatIfOrder(contract, order))
        return facts.preview(state, state.commission, state.commissionCurrency)

    def executions(self, **wanted: Any) -> Answer:
        asked = self._link.library.ExecutionFilter(**wanted)
        found = self._link.asked(lambda: self._ib.reqExecutions(asked))
        self._link.settle()
        # A library adds a commission to the first fill of its execution alone, however often it is asked for.
        reports = {fill.execution.execId: fill.commissionReport for fill in self._ib.fills()}
        return facts.fills((fill.contract, fill.execution, reports.get(fill.execution.execId)) for fill in found)
