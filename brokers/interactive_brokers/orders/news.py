"""What IB says of orders and executions, written into the book and told to the listener."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from ib_insync import CommissionReport, Contract, Execution, Order, OrderState

from brokers.domain import ExecutionReport, Instrument, Notice, OrderStatus
from brokers.interactive_brokers import convert, errors
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.errors import Meaning
from brokers.interactive_brokers.instruments.introductions import Introductions
from brokers.interactive_brokers.link.ears import Word
from brokers.interactive_brokers.orders.book import OrderBook
from brokers.interactive_brokers.orders.fills import FillsTold
from brokers.interactive_brokers.orders.record import OrderRecord
from brokers.listener import ListenerFailed, NodeListener

log = logging.getLogger(__name__)

_STATUS_BY_CODE = {Meaning.REJECTED: OrderStatus.REJECTED, Meaning.CANCELLED: OrderStatus.CANCELLED}
# IB's answers to what was asked of one order, which its owner waits for.
_ANSWERS = frozenset({Meaning.MODIFY_REJECTED, Meaning.CANCEL_REJECTED, Meaning.RETRY_LATER, Meaning.ALREADY_FILLED})
# After these the book may be wrong, so IB is asked what the order is.
_LOOK_AGAIN = frozenset(
    {Meaning.NOTICE, Meaning.CANCEL_REJECTED, Meaning.MODIFY_REJECTED, Meaning.RETRY_LATER, Meaning.ALREADY_FILLED}
)


class OrderNews:
    """Hears every word about an order, whoever placed it.

    `look_again` asks IB what the orders are; `look_for_lost` does after a word that could not be read.
    """

    def __init__(
        self,
        *,
        book: OrderBook,
        connection: InteractiveBrokersConnection,
        introductions: Introductions,
        listener: NodeListener,
        look_again: Callable[[], None],
        look_for_lost: Callable[[], None],
    ) -> None:
        self._book = book
        self._connection = connection
        self._introductions = introductions
        self._listener = listener
        self._look_again = look_again
        self._look_for_lost = look_for_lost
        self._fills = FillsTold()
        self.is_read_only = False
        connection.hear(Word.OPEN_ORDER, self._on_open_order)
        connection.hear(Word.COMPLETED_ORDER, self._on_completed_order)
        connection.hear(Word.ORDER_STATUS, self._on_order_status)
        connection.hear(Word.EXECUTION, self._on_execution)
        connection.hear(Word.COMMISSION, self._on_commission)
        connection.hear(Word.ERROR, self._on_error)
        connection.hear(Word.UNREADABLE, self._on_unreadable)

    def repeat_fills(self) -> None:
        """Tells executions and commissions again when IB says them again."""
        self._fills.forget()

    # Orders

    def _on_open_order(self, contract: Contract, order: Order, state: OrderState) -> None:
        record = self._recorded(contract, order)
        record.apply_word(state.status)
        self._tell(record)

    def _on_completed_order(self, contract: Contract, order: Order, state: OrderState) -> None:
        record = self._recorded(contract, order)
        record.apply_fill(convert.quantity(order.filledQuantity), None)
        record.take_quantity_from_fills()
        if state.status != "Filled":  # of a filled one IB repeats the size here
            record.reason = record.reason or state.completedStatus
        record.apply_word(state.status)
        if state.status == "Inactive" and record.status is not OrderStatus.FILLED:
            record.status = OrderStatus.REJECTED
        self._tell(record)

    def _on_order_status(
        self, order_id: int, status: str, filled: float, average: float, perm_id: int, client_id: int, why_held: str
    ) -> None:
        given = convert.perm_id(perm_id)
        record = self._book.by_broker(perm_id=given, client_id=client_id, order_id=order_id)
        if record is None:
            log.warning("IB told the status %s of an order %d/%d that is not in the book", status, client_id, order_id)
            self._look_again()
            return
        self._book.bind(record, given)
        record.seen = True
        record.apply_fill(convert.quantity(filled), convert.positive(average))
        if why_held:
            record.note_held(why_held)
        record.apply_word(status)
        self._tell(record)

    def _recorded(self, contract: Contract, order: Order) -> OrderRecord:
        """The order's record with IB's terms; a new one for what is seen first here."""
        given, terms = convert.perm_id(order.permId), convert.order_terms(order, zone=self._connection.gateway_zone)
        record = self._book.of_report(
            order_ref=order.orderRef, perm_id=given, client_id=order.clientId, order_id=order.orderId
        )
        record = record or OrderRecord(
            order_ref=order.orderRef,
            client_id=order.clientId,
            order_id=order.orderId,
            account_code=order.account,
            con_id=convert.con_id(contract),
            contract=contract,
            terms=terms,
        )
        record.seen = True
        record.apply_terms(terms)
        record.parent_order_id = order.parentId or record.parent_order_id
        if order.orderId > 0:
            record.client_id, record.order_id = order.clientId, order.orderId
        self._book.bind(record, given)
        return self._book.add(record)

    def _tell(self, record: OrderRecord) -> None:
        update = record.as_update(datetime.now(UTC))

        def deliver(instrument: Instrument | None) -> None:
            if record.instrument is None or not record.instrument.is_described:
                record.instrument = instrument or record.instrument
            self._listener.on_order_update(update)

        self._introductions.deliver(record.contract, deliver)

    # Executions

    def _on_execution(self, contract: Contract, execution: Execution) -> None:
        record = self._book.of_execution(
            order_ref=execution.orderRef,
            perm_id=convert.perm_id(execution.permId),
            client_id=execution.clientId,
            order_id=execution.orderId,
        )
        about = _with_its_legs(contract, record)
        report = convert.execution(execution, about)
        self._introductions.deliver(about, lambda instrument: self._tell_execution(report, instrument))
        # IB doesn't promise a status for every fill, so an execution counts for its order too; one of a combination's
        # legs counts for nothing but itself.
        filled, average = convert.quantity(execution.cumQty), convert.positive(execution.avgPrice)
        if record is not None and about.secType == record.contract.secType and record.apply_fill(filled, average):
            self._tell(record)

    def _on_commission(self, commission: CommissionReport) -> None:
        report = convert.commission(commission)
        if report is not None and self._fills.is_new_commission(report):
            with contextlib.suppress(ListenerFailed):
                self._listener.on_commission(report)
                self._fills.note_commission(report)

    def _tell_execution(self, report: ExecutionReport, instrument: Instrument | None) -> None:
        """One that the listener fails on is told again when IB says it again."""
        if self._fills.is_new_execution(report):
            with contextlib.suppress(ListenerFailed):
                self._listener.on_execution(report, instrument)
                self._fills.note_execution(report)

    # What could not be read, and errors

    def _on_unreadable(self, _what: str, may_be_of_orders: bool) -> None:
        if may_be_of_orders:
            self._look_for_lost()

    def _on_error(self, request_id: int, code: int, text: str, waited_for: bool, _contract: Contract | None) -> None:
        self.is_read_only = self.is_read_only or errors.is_read_only(code, text)
        if request_id < 0 or waited_for or self._connection.is_request(request_id):
            return
        record = self._book.by_order_id(self._connection.client_id, request_id)
        if record is None:
            log.warning("IB said %d of an order %d that is not in the book: %s", code, request_id, text)
            self._listener.on_notice(Notice(code=code, message=text, at=datetime.now(UTC)))
            self._look_again()
            return
        meaning = record.meaning_of(code)
        if meaning in _STATUS_BY_CODE:
            self._end(record, _STATUS_BY_CODE[meaning], code=code, text=text)
        else:
            self._note(record, meaning, code=code, text=text)

    def _end(self, record: OrderRecord, status: OrderStatus, *, code: int, text: str) -> None:
        record.give_reason(code, text)
        record.rejected = record.rejected or status is OrderStatus.REJECTED
        record.end(status)
        self._tell(record)

    def _note(self, record: OrderRecord, meaning: Meaning, *, code: int, text: str) -> None:
        """The listener is told, whatever else follows; the order's status is what it was.

        An order that is over keeps its reason: what IB says of it afterwards answers what came too late.
        """
        self._listener.on_notice(
            Notice(code=code, message=text, at=datetime.now(UTC), order_ref=record.order_ref, con_id=record.con_id)
        )
        if meaning in _ANSWERS:
            if not record.status.is_final:
                record.give_reason(code, text)
            record.take_answer(meaning)
            self._tell(record)
        elif code in errors.REJECTING_CODES and not record.status.is_final:
            # Of an order that IB works: perhaps the reason of an `Inactive` that is still to come, unless a cancel is
            # under way, which it can be about as well.
            record.give_reason(code, text)
            record.rejected = record.rejected or not record.cancel_sent
        if meaning in _LOOK_AGAIN:
            self._look_again()


def _with_its_legs(contract: Contract, record: OrderRecord | None) -> Contract:
    """IB names no legs when it tells that a combination was executed: its order knows them."""
    if record is None or not contract.secType == record.contract.secType == "BAG":
        return contract
    return record.contract
