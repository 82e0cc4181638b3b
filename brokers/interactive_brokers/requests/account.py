"""Requests about money and positions. What is given up is cancelled at IB, so that it doesn't pile up there."""

# mypy: disable-error-code="no-untyped-call"
# The library's client carries no annotations: they are given here.

from __future__ import annotations

import asyncio
from typing import Any

from ib_insync import Contract

from brokers.interactive_brokers.requests.parts import Parts

# What IB says of one position: account code, contract, size, average cost.
SaidPosition = tuple[str, Contract, float, float]


class AccountRequests:
    def __init__(self, parts: Parts) -> None:
        self._ib, self._wrapper, self._client = parts

    async def positions(self) -> list[SaidPosition]:
        answer: list[Any] = await self._wrapper.answer_by_name("positions", self._client.reqPositions)
        return answer

    async def account_summary(self, tags: str) -> int:
        """Subscribes to the summary of every account and returns its request id once the first values are in."""
        request_id = self._client.getReqId()
        future = self._wrapper.startReq(request_id)
        self._client.reqAccountSummary(request_id, "All", tags)
        try:
            await future
        except asyncio.CancelledError:
            self.end_account_summary(request_id)
            raise
        return request_id

    def end_account_summary(self, request_id: int) -> None:
        self._wrapper.forget_request(request_id)
        if self._client.isReady():
            self._client.cancelAccountSummary(request_id)

    async def account_updates(self, account_code: str) -> None:
        """All figures of one account, told as they come; returns once IB says that they are all."""
        request_id = self._client.getReqId()
        future = self._wrapper.startReq(request_id)
        try:
            self._client.reqAccountUpdatesMulti(request_id, account_code, "", False)
            await future
        finally:
            self._wrapper.forget_request(request_id)
            if self._client.isReady():
                self._client.cancelAccountUpdatesMulti(request_id)

    def open_profit_and_loss(self, account_code: str, con_id: int | None) -> int:
        """Of an account, or of one position in it; returns the request's id."""
        request_id = self._client.getReqId()
        if con_id is None:
            self._client.reqPnL(request_id, account_code, "")
        else:
            self._client.reqPnLSingle(request_id, account_code, "", con_id)
        return request_id

    def close_profit_and_loss(self, request_id: int, con_id: int | None) -> None:
        if con_id is None:
            self._client.cancelPnL(request_id)
        else:
            self._client.cancelPnLSingle(request_id)
