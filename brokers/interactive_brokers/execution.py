"""Orders: placed, cancelled, and told of in IB's own words."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from ib_insync import CommissionReport, Contract, Execution, Order, OrderState

from brokers.config import InteractiveBrokersExecClientConfig
from brokers.domain import Instrument, Notice, OrderRequest, OrderStatus, OrderType, TimeInForce, TradingPermission
from brokers.interactive_brokers import contracts, convert, errors
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.ears import Word
from brokers.interactive_brokers.errors import Meaning
from brokers.interactive_brokers.introductions import Introductions
from brokers.interactive_brokers.orders import OrderBook, OrderRecord, record_of
from brokers.interactive_brokers.permission import READ_ONLY, trading_permission
from brokers.listener import LinkState, NodeListener
from brokers.refusals import NodeError, OrderRefused

log = logging.getLogger(__name__)

_STATUS_BY_CODE = {Meaning.REJECTED: OrderStatus.REJECTED, Meaning.CANCELLED: OrderStatus.CANCELLED}
_GIVES_REASON = (*_STATUS_BY_CODE, Meaning.RETRY_LATER, Meaning.MODIFY_REJECTED, Meaning.CANCEL_REJECTED)
# After these the book may be wrong, so IB is asked what the order is.
_LOOK_AGAIN = (Meaning.NOTICE, Meaning.CANCEL_REJECTED, Meaning.MODIFY_REJECTED, Meaning.ALREADY_FILLED)


class InteractiveBrokersExecutionClient:
    """Places and cancels for one session, and passes on what IB says of every order, whoever placed it."""

    def __init__(
        self,
        *,
        config: InteractiveBrokersExecClientConfig,
        connection: InteractiveBrokersConnection,
        introductions: Introductions,
        listener: NodeListener,
    ) -> None:
        self._config = config
        self._connection = connection
        self._introductions = introductions
        self._listener = listener
        self._book = OrderBook()
        self._asking = asyncio.Lock()  # the library tells two answers about orders apart by nothing
        self._look: asyncio.Task[None] | None = None
        self._read_only = False
        connection.hear(Word.OPEN_ORDER, self._on_open_order)
        connection.hear(Word.COMPLETED_ORDER, self._on_completed_order)
        connection.hear(Word.ORDER_STATUS, self._on_order_status)
        connection.hear(Word.EXECUTION, self._on_execution)
        connection.hear(Word.COMMISSION, self._on_commission)
        connection.hear(Word.ERROR, self._on_error)

    @property
    def is_read_only(self) -> bool:
        """Whether IB has said on this connection that its API may only read. It then refuses to show orders, too."""
        return self._read_only

    def begin(self) -> None:
        """For a new connection: no order and no request of it gets an id that an order of ours has had.

        A gateway can hand one out again after a restart, and what IB then says would be about either.
        """
        self._read_only = False
        self._connection.session.orders.begin_ids_at(max(self._config.first_order_id, self._book.highest_order_id + 1))

    # What is asked of IB

    def place(self, request: OrderRequest, instrument: Instrument) -> None:
        """Hands the order to the socket. Raises OrderRefused before any byte of it leaves."""
        order = _order(request)
        self._require_sendable(request, instrument)
        session = self._connection.session
        order.orderId = session.orders.new_order_id()
        record = record_of(request, client_id=self._connection.client_id, order_id=order.orderId)
        self._introductions.meet(instrument)
        self._book.add(record)
        try:
            session.orders.place(contracts.of_instrument(instrument), order)
        except (ValueError, ConnectionError) as error:
            self._book.remove(record)
            raise OrderRefused(f"The order was not sent: {error}.") from error

    def cancel(self, client_order_id: str) -> None:
        """Raises OrderRefused when this session knows no such open order of its own."""
        record = self._book.by_ref(client_order_id)
        if record is None or record.order_id <= 0 or record.client_id != self._connection.client_id:
            raise OrderRefused("There is no such open order of this session, so it can't be cancelled from here.")
        if record.status.is_final:
            raise OrderRefused(f"The order is {record.status.lower()} already, so there is nothing to cancel.")
        self._require_link()
        record.begin_cancel()
        self._connection.session.orders.cancel(record.order_id)

    async def check_trading_permission(self, account_code: str) -> TradingPermission:
        """Whether orders would be taken. Asked with an order that IB only works out and never transmits."""
        if self._read_only:
            return READ_ONLY
        return await trading_permission(self._connection, account_code=account_code)

    async def read_open_orders(self) -> frozenset[str]:
        """The `order_ref`s of all open orders, whoever placed them. Each is told to the listener."""
        async with self._asking:
            orders = await self._connection.ask(lambda session: session.orders.open_orders(), what="open orders")
        return _refs(orders)

    async def read_completed_orders(self) -> frozenset[str]:
        """The same for the orders of today that are over."""
        async with self._asking:
            orders = await self._connection.ask(
                lambda session: session.orders.completed_orders(), what="completed orders"
            )
        return _refs(orders)

    async def read_executions(self) -> frozenset[str]:
        """The same for executions, of about a day. A fill made while away raises no event: it's read here."""
        executions = await self._connection.ask(lambda session: session.orders.executions(), what="executions")
        return _refs(executions)

    def stop(self) -> None:
        if self._look is not None:
            self._look.cancel()

    def _require_sendable(self, request: OrderRequest, instrument: Instrument) -> None:
        self._require_link()
        if instrument.con_id != request.con_id:
            raise OrderRefused(f"The order is for instrument {request.con_id}, and {instrument.con_id} was given.")
        if self._book.by_ref(request.client_order_id) is not None:
            raise OrderRefused(f"An order {request.client_order_id} was sent already. It is not sent twice.")

    def _require_link(self) -> None:
        if self._connection.link is LinkState.DOWN:
            raise OrderRefused("There is no connection to the gateway, so nothing was sent.")
        if self._connection.link is LinkState.BROKER_LOST:
            raise OrderRefused("The gateway has lost its connection to Interactive Brokers, so nothing was sent.")

    # What IB says

    def _on_open_order(self, contract: Contract, order: Order, state: OrderState) -> None:
        record = self._recorded(contract, order)
        record.quantity = convert.to_decimal(order.totalQuantity) or record.quantity
        record.limit_price = _limit_price(order)
        record.apply_word(state.status)
        self._tell(record, contract)

    def _on_completed_order(self, contract: Contract, order: Order, state: OrderState) -> None:
        record = self._recorded(contract, order)
        record.apply_fill(convert.quantity(order.filledQuantity), None)
        # IB leaves the quantity of a filled order at 0 here.
        record.quantity = record.quantity or record.filled_quantity
        if state.status != "Filled":  # of a filled one IB repeats the size here
            record.reason = record.reason or state.completedStatus
        record.apply_word(state.status)
        if state.status == "Inactive":
            record.status = OrderStatus.REJECTED
        self._tell(record, contract)

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
        record.apply_fill(convert.quantity(filled), convert.positive(average))
        record.apply_word(status)
        if why_held:
            record.reason = f"IB holds the order: {why_held}"
        self._tell(record, Contract(conId=record.con_id))

    def _on_execution(self, contract: Contract, execution: Execution) -> None:
        report = convert.execution(execution, contract)
        self._introductions.deliver(contract, lambda instrument: self._listener.on_execution(report, instrument))
        record = self._book.by_broker(perm_id=report.perm_id, client_id=execution.clientId, order_id=execution.orderId)
        # IB doesn't promise a status for every fill, so an execution counts for its order too.
        filled, average = convert.quantity(execution.cumQty), convert.positive(execution.avgPrice)
        if record is not None and record.apply_fill(filled, average):
            self._tell(record, contract)

    def _on_commission(self, commission: CommissionReport) -> None:
        report = convert.commission(commission)
        if report is not None:
            self._listener.on_commission(report)

    def _on_error(self, request_id: int, code: int, text: str, waited_for: bool, _contract: Contract | None) -> None:
        self._read_only = self._read_only or errors.is_read_only(code, text)
        record = self._book.by_order_id(self._connection.client_id, request_id)
        if record is None or waited_for:
            return
        meaning = self._meaning(record, code)
        if code in errors.REJECTING_CODES or meaning in _GIVES_REASON:
            record.give_reason(code, text)  # perhaps of an `Inactive` that is still to come
        if meaning in _STATUS_BY_CODE:
            record.end(_STATUS_BY_CODE[meaning])
            self._tell(record, Contract(conId=record.con_id))
            return
        self._listener.on_notice(
            Notice(code=code, message=text, at=datetime.now(UTC), order_ref=record.order_ref, con_id=record.con_id)
        )
        if meaning is Meaning.CANCEL_REJECTED:
            record.cancel_sent = False
            self._tell(record, Contract(conId=record.con_id))
        if meaning in _LOOK_AGAIN:
            self._look_again()

    def _meaning(self, record: OrderRecord, code: int) -> Meaning:
        found = [errors.meaning(code, context) for context in record.contexts]
        return next((meaning for meaning in found if meaning is not Meaning.NOTICE), Meaning.NOTICE)

    def _recorded(self, contract: Contract, order: Order) -> OrderRecord:
        """The order's record; a new one for what is seen first here."""
        record = self._book.of_report(
            order_ref=order.orderRef,
            perm_id=convert.perm_id(order.permId),
            client_id=order.clientId,
            order_id=order.orderId,
        )
        record = record or _record_of_report(contract, order)
        if order.orderId > 0:
            record.client_id, record.order_id = order.clientId, order.orderId
        self._book.bind(record, convert.perm_id(order.permId))
        return self._book.add(record)

    def _tell(self, record: OrderRecord, contract: Contract) -> None:
        update = record.as_update(datetime.now(UTC))
        self._introductions.deliver(contract, lambda _instrument: self._listener.on_order_update(update))

    def _look_again(self) -> None:
        """Asks IB what the open orders are. One question at a time, however many notices ask for it."""
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._read_orders_again())

    async def _read_orders_again(self) -> None:
        try:
            await self.read_open_orders()
            await self.read_completed_orders()
        except NodeError as error:
            log.warning("IB did not tell what became of an order; the next resync will: %s", error)


