"""The control port: verbs from outside the process, one JSON object a line, each answered by one.

    {"do": "drop_link", "seconds": 3}          ->  {"ok": true}
    {"do": "drop_lnik"}                        ->  {"ok": false, "error": "no verb is called 'drop_lnik' ..."}

It has no password, so it listens on the loopback interface alone; and what is not JSON ends the connection, so that
no web page can speak to it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

from brokers.simulator.scenario.scenario import Scenario, VerbRefused
from brokers.simulator.scenario.steps import parse_json, read_call

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
LONGEST_LINE = 64 * 1024


class NotAVerb(Exception):
    """A line that no client of this port sends."""


class Control:
    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._listener: asyncio.Server | None = None

    async def listen(self, port: int) -> int:
        """Returns the port, which the system chose when `port` is 0. Raises OSError."""
        self._listener = await asyncio.start_server(self._accept, LOOPBACK, port, limit=LONGEST_LINE)
        bound: int = self._listener.sockets[0].getsockname()[1]
        return bound

    async def close(self) -> None:
        if self._listener is not None:
            self._listener.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections[task] = writer
            task.add_done_callback(self._connections.pop)
        try:
            await self._serve(reader, writer)
        except NotAVerb as error:
            writer.write(_line({"ok": False, "error": str(error)}))
        except (ConnectionError, asyncio.CancelledError):
            log.info("a control connection ended")
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await _read_line(reader):
            writer.write(_line(await self._answer(line)))
            await writer.drain()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        request = _parse(line)
        try:
            answer = await self._scenario.perform(read_call(request.pop("do", None), request), by="control")
        except VerbRefused as refusal:
            return {"ok": False, "error": str(refusal)}
        except Exception as error:  # a fault of this program ends neither the connection nor the gateway
            log.exception("a verb failed: %r", line[:200])
            return {"ok": False, "error": f"the verb failed: {error!r}; the log has the rest"}
        return {"ok": True, **answer}


async def _read_line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readline()
    except ValueError as error:
        raise NotAVerb(f"a line is longer than {LONGEST_LINE} bytes") from error


def _parse(line: bytes) -> dict[str, Any]:
    try:
        request = parse_json(line)
    except ValueError as error:
        raise NotAVerb(f'a line is not JSON ({error}); it is an object like {{"do": "help"}}') from error
    if not isinstance(request, dict):
        raise NotAVerb(f'a line is an object like {{"do": "help"}}, not {request!r:.60}')
    return request


def _line(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, default=str).encode() + b"\n"
