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
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import TypeVar

from brokers.gateways.base import Endpoint, GatewayError, GatewayLoginFailed, GatewaySpec
from brokers.gateways.identity import ProcessIdentity, find_by_arguments
from brokers.gateways.recorded import Record, RecordedProcess, write_private
from brokers.gateways.relay_process import RelayProcess
from brokers.gateways.spawning import HOST, free_port, spawn

PROGRAM = "brokers.simulator"
LOGIN_REFUSED_STATUS = 3
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
        self._lifelines: dict[str, int] = {}  # by name: the open end of the pipe that is the gateway's standard input

    async def start(self, spec: GatewaySpec) -> Endpoint:
        """Starts it, or returns the one that already runs under this name with this login and mode."""
        home = self._home(spec.name)
        running = home.gateway.read()
        if running is not None and running["login"] != _login(spec):
            await self.stop(spec.name)
        return await _seen_through(asyncio.to_thread(self._start_both, home, spec))

    async def wait_logged_in(self, endpoint: Endpoint, *, deadline: float) -> None:
        """Returns once it says that it listens. `deadline` is in seconds from now."""
        home = self._home_of(endpoint)
        try:
            async with asyncio.timeout(deadline):
                while not home.listens():
                    if not home.gateway.alive():
                        raise home.failure()
                    await asyncio.sleep(_LOOK_EVERY)
        except TimeoutError:
            raise GatewayError(f"The gateway did not log in within {deadline:g} s.") from None
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
        return self._home(name).log_lines()[-lines:]

    def _start_both(self, home: _Home, spec: GatewaySpec) -> Endpoint:
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

    def _start(self, home: _Home, spec: GatewaySpec) -> Record:
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

    def _home(self, name: str) -> _Home:
        if not _NAME.fullmatch(name):
            raise GatewayError(f"{name!r} can't be a gateway's name: letters, digits, - and _ can.")
        return _Home(self._folder / name)

    def _home_of(self, endpoint: Endpoint) -> _Home:
        for home in _homes(self._folder):
            if home.gateway.record() is not None and home.endpoint() == endpoint:
                return home
        raise GatewayError(f"The gateway {endpoint.gateway_id} is not known here any more.")


def sweep(folder: Path) -> list[str]:
    """Ends every gateway that a killed owner left behind in `folder`, and returns their names.

    Also one whose owner died between its start and the writing of its record: its ledger's path is in its arguments.
    """
    folder = folder.resolve()
    ended = [home.path.name for home in _homes(folder) if home.end(grace=GRACE)]
    for home in _homes(folder):
        for stray in home.strays():
            stray.end(grace=GRACE)
            ended.append(home.path.name)
    return ended


class _Home:
    """One gateway's folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ledger = path / "ledger.jsonl"
        self.password = path / "password"
        self.log = path / "gateway.log"
        self.gateway = RecordedProcess(path / "gateway.json")
        self.relay = RelayProcess(path)

    def prepare(self) -> None:
        for folder in (self.path.parent, self.path):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.chmod(0o700)
        os.close(os.open(self.ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))

    def endpoint(self) -> Endpoint:
        """Where it's reached: at its relay, when it has one. Raises GatewayError without a record of a gateway."""
        record, relay_port = self.gateway.record(), self.relay.port
        if record is None:
            raise GatewayError(f"The gateway {self.path.name} has ended.")
        port = int(record["port"]) if relay_port is None else relay_port
        return Endpoint(HOST, port, f"process {record['pid']}", behind_relay=relay_port is not None)

    def strays(self) -> list[ProcessIdentity]:
        """Gateways on this ledger, recorded or not. Whoever only reads the ledger is none."""
        return find_by_arguments(PROGRAM, str(self.ledger))

    def listens(self) -> bool:
        return any(line.startswith("listening on ") for line in self.log_lines()) and self.gateway.alive()

    def failure(self) -> GatewayError:
        """Why it ended. The exit status is known to its parent alone, the log to everyone."""
        identity = self.gateway.identity()
        status = identity.exit_status() if identity is not None else None
        refused = any(line.startswith("login failed") for line in self.log_lines())
        if status == LOGIN_REFUSED_STATUS or refused:
            return GatewayLoginFailed("Interactive Brokers refused this username and password.")
        return GatewayError(f"The gateway ended while it was logging in (exit status {status}).")

    def log_lines(self) -> list[str]:
        """Of this run. The password is masked while it's still here; afterwards nothing knows it."""
        try:
            text = self.log.read_text(errors="replace")
        except FileNotFoundError:
            return []
        secret = self.password.read_text() if self.password.exists() else ""
        return (text.replace(secret, "***") if secret else text).splitlines()

    def forget_password(self) -> None:
        self.password.unlink(missing_ok=True)

    def end(self, *, grace: float) -> bool:
        """Whether there was something to end. The relay first: nobody comes through to a gateway that is ending."""
        relay_ended = self.relay.end()
        ended = self.gateway.end(grace=grace)
        self.forget_password()
        return ended or relay_ended


def _homes(folder: Path) -> list[_Home]:
    return [_Home(path) for path in sorted(folder.iterdir()) if path.is_dir()] if folder.is_dir() else []


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


def _start(home: _Home, spec: GatewaySpec, arguments: Sequence[str], *, stdin: int | None = None) -> Record:
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


def _command(home: _Home, spec: GatewaySpec, port: int, *, ends_with_stdin: bool) -> list[str]:
    command = [sys.executable, "-m", PROGRAM, "--host", HOST, "--port", str(port)]
    command += ["--ledger", str(home.ledger), "--username", spec.username, "--password-file", str(home.password)]
    command += ["--trading-mode", spec.trading_mode.value]
    command += ["--end-with-stdin"] if ends_with_stdin else []
    return [*command, "--read-only"] if spec.read_only else command


def _login(spec: GatewaySpec) -> str:
    return f"{spec.username} {spec.trading_mode.value} {'read-only' if spec.read_only else 'trading'}"
