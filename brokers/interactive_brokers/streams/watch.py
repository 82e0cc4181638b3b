"""One timer that looks after all streams while there is a connection."""

from __future__ import annotations

import asyncio

from brokers.config import InteractiveBrokersDataClientConfig
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.streams.competition import Competition
from brokers.interactive_brokers.streams.farms import Farms
from brokers.interactive_brokers.streams.freshness import Freshness
from brokers.interactive_brokers.streams.registry import Registry
from brokers.interactive_brokers.streams.timetables import Timetables
from brokers.listener import LinkState

# Seconds between two looks, at most. Shorter settings are looked after at a fraction of them.
_AT_MOST = 1.0
_FRACTION = 0.25
_IB_LOST = "The gateway has lost its connection to Interactive Brokers."


class Watch:
    """Asks again for what is due, and lets the others judge what has come and what has not."""

    def __init__(
        self,
        config: InteractiveBrokersDataClientConfig,
        *,
        connection: InteractiveBrokersConnection,
        registry: Registry,
        competition: Competition,
        farms: Farms,
        timetables: Timetables,
    ) -> None:
        self._connection = connection
        self._registry = registry
        self._competition = competition
        self._farms = farms
        self._timetables = timetables
        self._freshness = Freshness(timetables)
        patience = min(config.stale_after, config.trades_stale_after, config.bars_stale_after)
        self._pause = min(_AT_MOST, _FRACTION * min(patience, config.retry_after, config.farm_grace))
        self._timer: asyncio.TimerHandle | None = None
        self._ib_was_lost = False

    def start(self) -> None:
        """Nothing changes when it runs."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._pause, self._look)

    def stop(self) -> None:
        self._timetables.stop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def look_at_the_link(self) -> None:
        """While the gateway is without IB every stream is stale. What doesn't tick after its return is asked for again.

        IB says that it kept the streams (1102); but such words were wrong of farms, too.
        """
        is_lost = self._connection.link is LinkState.BROKER_LOST
        if is_lost:
            self._excuse_all()
        elif self._ib_was_lost:
            self._ask_again_for_the_stale(asyncio.get_running_loop().time())
        self._ib_was_lost = is_lost

    def _look(self) -> None:
        self._timer = None
        link = self._connection.link
        if link is LinkState.DOWN:
            return  # the next connection starts it again
        self.start()
        self.look_at_the_link()
        if link is not LinkState.BROKER_LOST:
            self._look_at_all(asyncio.get_running_loop().time())

    def _excuse_all(self) -> None:
        """Nothing can come, which is no stream's fault; when IB is back, the wait begins anew."""
        for stream in self._registry:
            stream.start_waiting()
            stream.stand(is_stale=True, reason=_IB_LOST)

    def _ask_again_for_the_stale(self, now: float) -> None:
        for stream in self._registry:
            if stream.is_stale and stream.request_id is not None and not self._competition.has(stream):
                stream.retry.plan(now)

    def _look_at_all(self, now: float) -> None:
        for stream in self._registry:
            if stream.retry.take(now):
                stream.reopen()
            elif not self._competition.has(stream):
                self._freshness.look(stream, now)
        self._timetables.look((stream.instrument for stream in self._registry), now)
        self._farms.look(now)
        self._competition.look(now)
