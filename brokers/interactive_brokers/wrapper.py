"""The library's receiver with the books taken out of its hands.

The library writes its own guesses into them: any error on an order that it doesn't know as a warning becomes a status
`Cancelled` that IB never sent, and an unset profit becomes 0. Here each message is told as it came, and the library's
collections of orders and fills stay empty.
"""

# mypy: disable-error-code="no-untyped-call"
# ruff: noqa: N802, N803, ARG002 - the names and signatures of the library's callbacks

from __future__ import annotations

import logging
from typing import Any

from ib_insync import IB, CommissionReport, Contract, Execution, Order, OrderState
from ib_insync.decoder import Decoder
from ib_insync.util import UNSET_INTEGER
from ib_insync.wrapper import RequestError, Wrapper

from brokers.interactive_brokers import convert, errors
from brokers.interactive_brokers.ears import Ears, Word

log = logging.getLogger(__name__)

# A read-only API refuses to show orders, and names no request when it does. The library's keys of those requests.
_NO_REQUEST = -1
_READS_OF_ORDERS = ("openOrders", "completedOrders")


class FaithfulWrapper(Wrapper):
    """Tells what IB said, word for word, and answers the library's own requests as before."""

    def __init__(self, ib: IB, ears: Ears) -> None:
        self._ears = ears
        super().__init__(ib)

    def openOrder(self, orderId: int, contract: Contract, order: Order, orderState: OrderState) -> None:
        self.ib.client.updateReqId(orderId + 1)
        if order.whatIf:
            # IB can send a first answer that has no figures yet.
            if convert.to_decimal(orderState.initMarginChange) is not None:
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

    def priceSizeTick(self, reqId: int, tickType: int, price: float, size: float) -> None:
        # Ticks of a stream that was just cancelled are still on their way: no error.
        if reqId in self.reqId2Ticker:
            super().priceSizeTick(reqId, tickType, price, size)

    def tickSize(self, reqId: int, tickType: int, size: float) -> None:
        if reqId in self.reqId2Ticker:
            super().tickSize(reqId, tickType, size)

    def error(self, reqId: int, errorCode: int, errorString: str, advancedOrderRejectJson: str) -> None:
        contract = self._reqId2Contract.get(reqId)
        refused = self._refused_reads(reqId, errorCode, errorString)
        waited_for = reqId in self._futures or bool(refused)
        self._ears.tell(Word.ERROR, reqId, errorCode, errorString, waited_for, contract)
        super().error(reqId, errorCode, errorString, advancedOrderRejectJson)
        for key in refused:
            self._endReq(key, RequestError(reqId, errorCode, errorString), success=False)

    def _refused_reads(self, request_id: int, code: int, text: str) -> list[str]:
        """The waiting requests that this error answers, though it doesn't name them."""
        if request_id != _NO_REQUEST or not errors.is_read_only(code, text):
            return []
        return [key for key in _READS_OF_ORDERS if key in self._futures]

    def _answer(self, key: Any, item: Any) -> None:
        """Adds to the answer that a request waits for, if one does."""
        if key in self._futures:
            self._results[key].append(item)

    def abandon_requests(self) -> None:
        """Ends what still waits for an answer. The library does so when the gateway hangs up, but not when we do."""
        for future in self._futures.values():
            if not future.done():
                future.set_exception(ConnectionError("the connection was closed"))
                future.exception()  # nobody may be waiting, which is no error


class TellingDecoder(Decoder):
    """Tells of a message that it can't read. The library logs it and goes on, so a fill could be lost unseen."""

    def __init__(self, wrapper: Wrapper, ears: Ears) -> None:
        super().__init__(wrapper, 0)
        self._ears = ears

    def interpret(self, fields: list[str]) -> None:
        try:
            self.handlers[int(fields[0])](fields)
        except Exception:
            log.exception("a message could not be read: %r", fields)
            self._ears.tell(Word.UNREADABLE, f"a message of kind {fields[0] if fields else 'none'}")
