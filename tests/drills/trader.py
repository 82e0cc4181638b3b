"""One account in a drill with everything that watches it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from tests.drills.arena import Arena, DrillFailed
from tests.drills.checker import Verdict, judge, settled
from tests.drills.clicks import Click, Clicker, marketable
from tests.drills.evidence import Evidence, Least
from tests.drills.gateways import SimulatedGateway
from tests.drills.watcher import Watcher

if TYPE_CHECKING:
    from webapp.accounts.models import BrokerAccount
    from webapp.trading.models import Order

SETTLE_DEADLINE = 60.0
# Seconds between two clicks.
PACE = 0.3
NOTHING = Least()
# Nobody answered, or no session took cancels: it is asked again.
_LATER = (None, 503)


@dataclass(slots=True)
class Trader:
    arena: Arena
    account: BrokerAccount
    gateway: SimulatedGateway
    clicker: Clicker
    watcher: Watcher
    _resting: list[Click] = field(default_factory=list)
    answers_since: datetime | None = None  # see Evidence; set by a drill whose gateway was away

    @classmethod
    def begin(cls, arena: Arena) -> Trader:
        """A new account that is READY and knows AAPL. A worker must be running."""
        return cls.of(arena, arena.account())

    @classmethod
    def of(cls, arena: Arena, account: BrokerAccount) -> Trader:
        arena.until_ready(account)
        clicker = Clicker.sign_in(arena.stack.url, account)
        clicker.find()
        gateway = arena.gateway(account)
        gateway.tell("quote", instrument="AAPL", bid="190.00", ask="190.02", bid_size="1000000", ask_size="1000000")
        return cls(arena, account, gateway, clicker, Watcher(arena.stack.url, clicker))

    @contextmanager
    def clicking(self) -> Iterator[None]:
        """Orders all the while, as fast as a hurried person clicks."""
        stop = threading.Event()

        def click() -> None:
            for number in itertools.count():
                if stop.wait(PACE):
                    return
                self._click(number)

        thread = threading.Thread(target=click, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(60)

    def _click(self, number: int) -> None:
        """Of five: three orders that fill, one that rests and is changed, and its cancel."""
        if number % 5 == 1:
            self._resting.append(self.clicker.place())
        elif number % 5 == 3 and self._resting:
            self.clicker.modify(self._resting[-1], limit_price="1.01")
        elif number % 5 == 4 and self._resting:
            answers = [(click, self.clicker.cancel(click)) for click in self._resting]
            self._resting = [click for click, answer in answers if answer in _LATER]
        else:
            self.clicker.place(**marketable("1"))

    def order(self, click: Click) -> Order:
        from webapp.trading.models import Order

        return Order.objects.get(account=self.account, client_order_id=click.client_order_id)

    def until(self, condition: Callable[[], bool], what: str, *, deadline: float = SETTLE_DEADLINE) -> None:
        self.arena.until(condition, what, deadline=deadline)

    def note_answering(self) -> None:
        """The gateway that was away can answer from now on."""
        from django.utils import timezone

        self.answers_since = timezone.now()

    def until_status(self, click: Click, *statuses: str) -> None:
        self.until(lambda: self.order(click).status in statuses, f"{click.client_order_id} is {' or '.join(statuses)}")

    def until_filled(self) -> Click:
        """An order that is clicked now is taken and filled; until one is, another is clicked. Returns that one."""
        clicks: list[Click] = []

        def is_filled() -> bool:
            if not clicks or self._is_over(clicks[-1]):
                clicks.append(self.clicker.place(**marketable("1")))
            return clicks[-1].accepted and self.order(clicks[-1]).status == "FILLED"

        self.until(is_filled, "an order is taken and filled")
        return clicks[-1]

    def _is_over(self, click: Click) -> bool:
        return not click.accepted or self.order(click).status in ("REJECTED", "CANCELLED")

    def last_event(self) -> int:
        """Its number."""
        self.account.refresh_from_db(fields=["last_event_number"])
        return self.account.last_event_number

    def is_held_anew(self, name: str, *, since: int) -> bool:
        """Whether the worker of this name said READY after the event `since`.

        The row alone doesn't tell: it says what the last holder said until the next one has begun.
        """
        from webapp.accounts.models import AccountEvent

        session = self.arena.session(self.account)
        said = AccountEvent.objects.filter(account=self.account, kind=AccountEvent.Kind.SESSION, number__gt=since)
        is_ready = session.owner.startswith(f"{name}-") and session.state == "READY"
        return is_ready and said.filter(body__state="READY").exists()

    def evidence(self, least: Least = NOTHING) -> Evidence:
        return Evidence(
            self.account,
            self.gateway,
            self.clicker.clicks,
            self.watcher.numbers,
            answers_since=self.answers_since,
            cancels=self.clicker.cancels,
            least=least,
        )

    def verdict(self, least: Least) -> Verdict:
        """Once nothing is left to happen, or after a deadline: what isn't settled by then is part of the verdict.

        Waiting hides nothing but what is on its way: what was told and put right later stands in the events.
        """
        with suppress(DrillFailed):  # the judge says what is missing
            self.until(lambda: settled(self.evidence()), "nothing is left to happen")
        verdicts: list[Verdict] = []

        def is_well() -> bool:
            verdicts.append(judge(self.evidence(least)))
            return bool(verdicts[-1])

        with suppress(DrillFailed):  # an event may be on its way to the browser at any moment; it has to arrive
            self.until(is_well, "the judge finds nothing")
        return verdicts[-1]

    def shown(self) -> str:
        """How its orders stand, in a line."""
        from webapp.trading.models import Order

        answers = ", ".join(str(click.status) for click in self.clicker.clicks)
        stand = ", ".join(Order.objects.filter(account=self.account).values_list("status", flat=True))
        return f"clicks answered {answers}; orders {stand}"

    def end(self) -> None:
        self.watcher.close()
        self.clicker.client.close()
        self.arena.retire(self.account)
