"""What the config wants known, asked for whenever the node connects."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

from brokers.domain import Instrument
from brokers.filters import InstrumentFilter
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.refusals import LinkLost, NodeError

# An id, a name, or a filter.
Wish = int | str | InstrumentFilter


class Loading:
    """Each wish by itself, for the life of one node.

    A wish that IB has never answered fails the connect: it may be a mistake, which waiting doesn't mend. One that it
    has answered fails none any more, since IB denies contracts that exist in its nightly maintenance (200): the node
    goes on with what is known, and asks again until IB answers, less and less often, beside everything else.
    """

    def __init__(
        self,
        wishes: Sequence[Wish],
        *,
        find: Callable[[Wish], Awaitable[list[Instrument]]],
        connection: InteractiveBrokersConnection,
    ) -> None:
        self._wishes = wishes
        self._find = find
        self._connection = connection
        self._answers: dict[Wish, list[Instrument]] = {}
        self._denied: set[Wish] = set()
        self._asking: asyncio.Task[None] | None = None
        connection.when_it_ends(self._stop)

    async def load(self) -> list[Instrument]:
        """Raises what IB says to a wish that it has never answered, InstrumentNotFound for example."""
        answered = [wish for wish in self._wishes if wish in self._answers]
        for wish in self._wishes:
            if wish not in self._answers:
                self._answers[wish] = await self._find(wish)
        if answered:
            self._asking = asyncio.create_task(self._ask_again(answered), name="ib-loading")
        return [instrument for wish in self._wishes for instrument in self._answers[wish]]

    async def _ask_again(self, wishes: Sequence[Wish]) -> None:
        backoff = self._connection.backoff()
        with contextlib.suppress(LinkLost):  # the next connect asks again
            while True:
                wishes = [wish for wish in wishes if not await self._is_answered(wish)]
                if not wishes:
                    return
                await asyncio.sleep(backoff.next_pause())

    async def _is_answered(self, wish: Wish) -> bool:
        try:
            self._answers[wish] = await self._find(wish)
        except LinkLost:
            raise
        except NodeError as error:
            self._deny(wish, error)
            return False
        if wish in self._denied:
            self._denied.discard(wish)
            self._connection.remark(f"IB has described {wish} again.")
        return True

    def _deny(self, wish: Wish, error: NodeError) -> None:
        if wish not in self._denied:
            self._denied.add(wish)
            self._connection.remark(
                f"IB does not describe {wish} anew: {error} What is known of it is used, and IB is asked again."
            )

    def _stop(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None
