"""What a resync showed, and asking again for what it didn't."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection
from dataclasses import dataclass
from typing import TypeVar

from brokers.domain import Position
from brokers.interactive_brokers.account import AccountReader
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.execution import InteractiveBrokersExecutionClient
from brokers.interactive_brokers.instruments.introductions import Introductions
from brokers.interactive_brokers.orders import absence
from brokers.interactive_brokers.orders.seen import Seen
from brokers.patience import Patience
from brokers.refusals import LinkLost, NoAnswer, NodeError, RequestRefused
from brokers.serving import first_of

Answer = TypeVar("Answer")

NOT_KNOWN = "Until it does, that is not known; it is asked again."
ALL_KNOWN = "Interactive Brokers has now answered on everything that was asked again."

_ORDER_SOURCES = ("open orders", "completed orders", "executions")
# What a read-only API refuses to show.
_WITHHELD = frozenset({"open orders", "completed orders"})


@dataclass(frozen=True, slots=True)
class Resync:
    """What IB showed. A source that gave no answer is None, which is not the same as empty.

    The three sources of orders hold the orders seen in each. `positions` is all that is held: one that isn't in it is
    closed. `account_values` says whether the summary came. A `read_only` API shows no orders: they stay what they were.
    """

    open_orders: Seen | None
    completed_orders: Seen | None
    executions: Seen | None
    positions: tuple[Position, ...] | None
    account_values: bool
    read_only: bool

    @property
    def order_refs(self) -> frozenset[str]:
        """All that were seen anywhere. Absence here is proof only when `missing` is empty, and then only twice."""
        return frozenset().union(*(seen.order_refs for seen in self._order_sources if seen is not None))

    @property
    def perm_ids(self) -> frozenset[int]:
        """IB's own ids of the same: an order that was placed elsewhere may have no other name."""
        return frozenset().union(*(seen.perm_ids for seen in self._order_sources if seen is not None))

    @property
    def shows_orders(self) -> bool:
        """Whether every source of orders answered, so that an order in none of them has left no trace."""
        return not self.read_only and None not in self._order_sources

    @property
    def missing(self) -> tuple[str, ...]:
        """The sources that gave no answer, by name."""
        answers = {
            **dict(zip(_ORDER_SOURCES, self._order_sources, strict=True)),
            "positions": self.positions,
            "the account summary": self.account_values or None,
        }
        return tuple(name for name, answer in answers.items() if answer is None)

    @property
    def is_complete(self) -> bool:
        """Whether all came that this login's API shows."""
        return not self.unanswered

    @property
    def knows_orders(self) -> bool:
        """Whether every source of orders answered that this login's API shows."""
        return not set(self.unanswered) & set(_ORDER_SOURCES)

    @property
    def unanswered(self) -> tuple[str, ...]:
        """What is `missing`, but for what a read-only API withholds."""
        return tuple(name for name in self.missing if not (self.read_only and name in _WITHHELD))

    @property
    def _order_sources(self) -> tuple[Seen | None, ...]:
        return self.open_orders, self.completed_orders, self.executions


class ResyncIncomplete(NodeError):
    """IB didn't answer on everything: what it left out is unknown. What it did tell has reached the listener."""

    def __init__(self, resync: Resync) -> None:
        super().__init__(f"Interactive Brokers did not answer on {', '.join(resync.unanswered)}.")
        self.resync = resync


class Resyncs:
    """One node's readings of what IB knows."""

    def __init__(
        self,
        connection: InteractiveBrokersConnection,
        introductions: Introductions,
        account: AccountReader,
        execution: InteractiveBrokersExecutionClient,
    ) -> None:
        self._connection = connection
        self._introductions = introductions
        self._account = account
        self._execution = execution
        self.last: Resync | None = None
        connection.when_it_begins(self._forget)

    def _forget(self) -> None:
        self.last = None

    async def read(self, *, after: Resync | None = None) -> Resync:
        """Asks for everything, one after the other; `after` an incomplete reading, for what may be missing in it.

        Raises ResyncIncomplete and LinkLost.
        """
        self.last = reading = await self._ask(after)
        await self._introductions.settled()
        if not reading.is_complete:
            raise ResyncIncomplete(reading)
        return reading

    async def read_until_complete(self, patience: Patience) -> Resync:
        """Asks again for what IB left out, on the same connection, and tells the owner of it.

        Raises LinkLost, and ResyncIncomplete when the patience has ended.
        """
        reading = asyncio.ensure_future(self._read_until_complete(patience))
        await first_of(reading, self._connection.wait_closed())
        if reading.cancelled():
            raise LinkLost("The connection to the gateway was closed before Interactive Brokers had answered.")
        return reading.result()

    async def _read_until_complete(self, patience: Patience) -> Resync:
        incomplete: Resync | None = None
        while True:
            try:
                complete = await self.read(after=incomplete)
            except ResyncIncomplete as error:
                incomplete = error.resync
                await patience.wait_after(error, meanwhile=NOT_KNOWN)
            else:
                if incomplete is not None:
                    self._connection.remark(ALL_KNOWN)
                return complete

    async def _ask(self, after: Resync | None) -> Resync:
        """An order can move from one source to another between two questions: the three are asked again together.

        Positions come last and are always asked for: who reads the answer takes what isn't in it for closed.
        """
        open_orders, completed_orders, executions = (
            (after.open_orders, after.completed_orders, after.executions)
            if after is not None and after.knows_orders
            else await self._ask_for_orders()
        )
        has_values = after is not None and after.account_values
        return Resync(
            open_orders=open_orders,
            completed_orders=completed_orders,
            executions=executions,
            account_values=has_values or await _answered(self._account.read_values()) or False,
            positions=await _answered(self._account.read_positions()),
            read_only=self._execution.is_read_only,
        )

    async def _ask_for_orders(self) -> tuple[Seen | None, Seen | None, Seen | None]:
        return (
            await _answered(self._execution.read_open_orders()),
            await _answered(self._execution.read_completed_orders()),
            await _answered(self._execution.read_executions()),
        )

    async def prove_absence(self, order_refs: Collection[str], *, apart: float) -> frozenset[str]:
        """Raises ResyncIncomplete, NoAnswer for a login that isn't shown its orders, and LinkLost."""
        absent = await absence.prove_absence(order_refs, resync=self.read, apart=apart)
        self._execution.note_absent(absent)
        return absent


async def _answered(question: Awaitable[Answer]) -> Answer | None:
    """None for no answer. A lost link isn't one missing answer, but the end: it's raised."""
    try:
        return await question
    except (NoAnswer, RequestRefused):
        return None
