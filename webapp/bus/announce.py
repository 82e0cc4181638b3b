"""Tells open browsers of a numbered event, or that somebody's right to look has changed.

Few and small, so they go through the channel layer; quotes never do.

A thread of its own sends them, so that whoever wrote an event goes on at once: with Redis frozen, a worker would
otherwise write the broker's words at one in two seconds.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any
from uuid import UUID

import redis
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer

from webapp.bus import keys

logger = logging.getLogger(__name__)

# Seconds for one announcement, and how many may wait behind it.
_SECONDS = 2.0
_MOST_WAITING = 1000

_Announcement = tuple[UUID, dict[str, Any]]


def event(account_id: UUID, event_dict: dict[str, Any]) -> bool:
    """Send to the browsers that have the account open; the dict is JSON and carries its `number`.

    Returns at once and never raises for Redis: the row is the truth, and a browser that sees a number skipped fetches
    it. False, after a line in the log, when too many wait already.
    """
    return _announcer.put((account_id, {"type": "account.event", "event": event_dict}))


def access_changed(account_id: UUID) -> bool:
    """Who may see the account, or do what with it, is another: each open socket asks anew. As `event`, otherwise."""
    return _announcer.put((account_id, {"type": "account.access"}))


class _Announcer:
    """One thread with a loop for the process, started by the first announcement; it sends in their order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._up = threading.Event()
        self._waiting: asyncio.Queue[_Announcement] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def put(self, announcement: _Announcement) -> bool:
        loop, waiting = self._started()
        if waiting.qsize() >= _MOST_WAITING:
            _log_unsent(announcement, "too many wait")
            return False
        loop.call_soon_threadsafe(waiting.put_nowait, announcement)
        return True

    def _started(self) -> tuple[asyncio.AbstractEventLoop, asyncio.Queue[_Announcement]]:
        with self._lock:
            if self._loop is None:
                # A daemon: what still waits when the process ends is fetched by its browsers.
                threading.Thread(
                    target=lambda: asyncio.run(self._send_all()), name="announcements", daemon=True
                ).start()
                self._up.wait()
        assert self._loop is not None  # noqa: S101 - set before `_up`
        assert self._waiting is not None  # noqa: S101
        return self._loop, self._waiting

    async def _send_all(self) -> None:
        self._loop, self._waiting = asyncio.get_running_loop(), asyncio.Queue()
        self._up.set()
        while True:
            await _send_in_time(await self._waiting.get())


_announcer = _Announcer()


async def _send_in_time(announcement: _Announcement) -> None:
    """Not by cancelling what is late and waiting for its end: a cancellation can be lost in the client's own waits."""
    sending = asyncio.create_task(_send(*announcement))
    done, _ = await asyncio.wait({sending}, timeout=_SECONDS)
    if not done:
        sending.cancel()
        _log_unsent(announcement, f"Redis did not answer within {_SECONDS:g} s")
    elif isinstance(error := sending.exception(), redis.RedisError | ChannelFull | OSError):
        _log_unsent(announcement, f"{type(error).__name__} {error}")
    elif error is not None:
        logger.error("an announcement failed", exc_info=error)


async def _send(account_id: UUID, message: dict[str, Any]) -> None:
    message = {**message, "account": str(account_id)}
    await get_channel_layer().group_send(keys.account_group(account_id), message)


def _log_unsent(announcement: _Announcement, why: str) -> None:
    account_id, message = announcement
    what = f"event {message['event'].get('number')}" if "event" in message else "a change of access"
    logger.warning("%s of account %s wasn't announced, browsers will fetch it: %s", what, account_id, why)
