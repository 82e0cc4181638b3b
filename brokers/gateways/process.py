"""Gateways as processes of this machine: the simulator, for the demo and for tests.

A gateway's files are in a folder of its own, which only this user can read:

    gateway.json   which process it is, and its port
    password       while the login lasts, and no longer
    gateway.log    what this run printed; gateway.log.1 is the run before
    ledger.jsonl   what the simulated broker knows of the account; it outlives the gateway

A gateway is a session of its own, so it outlives a worker that was killed, and is found again by its record. Where
nobody would look for it again, it can be told to end with whoever started it.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import random
import re
import socket
import sys
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import TypeVar

import brokers
from brokers.gateways.base import Endpoint, GatewayError, GatewayLoginFailed, GatewaySpec
from brokers.gateways.identity import ProcessIdentity, find_by_arguments

HOST = "127.0.0.1"
PROGRAM = "brokers.simulator"
LOGIN_REFUSED_STATUS = 3
GRACE = 5.0

# Below the ports that Linux hands out by itself (32768 and up), so that nobody is given ours between our look at it
# and the end of the gateway's login, which is when it begins to listen.
_PORTS = range(20000, 32000)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_LOOK_EVERY = 0.05

Record = dict[str, str | int]
Result = TypeVar("Result")


class ProcessRuntime:
    """A GatewayRuntime. `folder` holds one folder for each gateway.

    With `ends_with_us` its gateways end when this process does, even when it's killed. `simulator_arguments` go to
    every simulator that it starts: `--hours exchange`, or `--control-port 0` to make it fail on purpose.
    """

    def __init__(self, folder: Path, *, ends_with_us: bool = False, simulator_arguments: Sequence[str] = ()) -> None:
        self._folder = folder.resolve()
        self._arguments = tuple(simulator_arguments)
        self._ends_with_us = ends_with_us
        self._lifelines: dict[str, int] = {}  # by name: the open end of the pipe that is the gateway's standard input

    async def start(self, spec: GatewaySpec) -> Endpoint:
        """Starts it, or returns the one that already runs under this name with this login and mode."""
        home = self._home(spec.name)
        running = home.read()
        if running is not None and running["login"] != _login(spec):
            await self.stop(spec.name)
        elif running is not None:
            return _endpoint(running)
        return await _seen_through(asyncio.to_thread(self._start, home, spec))

    async def wait_logged_in(self, endpoint: Endpoint, *, deadline: float) -> None:
        """Returns once it says that it listens. `deadline` is in seconds from now."""
        home = self._home_of(endpoint)
        try:
            async with asyncio.timeout(deadline):
                while not home.listens():
                    if not home.alive():
                        raise home.failure()
                    await asyncio.sleep(_LOOK_EVERY)
        except TimeoutError:
            raise GatewayError(f"The gateway did not log in within {deadline:g} s.") from None
        finally:
            home.forget_password()

    async def find(self, name: str) -> Endpoint | None:
        record = self._home(name).read()
        return _endpoint(record) if record is not None else None

    async def stop(self, name: str) -> None:
        """SIGTERM, five seconds, SIGKILL. The ledger and the log stay."""
        await asyncio.to_thread(self._home(name).end, grace=GRACE)
        self._let_go(name)

    async def logs(self, name: str, *, lines: int = 200) -> list[str]:
        return self._home(name).log_lines()[-lines:]

    def _start(self, home: _Home, spec: GatewaySpec) -> Endpoint:
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
            record = home.record()
            if record is not None and _endpoint(record) == endpoint:
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
        self._record = path / "gateway.json"

    def prepare(self) -> None:
        for folder in (self.path.parent, self.path):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.chmod(0o700)
        os.close(os.open(self.ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))

    def record(self) -> Record | None:
        """What was written down of the last start, whether or not it still runs."""
        try:
            record: Record = json.loads(self._record.read_text())
        except (FileNotFoundError, json.JSONDecodeError):  # a record cut short by a crash is none
            return None
        return record

    def read(self) -> Record | None:
        """The record of a gateway that runs."""
        return self.record() if self.alive() else None

    def write(self, record: Record) -> None:
        draft = self._record.with_suffix(".draft")
        _write_private(draft, json.dumps(record))
        draft.replace(self._record)

    def identity(self) -> ProcessIdentity | None:
        record = self.record()
        if record is None:
            return None
        return ProcessIdentity(pid=int(record["pid"]), started=int(record["started"]))

    def alive(self) -> bool:
        identity = self.identity()
        return identity is not None and identity.is_alive()

    def strays(self) -> list[ProcessIdentity]:
        """Gateways on this ledger, recorded or not. Whoever only reads the ledger is none."""
        return find_by_arguments(PROGRAM, str(self.ledger))

    def listens(self) -> bool:
        return any(line.startswith("listening on ") for line in self.log_lines()) and self.alive()

    def failure(self) -> GatewayError:
        """Why it ended. The exit status is known to its parent alone, the log to everyone."""
        identity = self.identity()
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
        """Whether there was one to end."""
        identity = self.identity()
        try:
            ended = identity is not None and identity.end(grace=grace)
        except TimeoutError as error:
            raise GatewayError(f"The gateway {self.path.name} could not be ended.") from error
        self.forget_password()
        self._record.unlink(missing_ok=True)
        return ended


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


def _start(home: _Home, spec: GatewaySpec, arguments: Sequence[str], *, stdin: int | None = None) -> Endpoint:
    """With `stdin`, a pipe, it ends when that is closed at its other end."""
    for stray in home.strays():  # two gateways on one account's ledger would tangle it
        stray.end(grace=GRACE)
    home.prepare()
    home.forget_password()
    _write_private(home.password, spec.password)
    port = _free_port()
    try:
        command = [*_command(home, spec, port, ends_with_stdin=stdin is not None), *arguments]
        identity = _spawn(command, log=home.log, stdin=stdin)
    except OSError as error:
        home.forget_password()
        raise GatewayError(f"The gateway's process could not be started: {error}.") from error
    record: Record = {"pid": identity.pid, "started": identity.started, "port": port, "login": _login(spec)}
    home.write(record)
    return _endpoint(record)


def _command(home: _Home, spec: GatewaySpec, port: int, *, ends_with_stdin: bool) -> list[str]:
    command = [sys.executable, "-m", PROGRAM, "--host", HOST, "--port", str(port)]
    command += ["--ledger", str(home.ledger), "--username", spec.username, "--password-file", str(home.password)]
    command += ["--trading-mode", spec.trading_mode.value]
    command += ["--end-with-stdin"] if ends_with_stdin else []
    return [*command, "--read-only"] if spec.read_only else command


def _spawn(command: list[str], *, log: Path, stdin: int | None) -> ProcessIdentity:
    """A session of its own, so that a Ctrl-C meant for the worker doesn't reach it; and none of our environment."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": str(Path(brokers.__file__).parent.parent),
        "PYTHONUNBUFFERED": "1",
        "TZ": "UTC",
    }
    nothing = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
    write_log = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    pid = os.posix_spawn(
        command[0],
        command,
        environment,
        file_actions=[
            nothing if stdin is None else (os.POSIX_SPAWN_DUP2, stdin, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), write_log, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    return ProcessIdentity.of(pid)


def _free_port() -> int:
    for port in random.sample(_PORTS, 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
            else:
                return port
    raise GatewayError("No free port was found for the gateway.")


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def _login(spec: GatewaySpec) -> str:
    return f"{spec.username} {spec.trading_mode.value} {'read-only' if spec.read_only else 'trading'}"


def _endpoint(record: Record) -> Endpoint:
    return Endpoint(host=HOST, port=int(record["port"]), gateway_id=f"process {record['pid']}")
