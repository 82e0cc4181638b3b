"""Profit and loss of what one link's accounts hold, as the broker last said it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from brokers.domain import ProfitAndLoss
from brokers.node import TradingNode
from webapp.trading.amounts import plain_or_none

# Seconds for the broker's first word on what was just subscribed. Less than an answer may take.
FIRST_WORD_DEADLINE = 2.5

# An account code, and one of its instruments or None for all of it.
Subject = tuple[str, int | None]


class Profits:
    """Subscribed when somebody first asks. Called on the loop alone."""

    def __init__(self, *, node: TradingNode, held: Callable[[], set[tuple[str, int]]]) -> None:
        self._node = node
        self._held = held
        self._followed: set[tuple[str, int]] = set()
        self._newest: dict[Subject, ProfitAndLoss] = {}
        self._waited_for: set[Subject] = set()
        self._news = asyncio.Event()

    def put(self, said: ProfitAndLoss) -> None:
        self._newest[said.account_code, said.con_id] = said
        self._news.set()

    def forget(self) -> None:
        """The broker is out of reach: what it said before is no answer to what is asked now."""
        self._newest.clear()
        self._waited_for.clear()

    async def newest(self) -> list[ProfitAndLoss]:
        """Of every account and each held position that the broker has said anything of. Raises LinkLost."""
        wanted = self._follow()
        await self._first_words(wanted)
        return [self._newest[subject] for subject in wanted if subject in self._newest]

    def _follow(self) -> list[Subject]:
        """Subscribe what is held and no longer what isn't; all that is followed now."""
        self._node.account.subscribe_profit_and_loss()
        held = self._held()
        for subject in held:
            self._node.account.subscribe_position_profit_and_loss(*subject)
        for subject in self._followed - held:
            self._drop(subject)
        self._followed = held
        return [*((code, None) for code in self._node.account_codes), *sorted(held)]

    def _drop(self, subject: tuple[str, int]) -> None:
        self._node.account.unsubscribe_position_profit_and_loss(*subject)
        self._newest.pop(subject, None)
        self._waited_for.discard(subject)

    async def _first_words(self, wanted: list[Subject]) -> None:
        """Once for each: what the broker never speaks of must not hold up every answer."""
        silent = set(wanted) - self._newest.keys() - self._waited_for
        with suppress(TimeoutError):  # what stayed silent is left out of the answer, and so told as unknown
            async with asyncio.timeout(FIRST_WORD_DEADLINE):
                while silent - self._newest.keys():
                    self._news.clear()
                    await self._news.wait()
        self._waited_for |= silent


def as_body(said: ProfitAndLoss) -> dict[str, Any]:
    """Amounts as decimal text in the account's base currency, or None; `at` in UTC; `con_id` None for an account."""
    return {
        "account_code": said.account_code,
        "con_id": said.con_id,
        "daily": plain_or_none(said.daily),
        "unrealized": plain_or_none(said.unrealized),
        "realized": plain_or_none(said.realized),
        "position": plain_or_none(said.position),
        "value": plain_or_none(said.value),
        "at": said.at.isoformat(),
    }
