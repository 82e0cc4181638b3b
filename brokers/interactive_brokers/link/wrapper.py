"""The library's receiver with the books taken out of its hands.

The library writes its own guesses into them: any error on an order that it doesn't know as a warning becomes a status
`Cancelled` that IB never sent, and an unset profit becomes 0. Here each message is told as it came, and the library's
collections of orders and fills stay empty.
"""

# mypy: disable-error-code="no-untyped-call"
# ruff: noqa: N802, N803, ARG002 - the names and signatures of the library's callbacks

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

from ib_insync import IB, BarData, CommissionReport, Contract, Execution, Order, OrderState, TickAttribLast
from ib_insync.util import UNSET_INTEGER, parseIBDatetime
from ib_insync.wrapper import RequestError, Wrapper

from brokers.interactive_brokers import convert, errors
from brokers.interactive_brokers.errors import Context, Meaning
from brokers.interactive_brokers.link.ears import Ears, Word

log = logging.getLogger(__name__)

# A read-only API refuses to show orders, and names no request when it does. The library's keys of those requests.
_NO_REQUEST = -1
_READS_OF_ORDERS = ("openOrders", "completedOrders")

# IB's numbers of what ticks, live and delayed.
_LAST = (4, 68)
_LAST_SIZE = (5, 71)
_LAST_TIMESTAMP = (45, 88)


