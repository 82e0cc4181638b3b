"""A listener that keeps what it's told, and lets a test wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from brokers.domain import (
    AccountValue,
    Bar,
    CommissionReport,
    Depth,
    ExecutionReport,
    Instrument,
    Notice,
    OrderStatus,
    OrderUpdate,
    Position,
    ProfitAndLoss,
    Quote,
    StreamStatus,
    Trade,
)
from brokers.listener import LinkState, NodeListener

DEADLINE = 15.0

Found = TypeVar("Found")


class Recorder(NodeListener):
    """A NodeListener. `heard` holds everything in the order in which it came."""

    def __init__(self) -> None:
        self.instruments: list[Instrument] = []
        self.quotes: list[Quote] = []
        self.trades: list[Trade] = []
        self.depths: list[Depth] = []
        self.bars: list[Bar] = []
        self.stream_statuses: list[StreamStatus] = []
        self.profits_and_losses: list[ProfitAndLoss] = []
        self.updates: list[OrderUpdate] = []
        self.executions: list[ExecutionReport] = []
        self.commissions: list[CommissionReport] = []
        self.positions: list[Position] = []
        self.values: list[AccountValue] = []
        self.notices: list[Notice] = []
        self.links: list[LinkState] = []
        self.heard: list[object] = []
        self._changed = asyncio.Event()

    def _keep(self, kind: list[Found], told: Found) -> None:
        kind.append(told)
        self.heard.append(told)
        self._changed.set()

    def on_instrument(self, instrument: Instrument) -> None:
        self._keep(self.instruments, instrument)

    def on_quote(self, quote: Quote) -> None:
        self._keep(self.quotes, quote)

    def on_trade(self, trade: Trade) -> None:
        self._keep(self.trades, trade)

    def on_depth(self, depth: Depth) -> None:
        self._keep(self.depths, depth)

    def on_bar(self, bar: Bar) -> None:
        self._keep(self.bars, bar)

    def on_stream_status(self, status: StreamStatus) -> None:
        self._keep(self.stream_statuses, status)

    def on_profit_and_loss(self, profit_and_loss: ProfitAndLoss) -> None:
        self._keep(self.profits_and_losses, profit_and_loss)

    def on_order_update(self, update: OrderUpdate) -> None:
        self._keep(self.updates, update)

    def on_execution(self, report: ExecutionReport, instrument: Instrument | None) -> None:
        del instrument
        self._keep(self.executions, report)

    def on_commission(self, report: CommissionReport) -> None:
        self._keep(self.commissions, report)

    def on_position(self, position: Position) -> None:
        self._keep(self.positions, position)

    def on_account_value(self, value: AccountValue) -> None:
        self._keep(self.values, value)

    def on_notice(self, notice: Notice) -> None:
        self._keep(self.notices, notice)

    def on_link(self, state: LinkState) -> None:
        self._keep(self.links, state)

    async def until(self, found: Callable[[], Found | None]) -> Found:
        """The first true thing that `found` returns; asked again whenever something came."""
        async with asyncio.timeout(DEADLINE):
            while not (answer := found()):
                self._changed.clear()
                await self._changed.wait()
        return answer

    async def update(self, order_ref: str, status: OrderStatus, ib_status: str | None = None) -> OrderUpdate:
        def found() -> OrderUpdate | None:
            for update in self.updates:
                words = ib_status in (None, update.ib_status)
                if update.order_ref == order_ref and update.status is status and words:
                    return update
            return None

        return await self.until(found)
