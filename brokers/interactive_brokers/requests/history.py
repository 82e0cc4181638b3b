"""Requests about the past. A question that is given up is cancelled at IB, so that it doesn't stay open there."""

# mypy: disable-error-code="no-untyped-call"
# The library's client carries no annotations: they are given here.

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from ib_insync import BarData, Contract

from brokers.domain import BarSize, WhatToShow
from brokers.interactive_brokers.requests.parts import Parts

# Of intraday bars, IB then tells the seconds since 1970 and not a local time; of longer ones the date in any case.
_IN_SECONDS = 2
MOST_TICKS = 1000


class HistoryRequests:
    """Not by the library's own, which answer with nothing when their deadline has passed."""

    def __init__(self, parts: Parts) -> None:
        self._ib, self._wrapper, self._client = parts

    async def bars(
        self,
        contract: Contract,
        *,
        end: datetime | None,
        span: timedelta,
        bar_size: BarSize,
        what_to_show: WhatToShow,
        regular_hours_only: bool,
    ) -> list[BarData]:
        """The bars of the `span` before `end` (or now), as IB sent them. IB counts a span of days in trading days."""
        request_id = self._client.getReqId()
        future = self._wrapper.startReq(request_id, contract)
        self._client.reqHistoricalData(
            request_id, contract, "" if end is None else _moment(end), duration(span), bar_size.value,
            what_to_show.value, regular_hours_only, _IN_SECONDS, False, [],
        )  # fmt: skip
        try:
            answer: list[BarData] = await future
        except asyncio.CancelledError:
            self.end_bars(request_id)
            raise
        return answer

    def keep_bars(
        self,
        contract: Contract,
        *,
        span: timedelta,
        bar_size: BarSize,
        what_to_show: WhatToShow,
        regular_hours_only: bool,
    ) -> tuple[int, asyncio.Future[list[BarData]]]:
        """The request's id, and its first answer: the bars of the last `span`. What follows is told by `wrapper`."""
        request_id = self._client.getReqId()
        future: asyncio.Future[list[BarData]] = self._wrapper.startReq(request_id, contract)
        self._client.reqHistoricalData(
            request_id, contract, "", duration(span), bar_size.value, what_to_show.value,
            regular_hours_only, _IN_SECONDS, True, [],
        )  # fmt: skip
        return request_id, future

    def end_bars(self, request_id: int) -> None:
        self._wrapper.forget_request(request_id)
        if self._client.isReady():
            self._client.cancelHistoricalData(request_id)

    async def ticks(
        self,
        contract: Contract,
        *,
        start: datetime,
        what_to_show: WhatToShow,
        regular_hours_only: bool,
    ) -> list[Any]:
        """The first `MOST_TICKS` ticks from `start` on, and the rest of the last one's second."""
        request_id = self._client.getReqId()
        future = self._wrapper.startReq(request_id, contract)
        self._client.reqHistoricalTicks(
            request_id, contract, _moment(start), "", MOST_TICKS, what_to_show.value, regular_hours_only, False, []
        )
        try:
            answer: list[Any] = await future
        except asyncio.CancelledError:
            self._wrapper.forget_request(request_id)  # IB has no word for cancelling this one
            raise
        return answer


def duration(span: timedelta) -> str:
    """In IB's units: seconds within a day, up to 365 days, then years."""
    if span < timedelta(days=1):
        return f"{max(1, round(span.total_seconds()))} S"
    days = -(-span // timedelta(days=1))
    return f"{days} D" if days <= 365 else f"{-(-days // 365)} Y"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%d %H:%M:%S UTC")
