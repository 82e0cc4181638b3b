"""The API's handshake with a gateway, and why it failed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from brokers.interactive_brokers import errors
from brokers.interactive_brokers.link.session import Session
from brokers.refusals import ClientIdInUse, GatewayUnreachable, HandshakeTimedOut

# The newest error that named no request: IB's code, 0 when there was none, and its text.
LastError = tuple[int, str]


async def shake_hands(
    session: Session,
    *,
    host: str,
    port: int,
    client_id: int,
    deadline: float,
    closed: asyncio.Future[str],
    last_error: Callable[[], LastError],
) -> None:
    """Raises GatewayUnreachable, HandshakeTimedOut or ClientIdInUse.

    `closed` is done, with a sentence that says why, once the connection has ended.
    """
    handshake = asyncio.create_task(session.handshake(host, port, client_id), name="ib-handshake")
    try:
        outcomes: set[asyncio.Future[Any]] = {handshake, closed}
        await asyncio.wait(outcomes, timeout=deadline, return_when=asyncio.FIRST_COMPLETED)
    finally:
        in_time, hung_up = handshake.done(), closed.done()
        handshake.cancel()
    await asyncio.wait({handshake})
    if in_time:
        _raise_unreachable(handshake, f"{host}:{port}")
    if hung_up:
        _raise_hung_up(last_error(), reason=closed.result(), client_id=client_id)
    if not in_time:
        _raise_client_id_in_use(last_error(), client_id=client_id)
        raise HandshakeTimedOut(f"The gateway did not answer the handshake within {deadline:g} s.")


def _raise_unreachable(handshake: asyncio.Task[None], address: str) -> None:
    try:
        handshake.result()
    except OSError as error:
        raise GatewayUnreachable(f"Nothing answers at {address}. Check that the gateway runs.") from error


def _raise_hung_up(said: LastError, *, reason: str, client_id: int) -> None:
    _raise_client_id_in_use(said, client_id=client_id)
    why = errors.as_reason(*said) if said[0] else reason
    raise GatewayUnreachable(f"The connection ended during the handshake. {why}")


def _raise_client_id_in_use(said: LastError, *, client_id: int) -> None:
    if said[0] == errors.CLIENT_ID_IN_USE:
        raise ClientIdInUse(
            f"Another session is connected to this gateway with client id {client_id}. "
            "It has to end before this one can begin."
        )
