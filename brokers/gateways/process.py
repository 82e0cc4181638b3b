"""Gateways as processes of this machine: the simulator, for the demo and for tests.

A gateway's files are in a folder of its own, which only this user can read:

    gateway.json   which process it is, and its own port, which nobody but its relay is told
    password       while the login lasts, and no longer
    gateway.log    what this run printed; gateway.log.1 is the run before
    ledger.jsonl   what the simulated broker knows of the account; it outlives the gateway
    relay.*        its relay's, when its starter has a key for one (see `relay_process`)

A gateway is a session of its own, so it outlives a worker that was killed, and is found again by its record. Where
nobody would look for it again, it can be told to end with whoever started it.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Awaitable, Collection, Sequence
from pathlib import Path
from typing import TypeVar

from brokers.gateways.base import Endpoint, GatewayError, GatewaySpec, LoginWord, Tell, tell_nobody
from brokers.gateways.home import PROGRAM, Home, homes
from brokers.gateways.masks import Mask, masked
from brokers.gateways.recorded import Record, write_private
from brokers.gateways.spawning import HOST, free_port, spawn
from brokers.gateways.waiting import until_logged_in

GRACE = 5.0

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_LOOK_EVERY = 0.05

Result = TypeVar("Result")


class ProcessRuntime:
    """A GatewayRuntime. `folder` holds one folder for each gateway.

    With `ends_with_us` its gateways end when this process does, even when it's killed. They have no relay: nobody else
    could ever take them over. `simulator_arguments` go to every simulator that it starts: `--hours exchange`, or
    `--control-port 0` to make it fail on purpose.
    """

    def __init__(self, folder: Path, *, ends_with_us: bool = False, simulator_arguments: Sequence[str] = ()) -> None:
        self._folder = folder.resolve()
        self._arguments = tuple(simulator_arguments)
        self._ends_with_us = ends_with_us
        self._masks: dict[str, list[Mask]] = {}  # by name: of the logins that were seen here
        self._lifelines: dict[str, int] = {}  # by name: the open end of the pipe that is the gateway's standard input

    async def start(self, spec: GatewaySpec) -> Endpoint:
        """Starts it, or returns the one that already runs under this name with this login and mode."""
        home = self._home(spec.name)
        self._masks[spec.name] = [Mask(spec.password), Mask(spec.username)]
        running = home.gateway.read()
        if running is not None and running["login"] != _login(spec):
            await self.stop(spec.name)
        return await _seen_through(asyncio.to_thread(self._start_both, home, spec))

    async def wait_logged_in(self, endpoint: Endpoint, *, deadline: float, tell: Tell = tell_nobody) -> None:
        """Returns once it says that it listens. `deadline` is in seconds from now."""
        home = self._home_of(endpoint)

        async def look() -> list[LoginWord] | None:
            return home.login_words()

        try:
            await until_logged_in(look, every=_LOOK_EVERY, deadline=deadline, tell=tell)
        finally:
            home.forget_password()

    async def find(self, name: str) -> Endpoint | None:
        home = self._home(name)
        return home.endpoint() if home.gateway.alive() else None

    async def stop(self, name: str) -> None:
        """SIGTERM, five seconds, SIGKILL. The ledger and the log stay."""
        await asyncio.to_thread(self._home(name).end, grace=GRACE)
        self._let_go(name)

    async def logs(self, name: str, *, lines: int = 200) -> list[str]:
        """Of its newest run, also once that has ended. Masked is what was started or found by this object."""
        return await asyncio.to_thread(self._logs, self._home(name), lines)

    def _logs(self, home: Home, lines: int) -> list[str]:
        return masked(home.log_lines()[-lines:], self._masks.get(home.path.name, []))

    async def sweep(self, *, wanted: Collection[str], known: Collection[str], older_than: float) -> list[str]:
        """Of gateways that aren't known, the ledger and the logs go too."""
        return await asyncio.to_thread(self._sweep, frozenset(wanted), frozenset(known), older_than)

    def _sweep(self, wanted: frozenset[str], known: frozenset[str], older_than: float) -> list[str]:
        old = [home for home in homes(self._folder) if home.age() >= older_than]
        ended = {home.path.name for home in old if home.path.name not in wanted and home.end_all(grace=GRACE)}
        forgotten = [home for home in old if home.path.name not in known and home.path.name not in wanted]
        for home in forgotten:
            home.remove()
            self._masks.pop(home.path.name, None)
        return sorted(ended | {home.path.name for home in forgotten})

    def _start_both(self, home: Home, spec: GatewaySpec) -> Endpoint:
        running = home.gateway.read()
        record = running or self._start(home, spec)
        try:
            if spec.relay_key is not None and not self._ends_with_us:
                home.relay.ensure(spec.relay_key, upstream=int(record["port"]))
        except BaseException:
            if running is None:
                home.end(grace=GRACE)
            raise
        return home.endpoint()

    def _start(self, home: Home, spec: GatewaySpec) -> Record:
        if not self._ends_with_us:
            return _start(home, spec, self._arguments)
        self._let_go(spec.name)
        read_end, self._lifelines[spec.name] = os.pipe()  # no other child inherits them
        try:
            return _start(home, spec, self._arguments, stdin=read_end)
        finally:
            os.close(read_end)

    def _let_go(self, name: str) -> None:
        lifeline = self._lifelines.pop(name, None)
        if lifeline is not None:
            os.close(lifeline)

    def _home(self, name: str) -> Home:
        if not _NAME.fullmatch(name):
            raise GatewayError(f"{name!r} can't be a gateway's name: letters, digits, - and _ can.")
        return Home(self._folder / name)

    def _home_of(self, endpoint: Endpoint) -> Home:
        for home in homes(self._folder):
            if home.gateway.record() is not None and home.endpoint() == endpoint:
                return home
        raise GatewayError(f"The gateway {endpoint.gateway_id} is not known here any more.")


