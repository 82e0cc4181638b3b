"""Orders: placed, changed, cancelled, and told of in IB's own words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from brokers.config import InteractiveBrokersExecClientConfig
from brokers.domain import (
    BracketRequest,
    Instrument,
    OrderChange,
    OrderPreview,
    OrderRequest,
    SecurityType,
    TradingPermission,
)
from brokers.interactive_brokers import contracts, convert
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.instruments.introductions import Introductions
from brokers.interactive_brokers.orders.book import OrderBook
from brokers.interactive_brokers.orders.elsewhere import LooksElsewhere
from brokers.interactive_brokers.orders.groups import bracket_orders, require_group
from brokers.interactive_brokers.orders.news import OrderNews
from brokers.interactive_brokers.orders.reads import OrderReads
from brokers.interactive_brokers.orders.seen import Seen
from brokers.interactive_brokers.orders.sending import Ordered, OrderSending
from brokers.interactive_brokers.orders.telling import OrderTelling
from brokers.interactive_brokers.orders.withdrawing import Withdrawals
from brokers.interactive_brokers.permission import READ_ONLY, product_permissions, trading_permission
from brokers.listener import NodeListener


class InteractiveBrokersExecutionClient:
    """Places, changes and cancels for one session, and passes on what IB says of every order, whoever placed it.

    What can't be sent raises OrderRefused, before any byte of it leaves and with a sentence for the user. What IB makes
    of the rest reaches the listener as order updates. IB takes 50 messages a second, so an order or a change may wait
    here before it leaves: one that is withdrawn meanwhile reaches the listener as an update that says `unsent`. It may
    wait for its time to live, or for what is left of that: `time_left`, in seconds, of one that has waited elsewhere.
    """

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
        self._book = OrderBook()
        self._reads = OrderReads(connection=connection, book=self._book)
        telling = OrderTelling(introductions=introductions, listener=listener)
        self._withdrawals = Withdrawals(
            connection=connection, book=self._book, telling=telling, time_to_live=config.order_time_to_live
        )
        self._sending = OrderSending(connection=connection, book=self._book, withdrawals=self._withdrawals)
        self._news = OrderNews(
            book=self._book,
            connection=connection,
            introductions=introductions,
            listener=listener,
            telling=telling,
            look_again=self._reads.look_again,
            look_for_lost=self._reads.look_for_lost,
        )
        self._elsewhere = LooksElsewhere(
            reads=self._reads,
            connection=connection,
            every=config.look_elsewhere_every,
            is_read_only=lambda: self.is_read_only,
        )
        connection.when_it_begins(self._begin)
        connection.when_ib_is_back(lambda: self._reads.look_again(executions=True))

    @property
    def is_read_only(self) -> bool:
        """Whether IB has said on this connection that its API may only read. It then refuses to show orders, too."""
        return self._news.is_read_only

    @property
    def next_order_id(self) -> int:
        """No order that is placed from now on has a lower id on this connection. Raises LinkLost."""
        return self._connection.session.orders.next_id

    def _begin(self) -> None:
        """For a new connection: no order and no request of it gets an id that an order of ours has had.

        A gateway can hand one out again after a restart, and what IB then says would be about either.
        """
        self._news.is_read_only = False
        self._book.begin_connection()
        self._connection.session.orders.begin_ids_at(max(self._config.first_order_id, self._book.highest_order_id + 1))
        self._withdrawals.begin()
        self._elsewhere.begin()

    def place(self, request: OrderRequest, instrument: Instrument, *, time_left: float | None = None) -> None:
        """Hands the order to the socket. Raises OrderRefused."""
        self._place([(request, instrument)], time_left=time_left)

    def place_bracket(self, bracket: BracketRequest, instrument: Instrument, *, time_left: float | None = None) -> None:
        """An entry with a take profit, a stop loss or both: all of them, or none. Raises OrderRefused.

        They leave as one; a cancel of one that has not left cancels all. IB holds them until the last has come, so that
        the entry is never without its stop loss:
        https://interactivebrokers.github.io/tws-api/bracket_order.html
        """
        orders = [(order, instrument) for order in bracket_orders(bracket)]
        self._place(orders, together=True, time_left=time_left)

    def place_oca(self, orders: Sequence[Ordered]) -> None:
        """Orders of one group, of which a fill cancels or reduces the others: all of them, or none.

        They leave one by one. Raises OrderRefused, also when they don't name one group and one type of it in one
        account: https://interactivebrokers.github.io/tws-api/oca.html
        """
        require_group([request for request, _ in orders])
        self._place(orders)

    def modify(self, change: OrderChange, *, time_left: float | None = None) -> None:
        """Sends an open order of this session again, under its own id and with its new terms. Raises OrderRefused.

        The order keeps its terms until IB repeats the new ones; when IB rejects the change, it lives on with them.
        """
        self._sending.change(change, time_left=time_left)

    def cancel(self, client_order_id: str) -> None:
        """Raises OrderRefused when this session knows no such open order of its own.

        An order that has not left is withdrawn at once, with what is attached to it, and IB never hears of it. A change
        that has not left is withdrawn, and the cancel goes.
        """
        self._sending.cancel(client_order_id)

    def cancel_all(self, account_code: str | None = None) -> frozenset[str]:
        """The `order_ref`s of the orders that are being cancelled, as far as they are known. Raises OrderRefused.

        Without an account: every open order behind the login, also those placed elsewhere (IB's `reqGlobalCancel`).
        With one: the open orders of this session in it. Nothing that was placed before goes out afterwards: what has
        not left is withdrawn, even when there is no way to IB for the rest.
        """
        if account_code is not None:
            return self._sending.cancel_account(account_code)
        cancelled = self._sending.cancel_everything()
        self._reads.look_again()  # of what was placed elsewhere IB tells nothing by itself
        return cancelled

    async def preview(self, request: OrderRequest, instrument: Instrument) -> OrderPreview:
        """What the order would cost and bind, worked out by IB. It is never transmitted.

        Raises OrderRefused, RequestRefused with IB's reason, NoAnswer or LinkLost.
        """
        order = self._sending.order_alone(request, instrument)
        contract = contracts.of_instrument(instrument)
        state = await self._connection.ask(
            lambda session: session.orders.what_if(contract, order), what="what the order would cost"
        )
        return convert.preview(state)

    async def check_trading_permission(self, account_code: str) -> TradingPermission:
        """Whether orders would be taken. Asked with an order that IB only works out and never transmits."""
        if self.is_read_only:
            return READ_ONLY
        return await trading_permission(self._connection, account_code=account_code)

    async def check_product_permissions(
        self, account_code: str, *, instruments: Iterable[Instrument]
    ) -> Mapping[SecurityType, TradingPermission]:
        """The same for each kind of product that one of `instruments` is of, asked with that instrument."""
        return await product_permissions(
            self._connection,
            account_code=account_code,
            instruments=instruments,
            is_read_only=lambda: self.is_read_only,
        )

    async def read_open_orders(self) -> Seen:
        """All open orders, whoever placed them. Each is told to the listener."""
        return await self._reads.open_orders()

    async def read_completed_orders(self) -> Seen:
        """The same for the orders of today that are over."""
        return await self._reads.completed_orders()

    async def read_executions(self) -> Seen:
        """The same for executions since midnight; told once each, however often they are read."""
        return await self._reads.executions()

    def repeat_fills(self) -> None:
        """Executions and commissions that are read from now on are told again: for an owner who lost some."""
        self._news.repeat_fills()

    def note_absent(self, order_refs: Collection[str]) -> None:
        """These are proved to be nowhere at IB, so they no longer count against the orders that it takes."""
        for order_ref in order_refs:
            for record in self._book.all_by_ref(order_ref):
                record.seen = False

    def stop(self) -> None:
        """Ends what asks IB by itself, from time to time. Orders stay what they are."""
        self._elsewhere.stop()
        self._reads.stop()

    def _place(self, orders: Sequence[Ordered], *, together: bool = False, time_left: float | None = None) -> None:
        self._sending.place(orders, together=together, time_left=time_left)
        for _, instrument in orders:
            self._introductions.meet(instrument)
