"""Whether an order never reached IB.

Absence is proved only after open orders, completed orders and executions have all answered without it, twice, seconds
apart: IB has been seen to show an order late, and to drop one in silence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Protocol

from brokers.refusals import NoAnswer

# Seconds from the end of one reading to the beginning of the next.
APART = 3.0


class Reading(Protocol):
    """What a resync has shown."""

    @property
    def order_refs(self) -> frozenset[str]:
        """All that were seen."""

    @property
    def shows_orders(self) -> bool:
        """Whether every source of orders has answered."""


async def prove_absence(
    order_refs: Collection[str], *, resync: Callable[[], Awaitable[Reading]], apart: float = APART
) -> frozenset[str]:
    """Those of `order_refs` that are nowhere at IB. For orders made since midnight: IB shows no others once they
    are over.

    Raises NoAnswer when that can't be proved, and what `resync` raises.
    """
    absent = await _unseen(frozenset(order_refs), resync)
    if not absent:
        return absent
    await asyncio.sleep(apart)
    return await _unseen(absent, resync)


async def _unseen(order_refs: frozenset[str], resync: Callable[[], Awaitable[Reading]]) -> frozenset[str]:
    reading = await resync()
    if not reading.shows_orders:
        raise NoAnswer("IB does not show all orders to this login, so nothing is known of one that was not seen.")
    return order_refs - reading.order_refs