def sweep(folder: Path) -> list[str]:
    """Ends every gateway that a killed owner left behind in `folder`, and returns their names.

    Also one whose owner died between its start and the writing of its record: its ledger's path is in its arguments.
    """
    return [home.path.name for home in homes(folder.resolve()) if home.end_all(grace=GRACE)]


async def _seen_through(starting: Awaitable[Result]) -> Result:
    """A thread can't be called back. Whoever is cancelled meanwhile goes on only when it has ended, so that a stop that
    follows finds what it started.
    """
    task = asyncio.ensure_future(starting)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise


def _start(home: Home, spec: GatewaySpec, arguments: Sequence[str], *, stdin: int | None = None) -> Record:
    """With `stdin`, a pipe, it ends when that is closed at its other end. A relay of an earlier gateway ends."""
    home.relay.end()
    for stray in home.strays():  # two gateways on one account's ledger would tangle it
        stray.end(grace=GRACE)
    home.prepare()
    home.forget_password()
    write_private(home.password, spec.password)
    port = free_port()
    try:
        command = [*_command(home, spec, port, ends_with_stdin=stdin is not None), *arguments]
        identity = spawn(command, log=home.log, stdin=stdin)
    except OSError as error:
        home.forget_password()
        raise GatewayError(f"The gateway's process could not be started: {error}.") from error
    return home.gateway.write(identity, port=port, login=_login(spec))


def _command(home: Home, spec: GatewaySpec, port: int, *, ends_with_stdin: bool) -> list[str]:
    command = [sys.executable, "-m", PROGRAM, "--host", HOST, "--port", str(port)]
    command += ["--ledger", str(home.ledger), "--username", spec.username, "--password-file", str(home.password)]
    command += ["--trading-mode", spec.trading_mode.value]
    command += ["--end-with-stdin"] if ends_with_stdin else []
    return [*command, "--read-only"] if spec.read_only else command


def _login(spec: GatewaySpec) -> str:
    return f"{spec.username} {spec.trading_mode.value} {'read-only' if spec.read_only else 'trading'}"
