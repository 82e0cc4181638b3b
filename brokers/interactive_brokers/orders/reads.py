"""Reading orders and executions from IB, for a resync or because something said makes the book doubtful."""

from __future__ import annotations

import asyncio
import logging

from brokers.interactive_brokers.budget import Spacing
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.orders.book import OrderBook
from brokers.interactive_brokers.orders.seen import Seen
from brokers.refusals import NodeError

log = logging.getLogger(__name__)

# Seconds from one look to the next, at the least: what an answer says may itself ask for another look.
LOOKS_APART = 0.5
# Looks in a row for what could not be read: what IB says in a way that is never read must not be asked for forever.
_LOOKS_FOR_LOST = 2


class OrderReads:
    """Each answer also reaches whoever hears the connection's words, order by order."""

    def __init__(self, *, connection: InteractiveBrokersConnection, book: OrderBook) -> None:
        self._connection = connection
        self._book = book
        self._asking = asyncio.Lock()  # the library tells two answers about orders apart by nothing
        self._look: asyncio.Task[None] | None = None
        self._look_wanted = self._executions_wanted = False
        self._is_lost = False  # a word that could not be read
        self._looks_for_lost = 0  # in a row
        self._spacing = Spacing(LOOKS_APART)

    async def open_orders(self) -> Seen:
        """All open orders, whoever placed them."""
        async with self._asking:
            return await self._open_orders()

    async def completed_orders(self) -> Seen:
        """The same for the orders of today that are over."""
        async with self._asking:
            return await self._completed_orders()

    async def _open_orders(self) -> Seen:
        changes = [(record, record.changes_sent) for record in self._book if record.changes_sent]
        orders = await self._connection.ask(lambda session: session.orders.open_orders(), what="open orders")
        for record, sent in changes:
            if record.changes_sent == sent:  # what IB shows after them is what they have come to
                record.settle_changes()
        return Seen.of(orders)

    async def _completed_orders(self) -> Seen:
        orders = await self._connection.ask(lambda session: session.orders.completed_orders(), what="completed orders")
        return Seen.of(orders)

    async def executions(self) -> Seen:
        """The same for executions since midnight. A fill made while away raises no event: it's read here."""
        executions = await self._connection.ask(lambda session: session.orders.executions(), what="executions")
        return Seen.of(executions)

    def look_again(self, *, executions: bool = False) -> None:
        """Asks IB what the orders are, and before that the `executions` if told so.

        What is said during a look is not in its answer, so another one follows it.
        """
        self._look_wanted = True
        self._executions_wanted = self._executions_wanted or executions
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._look_while_wanted())

    def look_for_lost(self) -> None:
        """Something about orders came and could not be read: asks IB for the orders and the executions at once.

        IB doesn't repeat a fill by itself. Of what can't be read in the answer either, the next resync may hear.
        """
        if self._looks_for_lost < _LOOKS_FOR_LOST:
            self._is_lost = True
            self.look_again()
        else:
            log.warning("what IB says of the orders could not be read in %d looks", self._looks_for_lost)

    async def _look_while_wanted(self) -> None:
        while self._look_wanted:
            await self._spacing.turn()
            if self._executions_wanted:
                self._executions_wanted = False
                await self._look_at_executions()
            async with self._asking:
                self._look_wanted, is_lost, self._is_lost = False, self._is_lost, False
                self._looks_for_lost = self._looks_for_lost + 1 if is_lost else 0
                await self._look_at_orders()
            if is_lost:
                await self._look_at_executions()
        self._looks_for_lost = 0

    async def look_at_all(self) -> None:
        """Orders and executions; what IB leaves unanswered is logged, and read another time."""
        async with self._asking:
            await self._look_at_orders()
        await self._look_at_executions()

    async def _look_at_executions(self) -> None:
        try:
            await self.executions()
        except NodeError as error:
            log.warning("IB did not show executions: %s", error)

    async def _look_at_orders(self) -> None:
        try:
            await self._open_orders()
            await self._completed_orders()
        except NodeError as error:
            log.warning("IB did not show what became of the orders; the next look or resync will: %s", error)

    def stop(self) -> None:
        self._look_wanted = self._executions_wanted = self._is_lost = False
        self._looks_for_lost = 0
        if self._look is not None:
            self._look.cancel()
