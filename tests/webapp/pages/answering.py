"""A worker's end of the doorbell: answers what pages ask, as a session would."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

from webapp.bus import doorbell, questions
from webapp.bus import redis as bus_redis

DEADLINE = 20.0


@dataclass
class Answering:
    """What was asked, oldest first: the question's name and its body."""

    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def question(self) -> tuple[str, dict[str, Any]]:
        [only] = self.asked
        return only


@contextmanager
def answering(
    body: dict[str, Any] | None = None, *, refused: str = "", **by_name: dict[str, Any]
) -> Iterator[Answering]:
    """Each question gets `body`, or the answer that is given under its name; or all are refused with a sentence."""
    seen, listening = Answering(), Event()

    async def answer_all() -> None:
        async with bus_redis.async_client() as connection:
            async for message in doorbell.listen(connection):
                if "question" not in message:
                    listening.set()
                    continue
                seen.asked.append((message["question"], message["body"]))
                if refused:
                    await questions.refuse(connection, message, refused)
                else:
                    await questions.answer(connection, message, by_name.get(message["question"], body or {}))

    with in_a_thread(answer_all()):
        assert listening.wait(DEADLINE)
        yield seen


@contextmanager
def in_a_thread(coroutine: Coroutine[Any, Any, None]) -> Iterator[None]:
    """Runs until the block ends, on a loop of its own."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(coroutine)
    thread = Thread(target=loop.run_forever)
    task.add_done_callback(lambda _: loop.stop())
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(DEADLINE)
        loop.close()
