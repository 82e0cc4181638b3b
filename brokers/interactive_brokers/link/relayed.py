"""The library's connection through a relay: the preamble and its answer come before the first byte of the API."""

# mypy: disable-error-code="no-untyped-call"
# ruff: noqa: N802 - the name of what is overridden

from __future__ import annotations

import asyncio
import secrets

from ib_insync.connection import Connection

from brokers.gateways.relay import words
from brokers.gateways.relay.words import Admission, Answer, Verdict, WordsRefused
from brokers.refusals import FenceRefused, GatewayUnreachable


class RelayedConnection(Connection):
    def __init__(self, admission: Admission) -> None:
        super().__init__()
        self._admission = admission
        self._heard = b""  # before the welcome
        self._line: asyncio.Future[bytes] | None = None
        self._is_through = False

    async def connectAsync(self, host: str, port: int) -> None:
        """Returns once the relay lets us through. Raises FenceRefused, GatewayUnreachable and OSError.

        It has no deadline of its own: whoever shakes hands has one.
        """
        self._heard, self._is_through = b"", False
        await super().connectAsync(host, port)
        try:
            _require_welcome(await self._say_preamble())
        except WordsRefused as refusal:
            raise GatewayUnreachable(f"What answers at {host}:{port} is not this gateway's relay. {refusal}") from None
        self._pass_on()

    async def _say_preamble(self) -> Answer:
        challenge, nonce = words.read_greeting(await self._next_line()), secrets.token_hex(32)
        self.sendMsg(words.preamble(self._admission, challenge=challenge, nonce=nonce))
        return words.read_answer(await self._next_line(), key=self._admission.key, challenge=challenge, nonce=nonce)

    async def _next_line(self) -> bytes:
        self._line = asyncio.get_running_loop().create_future()
        self._look_for_line()
        return await self._line

    def _look_for_line(self) -> None:
        if self._line is None or self._line.done():
            return
        line, newline, rest = self._heard.partition(b"\n")
        if newline:
            self._heard = rest
            self._line.set_result(line)
        elif len(line) > words.LONGEST_LINE:
            self._line.set_exception(WordsRefused(f"It said {len(line)} bytes without an end of line."))

    def _pass_on(self) -> None:
        """What came behind the welcome is the gateway's, as is all from here on."""
        self._is_through, rest, self._heard = True, self._heard, b""
        if rest:
            super().data_received(rest)

    def data_received(self, data: bytes) -> None:
        if self._is_through:
            super().data_received(data)
        else:
            self._heard += data
            self._look_for_line()


def _require_welcome(answer: Answer) -> None:
    if answer.verdict is Verdict.OUTDATED:
        raise FenceRefused(answer.sentence)
    if answer.verdict is not Verdict.WELCOME:
        raise GatewayUnreachable(answer.sentence)
