"""Requests about money and positions."""

# mypy: disable-error-code="no-untyped-call"
# The library's client carries no annotations: they are given here.

from __future__ import annotations

from typing import Any

from ib_insync import Contract

from brokers.interactive_brokers.requests.parts import Parts

# What IB says of one position: account code, contract, size, average cost.
SaidPosition = tuple[str, Contract, float, float]


class AccountRequests:
    def __init__(self, parts: Parts) -> None:
        self._ib, self._wrapper, self._client = parts

    async def positions(self) -> list[SaidPosition]:
        answer: list[Any] = await self._ib.reqPositionsAsync()
        return answer

    async def account_summary(self, tags: str) -> int:
        """Subscribes to the summary of every account and returns its request id once the first values are in."""
        request_id = self._client.getReqId()
        future = self._wrapper.startReq(request_id)
        self._client.reqAccountSummary(request_id, "All", tags)
        await future
        return request_id

    def end_account_summary(self, request_id: int) -> None:
        self._client.cancelAccountSummary(request_id)
