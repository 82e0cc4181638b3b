from __future__ import annotations

from typing import Any

from ibapi.execution import ExecutionFilter
from ibapi.order_cancel import OrderCancel

from tests.conformance import facts
from tests.conformance.clients.base import Answer, Fields, NoAnswer, Refused
from tests.conformance.clients.ibapi.link import IbapiLink
from tests.conformance.clients.orders import Orders


class IbapiOrders(Orders):
    _link: IbapiLink

    def __init__(self, link: IbapiLink) -> None:
        super().__init__(link)
        self._placed: dict[int, tuple[Fields, Fields]] = {}

    def place(self, query: Fields, terms: Fields) -> int:
        order_id = self._link.new_id()
        self._send(order_id, query, terms)
        return order_id

    def modify(self, order_id: int, changes: Fields) -> None:
        query, terms = self._placed[order_id]
        self._send(order_id, query, {**terms, **changes})

    def _send(self, order_id: int, query: Fields, terms: Fields) -> None:
        self._placed[order_id] = query, terms
        self._link.call("placeOrder", order_id, self._link.contract(query), self._link.order(terms))
        self._link.settle()

    def cancel(self, order_id: int) -> None:
        self._link.call("cancelOrder", order_id, OrderCancel())
        self._link.settle()

    def cancel_all(self) -> None:
        self._link.call("reqGlobalCancel", OrderCancel())
        self._link.settle()

    def preview(self, query: Fields, terms: Fields) -> Answer:
        order_id = self._link.new_id()
        self._link.call("placeOrder", order_id, self._link.contract(query), self._link.order({**terms, "whatIf": True}))
        self._link.settle()
        told, refusal = self._link.heard.of("openOrder", order_id), self._link.heard.refusal(order_id)
        if not told and refusal is not None:
            raise Refused(refusal)
        if not told:
            raise NoAnswer("there was no preview")
        _, _, state = told[-1]
        return facts.preview(state, state.commissionAndFees, state.commissionAndFeesCurrency)

    def executions(self, **wanted: Any) -> Answer:
        asked = ExecutionFilter()
        for name, value in wanted.items():
            setattr(asked, name, value)
        found = self._link.asked("reqExecutions", asked, told="execDetails", ends="execDetailsEnd")
        self._link.settle()
        reports = {report.execId: report for (report,) in self._link.heard["commissionReport"]}
        return facts.fills((contract, execution, reports.get(execution.execId)) for contract, execution in found)
