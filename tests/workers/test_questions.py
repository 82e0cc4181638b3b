from __future__ import annotations

import asyncio
import uuid
from typing import cast

import pytest

from webapp.bus import doorbell
from webapp.bus.redis import async_client
from webapp.trading import estimates
from webapp.trading.limits.newest_quotes import DEADLINE, NoQuote, newest_quote
from webapp.trading.models import Instrument
from workers import questions
from workers.asked import ReadyLink
from workers.database import Database
from workers.quotes import Conflator

AAPL = Instrument(con_id=265598)


async def answer_one(listening: asyncio.Event) -> None:
    """As a worker whose broker quotes nothing. Neither the link nor the database is asked for a quote."""
    async with async_client() as redis:
        async for message in doorbell.listen(redis):
            if "reconnected" in message:
                listening.set()
            elif message.get("question") == "quote":
                link, database = cast("ReadyLink", object()), cast("Database", object())
                await questions.answer(message, link=link, quotes=Conflator(), database=database, redis=redis)
                return


@pytest.mark.parametrize("deadline", [estimates.DEADLINE, DEADLINE])
async def test_whoever_waits_for_a_quote_is_told_that_the_broker_sends_none(deadline: float) -> None:
    listening = asyncio.Event()
    answering = asyncio.create_task(answer_one(listening))
    async with asyncio.timeout(20):
        await listening.wait()
        with pytest.raises(NoQuote, match=r"^the broker sends no price of it\.$"):
            await asyncio.to_thread(newest_quote, uuid.uuid4(), AAPL, deadline=deadline)
        await answering
