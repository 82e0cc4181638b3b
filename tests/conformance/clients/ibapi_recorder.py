"""What IB's own client calls back, kept until somebody asks for it."""

# ruff: noqa: N802, N803, N815, ARG002 - the names and signatures of IB's callbacks

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from ibapi.wrapper import EWrapper

from tests.conformance.clients.base import DEADLINE


class Recorder(EWrapper):
    """Every callback by its name, in a list of its arguments; what ends an answer sets an event."""

    def __init__(self) -> None:
        super().__init__()
        self.said: defaultdict[tuple[str, Any], list[Any]] = defaultdict(list)
        self.errors: defaultdict[int, list[int]] = defaultdict(list)
        self._changed = threading.Condition()

    def keep(self, name: str, about: Any, *what: Any) -> None:
        with self._changed:
            self.said[name, about].append(what)
            self._changed.notify_all()

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        with self._changed:
            if not self._changed.wait_for(condition, DEADLINE):
                raise TimeoutError(f"no {what} within {DEADLINE:g} s")

    def error(self, reqId: int, errorTime: int, errorCode: int, errorString: str, advanced: str = "") -> None:
        with self._changed:
            self.errors[reqId].append(errorCode)
            self._changed.notify_all()

    # IB's callbacks; the first argument of most is the request's id.

    def nextValidId(self, orderId: int) -> None:
        self.keep("nextValidId", None, orderId)

    def managedAccounts(self, accountsList: str) -> None:
        self.keep("accounts", None, accountsList)

    def currentTime(self, time: int) -> None:
        self.keep("time", None, time)

    def symbolSamples(self, reqId: int, contractDescriptions: Any) -> None:
        self.keep("samples", reqId, contractDescriptions)
        self.keep("end", reqId)

    def contractDetails(self, reqId: int, contractDetails: Any) -> None:
        self.keep("details", reqId, contractDetails)

    bondContractDetails = contractDetails

    def contractDetailsEnd(self, reqId: int) -> None:
        self.keep("end", reqId)

    def marketRule(self, marketRuleId: int, priceIncrements: Any) -> None:
        self.keep("rule", marketRuleId, priceIncrements)

    def securityDefinitionOptionParameter(self, reqId: int, *chain: Any) -> None:
        self.keep("chain", reqId, *chain)

    def securityDefinitionOptionParameterEnd(self, reqId: int) -> None:
        self.keep("end", reqId)

    def marketDataType(self, reqId: int, marketDataType: int) -> None:
        self.keep("kind", reqId, marketDataType)

    def tickPrice(self, reqId: int, tickType: int, price: float, attrib: Any) -> None:
        self.keep("price", reqId, tickType, price)

    def tickSize(self, reqId: int, tickType: int, size: Any) -> None:
        self.keep("size", reqId, tickType, size)

    def tickByTickBidAsk(self, reqId: int, time: int, *quote: Any) -> None:
        self.keep("tick", reqId, *quote[:4])

    def updateMktDepth(self, reqId: int, position: int, operation: int, side: int, price: float, size: Any) -> None:
        self.keep("depth", reqId, position, operation, side, price, size)

    def updateMktDepthL2(
        self,
        reqId: int,
        position: int,
        maker: str,
        operation: int,
        side: int,
        price: float,
        size: Any,
        smart: bool,
    ) -> None:
        self.keep("depth", reqId, position, operation, side, price, size)

    def realtimeBar(self, reqId: int, time: int, *bar: Any) -> None:
        self.keep("live bar", reqId, *bar)

    def historicalData(self, reqId: int, bar: Any) -> None:
        self.keep("bar", reqId, bar)

    def historicalDataEnd(self, reqId: int, start: str, end: str) -> None:
        self.keep("end", reqId)

    def headTimestamp(self, reqId: int, headTimestamp: str) -> None:
        self.keep("head", reqId, headTimestamp)
        self.keep("end", reqId)

    def historicalTicksLast(self, reqId: int, ticks: Any, done: bool) -> None:
        self.keep("ticks", reqId, ticks)
        if done:
            self.keep("end", reqId)

    def openOrder(self, orderId: int, contract: Any, order: Any, orderState: Any) -> None:
        self.keep("openOrder", orderId, contract, order, orderState)
        self.keep("openOrders", None, contract, order, orderState)

    def openOrderEnd(self) -> None:
        self.keep("openOrderEnd", None)

    def orderStatus(self, orderId: int, *status: Any) -> None:
        self.keep("status", orderId, *status)

    def completedOrder(self, contract: Any, order: Any, orderState: Any) -> None:
        self.keep("completed", None, contract, order, orderState)

    def completedOrdersEnd(self) -> None:
        self.keep("completedEnd", None)

    def execDetails(self, reqId: int, contract: Any, execution: Any) -> None:
        self.keep("execution", reqId, contract, execution)

    def execDetailsEnd(self, reqId: int) -> None:
        self.keep("end", reqId)

    def commissionAndFeesReport(self, report: Any) -> None:
        self.keep("commission", report.execId, report)

    def position(self, account: str, contract: Any, position: Any, avgCost: float) -> None:
        self.keep("position", None, account, contract, position, avgCost)

    def positionEnd(self) -> None:
        self.keep("positionEnd", None)

    def accountSummary(self, reqId: int, *value: Any) -> None:
        self.keep("summary", reqId, *value)

    def accountSummaryEnd(self, reqId: int) -> None:
        self.keep("end", reqId)

    def pnl(self, reqId: int, *profits: float) -> None:
        self.keep("pnl", reqId, *profits)

    def pnlSingle(self, reqId: int, *profits: Any) -> None:
        self.keep("pnlSingle", reqId, *profits)
