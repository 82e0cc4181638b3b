from __future__ import annotations

from tests.conformance import facts
from tests.conformance.clients.base import Answer, Fields
from tests.conformance.clients.libraries.link import LibraryLink


class LibraryHistory:
    def __init__(self, link: LibraryLink) -> None:
        self._link = link
        self._ib = link.ib

    def bars(self, query: Fields, *, end: str, duration: str, size: str, what: str, regular: bool) -> Answer:
        contract = self._link.contract(query)
        found = self._link.asked(
            lambda: self._ib.reqHistoricalData(contract, end, duration, size, what, regular, formatDate=2)
        )
        return [facts.bar(bar, average=bar.average) for bar in found]

    def head_timestamp(self, query: Fields, what: str) -> Answer:
        contract = self._link.contract(query)
        return facts.at(self._link.asked(lambda: self._ib.reqHeadTimeStamp(contract, what, True, formatDate=2)))

    def ticks(self, query: Fields, *, start: str, end: str, count: int, what: str) -> Answer:
        contract = self._link.contract(query)
        found = self._link.asked(lambda: self._ib.reqHistoricalTicks(contract, start, end, count, what, useRth=True))
        return [facts.past_tick(tick, what) for tick in found]

    def schedule(self, query: Fields, *, end: str, days: int) -> Answer:
        contract = self._link.contract(query)
        found = self._link.asked(lambda: self._ib.reqHistoricalSchedule(contract, days, end))
        return facts.schedule(found.timeZone, found.sessions)
