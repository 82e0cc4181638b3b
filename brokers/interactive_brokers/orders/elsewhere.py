"""Orders that were placed elsewhere: by hand in TWS, by phone, by another client of the same login.

IB tells them of its own accord to client id 0 alone, and shows them to anybody who asks:
https://interactivebrokers.github.io/tws-api/open_orders.html.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.orders.reads import OrderReads
from brokers.listener import LinkState


class LooksElsewhere:
    """Asks from time to time. `every` is in seconds; None leaves it to the resyncs."""

    def __init__(
        self,
        *,
        reads: OrderReads,
        connection: InteractiveBrokersConnection,
        every: float | None,
        is_read_only: Callable[[], bool],
    ) -> None:
        self._reads = reads
        self._connection = connection
        self._every = every
        self._is_read_only = is_read_only
        self._looking: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """For a new connection."""
        self.stop()
        if self._every is not None:
            self._looking = asyncio.create_task(self._look(self._every), name="ib-looks-elsewhere")

    async def _look(self, every: float) -> None:
        while True:
            await asyncio.sleep(every)
            if self._connection.link not in (LinkState.DOWN, LinkState.BROKER_LOST) and not self._is_read_only():
                await self._reads.look_at_all()

    def stop(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
