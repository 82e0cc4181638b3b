"""One question and one answer per connection: a JSON object on a line, of bounded length and in bounded time."""

from __future__ import annotations

import asyncio
import json
from typing import Any

# Bytes. A question is a login at most, or the names of all accounts; an answer is a log at most.
LONGEST_FRAME = 4 * 1024 * 1024
FRAME_DEADLINE = 5.0

Frame = dict[str, Any]


class BadFrame(Exception):
    """What came is no question or answer of ours. The text quotes none of it: it could be a login."""


async def read_frame(reader: asyncio.StreamReader, *, deadline: float = FRAME_DEADLINE) -> Frame:
    """Raises BadFrame. `reader` was made with LONGEST_FRAME as its limit."""
    try:
        async with asyncio.timeout(deadline):
            line = await reader.readuntil(b"\n")
    except TimeoutError:
        raise BadFrame(f"nothing whole came within {deadline:g} s") from None
    except asyncio.LimitOverrunError:
        raise BadFrame(f"it is longer than {LONGEST_FRAME} bytes") from None
    except (asyncio.IncompleteReadError, OSError):
        raise BadFrame("the connection ended in the middle of it") from None
    return _parse(line)


async def write_frame(writer: asyncio.StreamWriter, frame: Frame, *, deadline: float = FRAME_DEADLINE) -> None:
    """Raises OSError and TimeoutError."""
    async with asyncio.timeout(deadline):
        writer.write(json.dumps(frame, ensure_ascii=False).encode(errors="replace") + b"\n")
        await writer.drain()


def _parse(line: bytes) -> Frame:
    try:
        frame = json.loads(line)
    except (ValueError, RecursionError):
        raise BadFrame("it is no JSON") from None
    if not isinstance(frame, dict):
        raise BadFrame("it is no JSON object")
    return frame
