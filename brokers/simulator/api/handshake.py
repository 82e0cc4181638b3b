"""The first words of a connection: which version of the protocol both sides speak."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import datetime

from brokers.simulator.clock import ib_time
from brokers.simulator.wire import GREETING, SERVER_VERSION, WireError, encode, read_frame

_VERSIONS = re.compile(rb"v(\d{1,4})(?:\.\.(\d{1,4}))?(?: [ -~]*)?")


async def agree(reader: asyncio.StreamReader, *, seconds: float, now: Callable[[], datetime]) -> bytes:
    """Reads the client's greeting and returns the answer's frame, which tells the time. Raises WireError for what is no
    client.

    Messages are laid out for one version alone, so a client must take exactly that.
    """
    try:
        async with asyncio.timeout(seconds):
            greeting = await reader.readexactly(len(GREETING))
            versions = await read_frame(reader) if greeting == GREETING else None
    except asyncio.IncompleteReadError as error:
        raise WireError("the connection ended before its greeting did") from error
    except TimeoutError as error:
        raise WireError(f"no greeting within {seconds:g} s") from error
    _check_versions(versions)
    return encode([SERVER_VERSION, ib_time(now())])


def _check_versions(versions: bytes | None) -> None:
    if versions is None:
        raise WireError("the greeting is not that of an API client")
    spoken = _VERSIONS.fullmatch(versions.rstrip(b"\0"))
    if spoken is None:
        raise WireError(f"{versions[:60]!r} are no versions")
    oldest, newest = int(spoken[1]), int(spoken[2] or spoken[1])
    if not oldest <= SERVER_VERSION <= newest:
        raise WireError(f"the client speaks versions {oldest} to {newest}, and this gateway {SERVER_VERSION}")