class FaithfulWrapper(Wrapper):
    """Tells what IB said, word for word, and answers the library's own requests as before."""

    def __init__(self, ib: IB, ears: Ears) -> None:
        self._ears = ears
        self._previews: set[int] = set()  # order ids of what IB works out and never gets
        self._owed: Counter[str] = Counter()  # answers that may still come, though nobody waits for them
        super().__init__(ib)

    async def answer_by_name(self, key: str, ask: Callable[[], None]) -> list[Any]:
        """The answer to a question that has no request id, of which one may be under way at a time.

        One that was given up may still be answered. Its rows and its end are then no part of the next answer.
        """
        future: asyncio.Future[list[Any]] = self.startReq(key)
        owed = self._owed[key]
        try:
            ask()
            return await future
        finally:
            if self._futures.get(key) is future:  # given up
                del self._futures[key]
                self._results.pop(key, None)
                # An end that came meanwhile was of this question or of an earlier one: one of the two answers is lost
                # then, or very late. It isn't owed for ever, lest every later question be thought unanswered.
                self._owed[key] += self._owed[key] == owed

    def positionEnd(self) -> None:
        self._end_answer("positions")

    def openOrderEnd(self) -> None:
        self._end_answer("openOrders")

    def completedOrdersEnd(self) -> None:
        self._end_answer("completedOrders")

    def _end_answer(self, key: str) -> None:
        if self._owed[key]:
            self._owed[key] -= 1
        else:
            self._endReq(key)

    def openOrder(self, orderId: int, contract: Contract, order: Order, orderState: OrderState) -> None:
        self.ib.client.updateReqId(orderId + 1)
        if order.whatIf:
            # IB can send a first answer that has no figures yet.
            if convert.has_figures(orderState):
                self._endReq(orderId, orderState)
            return
        self._answer("openOrders", order)
        self._ears.tell(Word.OPEN_ORDER, contract, order, orderState)

    def completedOrder(self, contract: Contract, order: Order, orderState: OrderState) -> None:
        self._answer("completedOrders", order)
        self._ears.tell(Word.COMPLETED_ORDER, contract, order, orderState)

    def orderStatus(
        self,
        orderId: int,
        status: str,
        filled: float,
        remaining: float,
        avgFillPrice: float,
        permId: int,
        parentId: int,
        lastFillPrice: float,
        clientId: int,
        whyHeld: str,
        mktCapPrice: float = 0.0,
    ) -> None:
        self._ears.tell(Word.ORDER_STATUS, orderId, status, filled, avgFillPrice, permId, clientId, whyHeld)

    def execDetails(self, reqId: int, contract: Contract, execution: Execution) -> None:
        # Executions of orders placed by hand come with an unset order id.
        execution.orderId = 0 if execution.orderId == UNSET_INTEGER else execution.orderId
        if execution.clientId == self.clientId:
            self.ib.client.updateReqId(execution.orderId + 1)
        self._answer(reqId, execution)
        self._ears.tell(Word.EXECUTION, contract, execution)

    def commissionReport(self, commissionReport: CommissionReport) -> None:
        self._ears.tell(Word.COMMISSION, commissionReport)

    def position(self, account: str, contract: Contract, posSize: float, avgCost: float) -> None:
        self._answer("positions", (account, contract, posSize, avgCost))
        self._ears.tell(Word.POSITION, account, contract, posSize, avgCost)

    def accountSummary(self, _reqId: int, account: str, tag: str, value: str, currency: str) -> None:
        self._ears.tell(Word.ACCOUNT_VALUE, account, tag, value, currency)

    def accountUpdateMulti(self, reqId: int, account: str, modelCode: str, tag: str, val: str, currency: str) -> None:
        self._ears.tell(Word.ACCOUNT_VALUE, account, tag, val, currency)

    def pnl(self, reqId: int, dailyPnL: float, unrealizedPnL: float, realizedPnL: float) -> None:
        self._ears.tell(Word.PROFIT_AND_LOSS, reqId, (dailyPnL, unrealizedPnL, realizedPnL, None, None))

    def pnlSingle(
        self, reqId: int, pos: float, dailyPnL: float, unrealizedPnL: float, realizedPnL: float, value: float
    ) -> None:
        self._ears.tell(Word.PROFIT_AND_LOSS, reqId, (dailyPnL, unrealizedPnL, realizedPnL, pos, value))

    # Ticks of a stream that was just cancelled are still on their way: no error.

    def priceSizeTick(self, reqId: int, tickType: int, price: float, size: float) -> None:
        if reqId in self.reqId2Ticker:
            super().priceSizeTick(reqId, tickType, price, size)
            if tickType in _LAST:
                self._ears.tell(Word.LAST, reqId, price, size)

    def tickSize(self, reqId: int, tickType: int, size: float) -> None:
        if reqId in self.reqId2Ticker:
            super().tickSize(reqId, tickType, size)
            if tickType in _LAST_SIZE:
                self._ears.tell(Word.LAST, reqId, None, size)

    def tickString(self, reqId: int, tickType: int, value: str) -> None:
        if tickType in _LAST_TIMESTAMP and value:
            self._ears.tell(Word.LAST_TIME, reqId, int(value))
        super().tickString(reqId, tickType, value)

    def marketDataType(self, reqId: int, marketDataId: int) -> None:
        ticker = self.reqId2Ticker.get(reqId)
        if ticker is not None:
            ticker.marketDataType = marketDataId
            self.pendingTickers.add(ticker)

    def tickByTickAllLast(
        self,
        reqId: int,
        tickType: int,
        time: int,
        price: float,
        size: float,
        tickAttribLast: TickAttribLast,
        exchange: str,
        specialConditions: str,
    ) -> None:
        self._ears.tell(Word.TRADE, reqId, time, price, size, exchange)

    def updateMktDepthL2(
        self,
        reqId: int,
        position: int,
        marketMaker: str,
        operation: int,
        side: int,
        price: float,
        size: float,
        isSmartDepth: bool = False,
    ) -> None:
        self._ears.tell(Word.DEPTH_ROW, reqId, position, marketMaker, operation, side, price, size)

    def realtimeBar(
        self,
        reqId: int,
        time: int,
        open_: float,
        high: float,
        low: float,
        close: float,
        volume: float,
        wap: float,
        count: int,
    ) -> None:
        self._ears.tell(Word.FIVE_SECOND_BAR, reqId, (time, open_, high, low, close, volume, wap, count))

    def historicalDataUpdate(self, reqId: int, bar: BarData) -> None:
        bar.date = parseIBDatetime(str(bar.date))
        self._ears.tell(Word.BAR_UPDATE, reqId, bar)

    def tcpDataProcessed(self) -> None:
        super().tcpDataProcessed()
        self._ears.tell(Word.CAUGHT_UP)

    def forget_request(self, request_id: int) -> None:
        """What still comes for it is nobody's."""
        self._futures.pop(request_id, None)
        self._results.pop(request_id, None)
        self._reqId2Contract.pop(request_id, None)

    def error(self, reqId: int, errorCode: int, errorString: str, advancedOrderRejectJson: str) -> None:
        contract = self._reqId2Contract.get(reqId)
        refused = self._refused_reads(reqId, errorCode, errorString)
        waited_for = reqId in self._futures or bool(refused)
        self._ears.tell(Word.ERROR, reqId, errorCode, errorString, waited_for, contract)
        if reqId in self._previews:
            self._judge_preview(reqId, errorCode, errorString)
            return
        super().error(reqId, errorCode, errorString, advancedOrderRejectJson)
        for key in refused:
            self._endReq(key, RequestError(reqId, errorCode, errorString), success=False)

    def begin_preview(self, order_id: int, contract: Contract) -> asyncio.Future[OrderState]:
        self._previews.add(order_id)
        future: asyncio.Future[OrderState] = self.startReq(order_id, contract)
        return future

    def end_preview(self, order_id: int) -> None:
        """Also when nobody waits for it any longer."""
        self._previews.discard(order_id)
        self._endReq(order_id)

    def _judge_preview(self, order_id: int, code: int, text: str) -> None:
        """By our table: the library lets 202 and 434 pass as warnings, and takes 10349, a note, for a refusal."""
        if errors.meaning(code, Context.NEW) is not Meaning.NOTE and code not in errors.WARNINGS:
            self._endReq(order_id, RequestError(order_id, code, text), success=False)

    def _refused_reads(self, request_id: int, code: int, text: str) -> list[str]:
        """The waiting requests that this error answers, though it doesn't name them."""
        if request_id != _NO_REQUEST or not errors.is_read_only(code, text):
            return []
        for key in _READS_OF_ORDERS:
            del self._owed[key]  # a refusal has no end
        return [key for key in _READS_OF_ORDERS if key in self._futures]

    def _answer(self, key: Any, item: Any) -> None:
        """Adds to the answer that a request waits for, if one does."""
        if key in self._futures and not self._owed[key]:
            self._results[key].append(item)

    def abandon_requests(self) -> None:
        """Ends what still waits for an answer. The library does so when the gateway hangs up, but not when we do."""
        for future in self._futures.values():
            if not future.done():
                future.set_exception(ConnectionError("the connection was closed"))
                future.exception()  # nobody may be waiting, which is no error
