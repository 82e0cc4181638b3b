"""Order commands: claimed, handed to the node, their outcome recorded. Never twice.

A claim is committed before a byte leaves, so a worker lost in between leaves a command at SENDING. What became of it,
the broker says: see `resolve_interrupted`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from time import monotonic

from brokers.node import TradingNode
from brokers.refusals import OrderRefused
from webapp.trading import commands, instruments, orders
from webapp.trading.models import Order, OrderCommand
from workers.database import PASSING_ERRORS, Database
from workers.leases import Lease
from workers.waiting import rung

log = logging.getLogger(__name__)

NOBODY_KNOWS = "Sending failed half-way. It may be at the broker: look at your orders there before you place it again."

# Seconds between two looks at the rows when no doorbell rings.
LOOK_EVERY = 1.0
# Seconds between two tries to record an outcome, and how often: together longer than a lease lasts.
RECORD_AGAIN = 0.5
RECORD_TRIES = 16


# Hands one command to the node, with the seconds in which it has to leave. Raises OrderRefused before any byte leaves.
HandOver = Callable[[TradingNode, float | None], object]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A command at SENDING, with all that the node needs, so that no row is read between claim and bytes."""

    command: OrderCommand
    hand_over: HandOver

    @property
    def time_left(self) -> float | None:
        """Seconds; None for what may leave whenever it can."""
        send_by = self.command.send_by
        return None if send_by is None else send_by - monotonic()


class OutcomeNotRecorded(Exception):
    """A command's outcome could not be written down. The session reads all again and finds out."""


class CommandRunner:
    """Works through one account's commands of these `verbs` while its link is up, oldest first, one at a time."""

    def __init__(
        self,
        *,
        node: TradingNode,
        database: Database,
        lease: Callable[[], Lease],
        verbs: Collection[OrderCommand.Verb] = tuple(OrderCommand.Verb),
    ) -> None:
        self._verbs = verbs
        self._node = node
        self._database = database
        self._lease = lease
        self._rung = asyncio.Event()
        self._closing = False
        self._may_have_left_one = False

    def ring(self) -> None:
        self._rung.set()

    def close(self) -> None:
        """Take no more; `run` returns once the command under way is recorded.

        Cancelling instead would leave a claimed command that nobody sends, and a question for its user.
        """
        self._closing = True
        self._rung.set()

    async def run(self) -> None:
        """Raises OutcomeNotRecorded."""
        while not self._closing:
            try:
                await self._run_pending()
            except PASSING_ERRORS as error:
                log.warning("account %s: commands could not be read: %s", self._lease().account_id, error)
                self._may_have_left_one = True
            if not self._closing:
                await rung(self._rung, at_latest=LOOK_EVERY)

    async def _run_pending(self) -> None:
        if self._may_have_left_one:
            await self._look_for_one_left()
        while not self._closing and (claimed := await self._claim()):
            await self._send(claimed)

    async def _claim(self) -> Claimed | None:
        return await self._database.call(_claim, self._lease(), self._verbs, self._node.execution.next_order_id)

    async def _look_for_one_left(self) -> None:
        """A claim can be committed and its answer lost with the database: nobody would send it, or say so."""
        lease = self._lease()
        left = partial(commands.is_any_claimed, account_id=lease.account_id, fence=lease.fence, verbs=self._verbs)
        if await self._database.call(left):
            raise OutcomeNotRecorded(f"account {lease.account_id}: a command was claimed, and the answer was lost")
        self._may_have_left_one = False

    async def _send(self, claimed: Claimed) -> None:
        if not self._lease().is_live:
            # The next owner finds it at SENDING and asks the broker. Nothing was sent, but saying so needs the lease.
            log.warning("%s: the lease ran out before it was sent", claimed.command)
            return
        time_left = claimed.time_left
        if time_left is not None and time_left <= 0:
            await self._record(partial(commands.record_late, claimed.command))
            return
        try:
            claimed.hand_over(self._node, time_left)
        except OrderRefused as refusal:
            await self._record(partial(commands.record_refused, claimed.command, str(refusal)))
        except Exception:
            log.exception("%s: nobody knows whether it left", claimed.command)
            await self._record(partial(commands.record_unknown, claimed.command, NOBODY_KNOWS))
        else:
            await self._record(partial(commands.record_sent, claimed.command))

    async def _record(self, record: Callable[[], object]) -> None:
        for _ in range(RECORD_TRIES):
            try:
                await self._database.call(record)
            except PASSING_ERRORS as error:
                log.warning("account %s: outcome not recorded yet: %s", self._lease().account_id, error)
                await asyncio.sleep(RECORD_AGAIN)
            else:
                return
        raise OutcomeNotRecorded(f"account {self._lease().account_id}: a command's outcome could not be recorded")


def _claim(lease: Lease, verbs: Collection[OrderCommand.Verb], from_order_id: int) -> Claimed | None:
    command = commands.claim_next(
        account_id=lease.account_id, worker=lease.owner, fence=lease.fence, verbs=verbs, from_order_id=from_order_id
    )
    return Claimed(command, _hand_over(command)) if command is not None else None


def _hand_over(command: OrderCommand) -> HandOver:
    if command.order is None:
        return lambda node, _time_left: node.execution.cancel_all()
    client_order_id = str(command.order.client_order_id)
    match command.verb:
        case OrderCommand.Verb.CANCEL:
            return lambda node, _time_left: node.execution.cancel(client_order_id)
        case OrderCommand.Verb.MODIFY:
            change = orders.to_change(command)
            return lambda node, time_left: node.execution.modify(change, time_left=time_left)
    return _placing(command.order)


def _placing(order: Order) -> HandOver:
    request, bracket = orders.to_request(order), orders.to_bracket(order)
    instrument = instruments.to_domain(order.instrument)
    if bracket is not None:
        return lambda node, time_left: node.execution.place_bracket(bracket, instrument, time_left=time_left)
    return lambda node, time_left: node.execution.place(request, instrument, time_left=time_left)
