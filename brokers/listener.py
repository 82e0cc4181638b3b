"""What a node tells its owner, and the states of its link."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from enum import StrEnum

from brokers.domain import (
    AccountValue,
    Bar,
    CommissionReport,
    Depth,
    ExecutionReport,
    Instrument,
    Notice,
    OrderUpdate,
    Position,
    ProfitAndLoss,
    Quote,
    StreamStatus,
    Trade,
)

log = logging.getLogger(__name__)


class LinkState(StrEnum):
    """Where the way to IB stands, from the worst thing that is true of it at the moment.

    DOWN: the socket is gone; the node must connect again. BROKER_LOST: the socket stands, but the gateway has lost IB
    (1100, 2110); it mends itself, and orders are refused. COMPETING: another session takes this login's market data
    (10197). DATA_DOWN: a data farm is down, of quotes (2103: those it serves are stale), of the past (2105) or of
    contracts (2157); orders go on. UP: none of these.
    """

    UP = "UP"
    DATA_DOWN = "DATA_DOWN"
    COMPETING = "COMPETING"
    BROKER_LOST = "BROKER_LOST"
    DOWN = "DOWN"


class NodeListener:
    """Called on the node's event loop, in the order in which the gateway spoke. No call may block or await: one that is
    a coroutine is refused when the node is made, since its steps would have no order.

    A listener derives from this class and writes the calls that it wants; the others do nothing.
    An exception in one of these is logged with what was being told and stops nothing else. The same order, execution,
    position or value may be told more than once (a resync repeats them): apply each as an upsert.
    """

    def on_instrument(self, instrument: Instrument) -> None:
        """Comes before anything that names its `con_id`, except for instruments that the owner gave to the node.

        Again when IB describes it anew, and once it describes one that it had not (`is_described`).
        """

    def on_quote(self, quote: Quote) -> None:
        """The newest values of a subscribed instrument, whenever one of them changed."""

    def on_trade(self, trade: Trade) -> None:
        """One trade of an instrument whose trades are subscribed."""

    def on_depth(self, depth: Depth) -> None:
        """The whole book of an instrument whose depth is subscribed, whenever a row of it changed."""

    def on_bar(self, bar: Bar) -> None:
        """A 5-second bar, or the newest of bars that are kept up to date; one that grows is told at each change."""

    def on_stream_status(self, status: StreamStatus) -> None:
        """What a stream has told can't be relied on any more, or can again. Trades that are read from quotes have their
        quotes' standing."""

    def on_order_update(self, update: OrderUpdate) -> None:
        """IB's own words about one order; also one that was placed elsewhere, whose `order_ref` is not ours.

        Our own only when `unsent` says what of it never left.
        """

    def on_execution(self, report: ExecutionReport, instrument: Instrument | None) -> None:
        """One execution, live or read by a resync. `instrument` is None when it's of a kind that isn't known here."""

    def on_commission(self, report: CommissionReport) -> None:
        """What an execution cost. It may come before `on_execution` of the same `exec_id`."""

    def on_position(self, position: Position) -> None:
        """A position as it stands now; its quantity is zero once closed, also when that happened unseen."""

    def on_account_value(self, value: AccountValue) -> None:
        """One figure of the account summary."""

    def on_profit_and_loss(self, profit_and_loss: ProfitAndLoss) -> None:
        """An account's profit and loss, or that of one of its positions, as it changes."""

    def on_notice(self, notice: Notice) -> None:
        """Something that IB said and that changes no order's status by itself."""

    def on_link(self, state: LinkState) -> None:
        """The link's state, each time that it changes."""


class ListenerFailed(Exception):
    """Of an execution or a commission: it was not taken, so it must be told again. What was raised is logged."""


class GuardedListener(NodeListener):
    """Passes everything on to `listener`; what it raises is logged with what it was told, and goes no further.

    Only of what must not be lost, executions and commissions, the teller hears: ListenerFailed.
    """

    def __init__(self, listener: NodeListener) -> None:
        """Raises TypeError for a listener with a call that is a coroutine."""
        _require_plain_calls(listener)
        self._listener = listener

    def _tell(self, on: Callable[..., None], *told: object) -> bool:
        """Whether it was taken."""
        try:
            on(*told)
        except Exception:
            log.exception("a listener failed on %r", told)
            return False
        return True

    def on_instrument(self, instrument: Instrument) -> None:
        self._tell(self._listener.on_instrument, instrument)

    def on_quote(self, quote: Quote) -> None:
        self._tell(self._listener.on_quote, quote)

    def on_trade(self, trade: Trade) -> None:
        self._tell(self._listener.on_trade, trade)

    def on_depth(self, depth: Depth) -> None:
        self._tell(self._listener.on_depth, depth)

    def on_bar(self, bar: Bar) -> None:
        self._tell(self._listener.on_bar, bar)

    def on_stream_status(self, status: StreamStatus) -> None:
        self._tell(self._listener.on_stream_status, status)

    def on_order_update(self, update: OrderUpdate) -> None:
        self._tell(self._listener.on_order_update, update)

    def on_execution(self, report: ExecutionReport, instrument: Instrument | None) -> None:
        if not self._tell(self._listener.on_execution, report, instrument):
            raise ListenerFailed

    def on_commission(self, report: CommissionReport) -> None:
        if not self._tell(self._listener.on_commission, report):
            raise ListenerFailed

    def on_position(self, position: Position) -> None:
        self._tell(self._listener.on_position, position)

    def on_account_value(self, value: AccountValue) -> None:
        self._tell(self._listener.on_account_value, value)

    def on_profit_and_loss(self, profit_and_loss: ProfitAndLoss) -> None:
        self._tell(self._listener.on_profit_and_loss, profit_and_loss)

    def on_notice(self, notice: Notice) -> None:
        self._tell(self._listener.on_notice, notice)

    def on_link(self, state: LinkState) -> None:
        self._tell(self._listener.on_link, state)


def _require_plain_calls(listener: NodeListener) -> None:
    for name in (name for name in dir(NodeListener) if name.startswith("on_")):
        if inspect.iscoroutinefunction(getattr(listener, name)):
            raise TypeError(
                f"{type(listener).__name__}.{name} is a coroutine, and nobody would wait for it: "
                "make it a plain function that puts what it's told into an asyncio.Queue."
            )
