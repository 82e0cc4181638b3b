from __future__ import annotations

from tests.conformance import facts
from tests.conformance.clients.base import Answer, Fields
from tests.conformance.clients.ibapi.link import IbapiLink

_TICKS = {"TRADES": "historicalTicksLast", "BID_ASK": "historicalTicksBidAsk", "MIDPOINT": "historicalTicks"}


class IbapiHistory:
    def __init__(self, link: IbapiLink) -> None:
        self._link = link

    def bars(self, query: Fields, *, end: str, duration: str, size: str, what: str, regular: bool) -> Answer:
        asked = (self._link.contract(query), end, duration, size, what, regular, 2, False, [])
        found = self._link.asked("reqHistoricalData", *asked, told="historicalData", ends="historicalDataEnd")
        return [facts.bar(bar, average=bar.wap) for (bar,) in found]

    def head_timestamp(self, query: Fields, what: str) -> Answer:
        asked = (self._link.contract(query), what, 1, 2)
        ((head,),) = self._link.asked("reqHeadTimeStamp", *asked, told="headTimestamp", ends="headTimestamp")
        return facts.at(head)

    def ticks(self, query: Fields, *, start: str, end: str, count: int, what: str) -> Answer:
        asked = (self._link.contract(query), start, end, count, what, 1, False, [])
        found = self._link.asked("reqHistoricalTicks", *asked, told=_TICKS[what], ends=_TICKS[what])
        return [facts.past_tick(tick, what) for ticks, _ in found for tick in ticks]

    def schedule(self, query: Fields, *, end: str, days: int) -> Answer:
        asked = (self._link.contract(query), end, f"{days} D", "1 day", "SCHEDULE", True, 1, False, [])
        ((_, _, zone, sessions),) = self._link.asked(
            "reqHistoricalData", *asked, told="historicalSchedule", ends="historicalSchedule"
        )
        return facts.schedule(zone, sessions)