def _order(request: OrderRequest) -> Order:
    """Raises OrderRefused for what this session doesn't send."""
    if request.order_type not in (OrderType.MKT, OrderType.LMT):
        raise OrderRefused(f"Orders of type {request.order_type} are not sent from here; MKT and LMT are.")
    if request.time_in_force not in (TimeInForce.DAY, TimeInForce.GTC):
        raise OrderRefused(f"A time in force of {request.time_in_force!r} is not sent from here; DAY and GTC are.")
    if not request.client_order_id or not request.account_code:
        raise OrderRefused("An order needs a client order id and an account.")
    if (request.limit_price is not None) is not (request.order_type is OrderType.LMT):
        raise OrderRefused("A limit order needs a limit price, and a market order has none.")
    order = Order(
        action=request.side.value,
        orderType=request.order_type.value,
        totalQuantity=_sendable(request.quantity, "quantity"),
        tif=request.time_in_force.value,
        account=request.account_code,
        orderRef=request.client_order_id,
    )
    if request.limit_price is not None:
        order.lmtPrice = _sendable(request.limit_price, "limit price", any_sign=True)
    return order


def _sendable(value: Decimal, name: str, *, any_sign: bool = False) -> float:
    if not value.is_finite() or (value <= 0 and not any_sign):
        raise OrderRefused(f"A {name} of {value} can't be sent; it has to be a number above zero.")
    try:
        return convert.to_float(value)
    except ValueError as error:
        raise OrderRefused(f"The {name} can't be sent: {error}.") from error


def _record_of_report(contract: Contract, order: Order) -> OrderRecord:
    return OrderRecord(
        order_ref=order.orderRef,
        client_id=order.clientId,
        order_id=order.orderId,
        account_code=order.account,
        con_id=contract.conId,
        side=convert.side(order.action),
        order_type=order.orderType,
        quantity=convert.to_decimal(order.totalQuantity) or Decimal(0),
        time_in_force=order.tif,
        limit_price=_limit_price(order),
    )


def _limit_price(order: Order) -> Decimal | None:
    """IB fills the field with 0 for orders that have no limit."""
    return convert.to_decimal(order.lmtPrice) if "LMT" in order.orderType else None


def _refs(items: Sequence[Order | Execution]) -> frozenset[str]:
    return frozenset(item.orderRef for item in items if item.orderRef)
