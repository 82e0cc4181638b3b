"""What waits to leave for IB, and what of it is withdrawn: orders, changes of orders, and cancels."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from enum import Enum, auto

from brokers.interactive_brokers.link.lanes import Lane, Lanes, Waiting

_PLACE, _CANCEL, _CANCEL_ALL = "3", "4", "58"
_ACCOUNT_KINDS = frozenset(
    {"5", "6", "7", "15", "16", "17", "49", "61", "62", "63", "64", "71", "76", "77", "92", "93", "94", "95", "99"}
)


class Cause(Enum):
    """Why something is withdrawn that its owner wanted to leave."""

    EXPIRED = auto()  # it waited longer than its time to live
    IB_LOST = auto()  # of a change: the gateway has lost IB, and the order can be another when it's back
    STOPPED = auto()  # the session is about to end
    ENDED = auto()  # the connection is gone


# What was withdrawn, in the order of its lanes, and why.
OnUnsent = Callable[[Sequence[Waiting], Cause], None]


class Outbox:
    """Puts each message of one connection into its lane. `is_request` tells request ids from the ids of orders.

    A cancel never waits behind its own order or a change of it: whoever cancels withdraws those first.
    """

    def __init__(self, write: Callable[[str], None], *, is_request: Callable[[int], bool]) -> None:
        loop = asyncio.get_running_loop()
        self._lanes = Lanes(
            write, now=loop.time, call_at=loop.call_at, on_expired=lambda expired: self._tell(expired, Cause.EXPIRED)
        )
        self._is_request = is_request
        self._new_orders: set[int] = set()
        self._gathered: list[tuple[int, str]] | None = None
        self._time_left: float | None = None
        self._on_unsent: OnUnsent = lambda _unsent, _cause: None

    def begin_orders(self, *, time_to_live: float, on_unsent: OnUnsent) -> None:
        """An order or a change that has waited for `time_to_live` seconds is never sent. `on_unsent` hears of what is
        withdrawn unasked; it is called before anything that stood behind it leaves.
        """
        self._lanes.time_to_live = time_to_live
        self._on_unsent = on_unsent

    def expect_order(self, order_id: int) -> None:
        """The first message under this id places an order, and does not change one."""
        self._new_orders.add(order_id)

    def send(self, message: str) -> None:
        kind, *fields = message.split("\0", 3)
        if kind == _PLACE:
            self._place(int(fields[0]), message)
        elif kind == _CANCEL:
            self._lanes.send(Lane.CANCEL, message, order_ids=[int(fields[1])])
        elif kind == _CANCEL_ALL:
            self._lanes.withdraw(Lane.CANCEL)  # this one does what they would do
            self._lanes.send(Lane.CANCEL, message)
        else:
            self._lanes.send(Lane.ACCOUNT if kind in _ACCOUNT_KINDS else Lane.DATA, message)

    def _place(self, order_id: int, message: str) -> None:
        if self._is_request(order_id):  # what the order would cost: a question, as any other
            self._lanes.send(Lane.ACCOUNT, message)
        elif order_id not in self._new_orders:
            self._lanes.send(Lane.MODIFY, message, order_ids=[order_id], time_left=self._time_left)
        elif self._gathered is not None:
            self._gathered.append((order_id, message))
        else:
            self._send_order([(order_id, message)])

    def _send_order(self, whole: Sequence[tuple[int, str]]) -> None:
        self._new_orders.difference_update(order_id for order_id, _ in whole)
        order_ids, messages = [order_id for order_id, _ in whole], [message for _, message in whole]
        self._lanes.send(Lane.ORDER, *messages, order_ids=order_ids, time_left=self._time_left)

    @contextlib.contextmanager
    def within(self, time_left: float | None) -> Iterator[None]:
        """Orders and changes that are sent inside wait for no more than so many seconds; None: their time to live."""
        self._time_left = time_left
        try:
            yield
        finally:
            self._time_left = None

    @contextlib.contextmanager
    def gathered(self, *, together: bool) -> Iterator[None]:
        """New orders that are sent inside leave at its end, or not at all when it raises; `together`: as one."""
        gathered: list[tuple[int, str]] = []
        self._gathered = gathered
        try:
            yield
        finally:
            self._gathered = None
        for whole in [gathered] if together else [[one] for one in gathered]:
            self._send_order(whole)

    # Withdrawing

    @property
    def waiting_orders(self) -> frozenset[int]:
        """The ids of new orders that have not left."""
        return self._lanes.order_ids(Lane.ORDER)

    def withdraw_orders(self, order_ids: Collection[int]) -> frozenset[int]:
        """The ids of what was withdrawn: what would leave together is withdrawn together."""
        return frozenset(_about(self._lanes.withdraw(Lane.ORDER, order_ids)))

    def withdraw_changes(self, order_ids: Collection[int] | None = None) -> Counter[int]:
        """How many were withdrawn, by order id; of any order, without ids."""
        return _about(self._lanes.withdraw(Lane.MODIFY, order_ids))

    def hold(self) -> None:
        """The gateway has lost IB: orders and cancels wait for `release`, changes are withdrawn."""
        self._lanes.hold()
        self._tell(self._lanes.withdraw(Lane.MODIFY), Cause.IB_LOST)

    def release(self) -> None:
        self._lanes.release()

    def stop_orders(self) -> None:
        """Withdraws every order and every change. Cancels go on."""
        waiting = [*self._lanes.withdraw(Lane.MODIFY), *self._lanes.withdraw(Lane.ORDER)]
        self._tell(waiting, Cause.STOPPED)

    async def until_cancels_have_left(self) -> None:
        await self._lanes.until_empty(Lane.CANCEL)

    def clear(self) -> None:
        """The connection is gone, and with it all that waits."""
        self._new_orders.clear()
        self._tell(self._lanes.clear(), Cause.ENDED)

    def _tell(self, withdrawn: Iterable[Waiting], cause: Cause) -> None:
        unsent = [one for one in withdrawn if one.order_ids or one.lane is Lane.CANCEL]
        if unsent:
            self._on_unsent(unsent, cause)


def _about(withdrawn: Iterable[Waiting]) -> Counter[int]:
    return Counter(order_id for one in withdrawn for order_id in one.order_ids)
