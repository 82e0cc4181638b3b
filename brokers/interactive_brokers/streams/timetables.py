"""When what streams trades: IB is asked again before its list of hours runs out.

IB lists some days ahead, and a node lives for weeks. Who gives an instrument may know nothing of its hours at all.
https://interactivebrokers.github.io/tws-api/classIBApi_1_1ContractDetails.html (TradingHours).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from datetime import timedelta

from brokers.domain import Instrument
from brokers.interactive_brokers import clock
from brokers.interactive_brokers.providers import InteractiveBrokersInstrumentProvider
from brokers.interactive_brokers.retry import Retry
from brokers.interactive_brokers.streams import hours
from brokers.refusals import NodeError

log = logging.getLogger(__name__)

# So long before the end of the list: IB denies contracts for whole nights.
AHEAD = timedelta(days=1)
# How many times the first pause the longest is: what has no list that can be read won't have one soon.
_LONGEST_PAUSE = 60


class Timetables:
    """The newest hours of each instrument. One is asked for at a time, and each request has the deadline of any.

    What isn't answered is asked for again, after longer and longer pauses and on a new connection. Until then hours
    that have run out are not known.
    """

    def __init__(self, provider: InteractiveBrokersInstrumentProvider, *, retry_after: float) -> None:
        self._provider = provider
        self._retry_after = retry_after
        self._renewed: dict[int, Instrument] = {}
        self._retries: dict[int, Retry] = {}
        self._asking: asyncio.Task[None] | None = None

    def of(self, instrument: Instrument) -> Instrument:
        """It, or what IB has said of it since."""
        return self._renewed.get(instrument.con_id, instrument)

    def look(self, instruments: Iterable[Instrument], now: float) -> None:
        """Asks for what runs out of all that streams; what streams no longer is forgotten."""
        wanted = {one.con_id: one for one in instruments}
        self._renewed = {con_id: one for con_id, one in self._renewed.items() if con_id in wanted}
        self._retries = {con_id: retry for con_id, retry in self._retries.items() if con_id in wanted}
        if self._asking is None or self._asking.done():
            due = [one for one in wanted.values() if self._is_due(one, now)]
            self._asking = asyncio.create_task(self._renew(due), name="ib-hours") if due else None

    def stop(self) -> None:
        """The connection is gone. On the next one there's no pause."""
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None
        self._retries.clear()

    def _is_due(self, instrument: Instrument, now: float) -> bool:
        if _reaches_ahead(self.of(instrument)):
            return False
        retry = self._retries.get(instrument.con_id)
        return retry is None or retry.take(now)

    async def _renew(self, due: Iterable[Instrument]) -> None:
        for instrument in due:
            retry = self._retries.setdefault(instrument.con_id, Retry(self._retry_after, longest=_LONGEST_PAUSE))
            retry.plan(asyncio.get_running_loop().time())
            try:
                self._take(await self._described(instrument))
            except NodeError as error:
                log.info("the hours of %s aren't known anew: %s", instrument.display_symbol, error)

    async def _described(self, instrument: Instrument) -> Instrument:
        known = self._provider.find(instrument.con_id)
        return known if known is not None and _reaches_ahead(known) else await self._provider.renew(instrument)

    def _take(self, renewed: Instrument) -> None:
        """An answer that lists nothing takes nothing away."""
        if hours.known_until(renewed) is not None:
            self._renewed[renewed.con_id] = renewed
        if _reaches_ahead(renewed):
            self._retries.pop(renewed.con_id, None)


def _reaches_ahead(instrument: Instrument) -> bool:
    return hours.reach(instrument, clock.utc_now() + AHEAD)
