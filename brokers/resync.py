"""What a resync showed."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from brokers.domain import Position
from brokers.interactive_brokers.account import AccountReader
from brokers.interactive_brokers.execution import InteractiveBrokersExecutionClient
from brokers.refusals import NoAnswer, NodeError, RequestRefused

Answer = TypeVar("Answer")

# What a read-only API refuses to show.
_WITHHELD = frozenset({"open orders", "completed orders"})


@dataclass(frozen=True, slots=True)
class Resync:
    """What IB showed. A source that gave no answer is None, which is not the same as empty.

    The three sets hold the `order_ref`s seen in each source. `positions` is all that is held: one that isn't in it is
    closed. `account_values` says whether the summary came. A `read_only` API shows no orders: they stay what they were.
    """

    open_orders: frozenset[str] | None
    completed_orders: frozenset[str] | None
    executions: frozenset[str] | None
    positions: tuple[Position, ...] | None
    account_values: bool
    read_only: bool

    @property
    def order_refs(self) -> frozenset[str]:
        """All that were seen anywhere. Absence here is proof only when `missing` is empty, and then only twice."""
        return frozenset().union(*(seen for seen in self._order_sources if seen is not None))

    @property
    def shows_orders(self) -> bool:
        """Whether every source of orders answered, so that an order in none of them has left no trace."""
        return not self.read_only and None not in self._order_sources

    @property
    def missing(self) -> tuple[str, ...]:
        """The sources that gave no answer, by name."""
        answers = {
            "open orders": self.open_orders,
            "completed orders": self.completed_orders,
            "executions": self.executions,
            "positions": self.positions,
            "the account summary": self.account_values or None,
        }
        return tuple(name for name, answer in answers.items() if answer is None)

    @property
    def is_complete(self) -> bool:
        """Whether all came that this login's API shows."""
        return not frozenset(self.missing) - (_WITHHELD if self.read_only else frozenset())

    @property
    def _order_sources(self) -> tuple[frozenset[str] | None, ...]:
        return self.open_orders, self.completed_orders, self.executions


class ResyncIncomplete(NodeError):
    """IB didn't answer on everything: what it left out is unknown. What it did tell has reached the listener."""

    def __init__(self, resync: Resync) -> None:
        super().__init__(f"Interactive Brokers did not answer on {', '.join(resync.missing)}.")
        self.resync = resync


async def read_resync(*, execution: InteractiveBrokersExecutionClient, account: AccountReader) -> Resync:
    """Asks for everything, one after the other. Raises LinkLost."""
    return Resync(
        open_orders=await _answered(execution.read_open_orders()),
        completed_orders=await _answered(execution.read_completed_orders()),
        executions=await _answered(execution.read_executions()),
        positions=await _answered(account.read_positions()),
        account_values=await _answered(account.read_values()) or False,
        read_only=execution.is_read_only,
    )


async def _answered(question: Awaitable[Answer]) -> Answer | None:
    """None for no answer. A lost link isn't one missing answer, but the end: it's raised."""
    try:
        return await question
    except (NoAnswer, RequestRefused):
        return None
