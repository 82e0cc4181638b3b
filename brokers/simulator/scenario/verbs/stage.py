"""What verbs act on: the gateway and its server once they are there, the login before that, and time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from brokers.simulator.api.server import Server
from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.connections.session import Session
from brokers.simulator.gateway import Gateway
from brokers.simulator.login import Broker
from brokers.simulator.messages.session import NO_REQUEST
from brokers.simulator.scenario.verbs.table import VerbRefused, nearest

log = logging.getLogger(__name__)

# What is put off under this name.
PORT_OPENS = "the port opens again"

# Contract ids have 32 bits.
_LONGEST_CON_ID = 10


class Stage:
    """`say` gets the lines that a runtime waits for; `end` ends the whole with an exit status."""

    def __init__(self, *, broker: Broker, say: Callable[[str], None], end: Callable[[int], None]) -> None:
        self.broker = broker
        self.say = say
        self.end = end
        # Whether the login has run out and waits to be confirmed: no client can connect before it is.
        self.is_login_expired = False
        # Who holds it opens the port, or closes it for an expired login: never two at once.
        self.port_lock = asyncio.Lock()
        # The instruments whose market a verb put somewhere: it stays there when a halt ends.
        self.held: set[int] = set()
        self._gateway: Gateway | None = None
        self._server: Server | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def set_gateway(self, gateway: Gateway, server: Server) -> None:
        self._gateway, self._server = gateway, server

    @property
    def is_logged_in(self) -> bool:
        return self._gateway is not None

    @property
    def gateway(self) -> Gateway:
        if self._gateway is None:
            raise VerbRefused("nobody is logged in yet, so there is no gateway to act on")
        return self._gateway

    @property
    def server(self) -> Server:
        if self._server is None:
            raise VerbRefused("nobody is logged in yet, so no client can connect")
        return self._server

    def tell_all(self, code: int, text: str) -> None:
        for session in self.gateway.sessions:
            session.error(NO_REQUEST, code, text)

    def session(self, client_id: int) -> Session:
        session = self.gateway.sessions.get(client_id)
        if session is None:
            connected = ", ".join(str(one.client_id) for one in self.gateway.sessions) or "none"
            raise VerbRefused(f"client {client_id} is not connected; connected are: {connected}")
        return session

    def instrument(self, named: str) -> Instrument:
        """By contract id, local symbol or symbol, in this order; a symbol of several instruments is refused."""
        by_con_id = self.gateway.catalogue.get(int(named)) if _is_con_id(named) else None
        if by_con_id is not None:
            return by_con_id
        listed = list(self.gateway.catalogue)
        for key in (_local_symbol, _symbol):
            found = [one for one in listed if key(one) == named.upper()]
            if len(found) == 1:
                return found[0]
            if found:
                which = ", ".join(f"{one.con_id} {one.security_type} {one.local_symbol}" for one in found[:8])
                raise VerbRefused(f"{named!r} names {len(found)} instruments; take one's contract id: {which}")
        raise VerbRefused(f"no instrument is called {named!r}{nearest(named, map(_symbol, listed))}")

    async def open_port(self, port: int | None = None) -> None:
        """Opens the API port (the same again, when none is named) and says so.

        Raises VerbRefused when it is taken, and while the login is expired.
        """
        async with self.port_lock:
            self.refuse_when_expired()
            if port is not None or not self.server.is_listening:
                await self._listen(port)

    async def _listen(self, port: int | None) -> None:
        server = self.server
        try:
            await server.listen_again(port)
        except OSError as error:
            which = server.port if port is None else port
            raise VerbRefused(f"can't listen on port {which}: {error.strerror}; 0 takes a free one") from error
        self.say(f"listening on {server.address}")

    def refuse_when_expired(self) -> None:
        """Raises VerbRefused while the login has to be confirmed again: that opens the port, and nothing else does."""
        if self.is_login_expired:
            raise VerbRefused("the login has expired; approve confirms it, and the port opens then")

    def later(self, what: str, seconds: float, act: Callable[[], None]) -> None:
        """Puts something off. It comes in place of whatever was put off under the same name."""

        def fire() -> None:
            del self._timers[what]
            act()

        self.never_mind(what)
        self._timers[what] = asyncio.get_running_loop().call_later(seconds, fire)

    def never_mind(self, what: str) -> None:
        """What was put off under this name doesn't happen any more."""
        timer = self._timers.pop(what, None)
        if timer is not None:
            timer.cancel()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Work that outlives the verb that asked for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finish)

    def _finish(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a step of the scenario failed", exc_info=task.exception())

    async def close(self) -> None:
        """Nothing that was begun or put off happens any more."""
        for what in list(self._timers):
            self.never_mind(what)
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _is_con_id(named: str) -> bool:
    """A number longer than any contract id isn't read: it may be too long to be."""
    return named.isdecimal() and len(named) <= _LONGEST_CON_ID


def _local_symbol(instrument: Instrument) -> str:
    return instrument.local_symbol.upper()


def _symbol(instrument: Instrument) -> str:
    return instrument.symbol.upper()
