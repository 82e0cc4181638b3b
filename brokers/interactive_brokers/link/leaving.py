"""How a connection is ended when there is time: what still has to leave leaves first."""

from __future__ import annotations

import asyncio
from typing import Any

from brokers.interactive_brokers.link.session import Session

# Seconds. A cancel waits for one window of IB's 50 messages a second, and longer behind 50 others.
CANCELS_LEAVE_WITHIN = 2.0
SOCKET_CLOSES_WITHIN = 2.0


async def take_leave(session: Session, closed: asyncio.Future[str]) -> None:
    """Orders and changes that wait are withdrawn, and cancels leave; what hasn't left in time is withdrawn too.

    `closed` is done once the socket is.
    """
    session.outbox.stop_orders()
    leaving = asyncio.create_task(session.outbox.until_cancels_have_left(), name="ib-last-cancels")
    try:
        ended: set[asyncio.Future[Any]] = {leaving, closed}
        await asyncio.wait(ended, timeout=CANCELS_LEAVE_WITHIN, return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
    session.close()
    await asyncio.wait({closed}, timeout=SOCKET_CLOSES_WITHIN)
