"""The whole product on one machine: PostgreSQL, Redis, web, one worker, beat; and gateways, which the worker starts."""

from __future__ import annotations

import fcntl
import os
import secrets
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from brokers.gateways import process as gateways
from deploy.local import containers, services
from deploy.local.containers import KEEPER_DEADLINE, Containers
from deploy.local.processes import Child, LocalError, became_true, spawn, write_private
from deploy.local.services import Services

ROOT = Path(__file__).resolve().parent.parent.parent
HOST = "127.0.0.1"
STEP_DEADLINE = 180.0
# The worker says goodbye to the broker and stops its gateways before it leaves.
WORKER_STOP_DEADLINE = 20.0


@dataclass(slots=True)
class Stack:
    """One running stack, in the folder `var`, with its pages on `port` of loopback.

    `say` gets a line for each step that takes long. Not `durable`: nothing is synced to disk, for tests. `extra` is
    told to every part, as in GATEHOUSE_SIMULATOR_ARGUMENTS. Without `has_worker`, whoever started the stack starts
    workers. Its `gateways` are each a `process`, or, as `docker`, in containers.
    """

    var: Path
    port: int
    durable: bool = True
    say: Callable[[str], None] = print
    extra: dict[str, str] = field(default_factory=dict)
    has_worker: bool = True
    gateways: str = "process"
    containers: Containers | None = None
    keeper: Child | None = None
    services: Services | None = None
    children: list[Child] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Start all of it. Raises LocalError; what had started by then is stopped by `stop`."""
        make_folders(self.var)
        make_secret_key(self.var)
        self.say("Starting PostgreSQL and Redis")
        self.services = services.start(self.var, durable=self.durable)
        self._write_settings(self.services)
        self.say("Bringing the database up to date")
        self.run_step("prepare", private=True)
        self._start_keeper()
        self.say("Starting web, worker and beat")
        self._start_web()
        self._start_beat()
        if self.has_worker:
            self.start_worker("worker")
        self.wait_for_pages()

    def _start_keeper(self) -> None:
        if self.containers is None:
            return
        socket = self.containers.socket
        self.keeper = self._python("keeper", self.containers.keeper_command())
        if not self.wait_until(socket.exists, deadline=KEEPER_DEADLINE):
            raise LocalError(f"the keeper does not listen on {socket}; see {self.var / 'log' / 'keeper.log'}")

    def _start_web(self) -> None:
        command = ["-m", "uvicorn", "webapp.asgi:application", "--host", HOST, "--port", str(self.port)]
        # A browser's longest message is small; what is larger is refused before it is buffered.
        sockets = ["--lifespan", "off", "--ws-max-size", "65536", "--ws-per-message-deflate", "false"]
        self._spawn("web", [*command, *sockets, "--timeout-graceful-shutdown", "3", "--no-access-log"])

    def start_worker(self, name: str, *, app: str = "workers.app", extra: Mapping[str, str] | None = None) -> Child:
        """`extra` is told to this worker alone. Its own name is its host's, so that two can run side by side."""
        command = ["-m", "celery", "-A", app, "worker", "-P", "threads", "-c", "4", "-l", "INFO", "-n", f"{name}@%h"]
        command += ["--without-mingle", "--without-gossip"]
        return self._spawn(name, command, private=True, extra=extra)

    def _start_beat(self) -> None:
        schedule = self.var / "run" / "beat-schedule"
        self._spawn(
            "beat", ["-m", "celery", "-A", "workers.app", "beat", "-l", "INFO", "-s", str(schedule), "--pidfile="]
        )

    def _spawn(
        self, name: str, command: list[str], *, private: bool = False, extra: Mapping[str, str] | None = None
    ) -> Child:
        child = self._python(name, command, private=private, extra=extra)
        self.children.append(child)
        return child

    def _python(
        self, name: str, command: list[str], *, private: bool = False, extra: Mapping[str, str] | None = None
    ) -> Child:
        return spawn(
            name,
            [sys.executable, *command],
            log=self.var / "log" / f"{name}.log",
            run_folder=self.var / "run",
            environment={**self.environment(private=private), **(extra or {})},
            folder=ROOT,
        )

    def run_step(self, name: str, *, private: bool = False) -> None:
        """Run one of `deploy.local.step`'s programs. Raises LocalError when it fails, or a part of the stack dies."""
        step = self._python(name, ["-m", "deploy.local.step", name], private=private)
        try:
            self.wait_until(lambda: step.exit_code() is not None, deadline=STEP_DEADLINE)
            if step.exit_code() is None:
                raise LocalError(f"{name} took longer than {STEP_DEADLINE:g} s. The end of {step.log}:\n{step.tail()}")
            if step.exit_code():
                raise LocalError(f"{name} failed. The end of {step.log}:\n{step.tail()}")
        finally:
            step.stop()

    def wait_for_pages(self) -> None:
        if not self.wait_until(lambda: answers(self.port), deadline=60):
            raise LocalError(f"web does not answer on {self.url}; see {self.var / 'log' / 'web.log'}")

    def wait_until(self, condition: Callable[[], bool], *, deadline: float) -> bool:
        """Whether it came true in time. Raises LocalError as soon as a part of the stack has died."""

        def settled() -> bool:
            self.check()
            return condition()

        return became_true(settled, deadline=deadline)

    def check(self) -> None:
        """Raises LocalError, with the end of its log, when a part of the stack has died."""
        for child in self._all():
            code = child.exit_code()
            if code is not None:
                raise LocalError(f"{child.name} ended ({code_in_words(code)}). The end of {child.log}:\n{child.tail()}")

    def _all(self) -> list[Child]:
        return [
            *self.children,
            *([self.keeper] if self.keeper else []),
            *(self.services.children() if self.services else []),
        ]

    def stop(self) -> None:
        """Stop all of it, whatever had started: pages first, so that nothing new comes in, the database last."""
        for child in self.children:
            child.stop(deadline=WORKER_STOP_DEADLINE)
        self.children.clear()
        if self.keeper:  # after the worker, which asks it to stop its gateways
            self.keeper.stop()
            self.keeper = None
        gateways.sweep(self.var / "gateways")
        if self.services:
            self.services.stop()
            self.services = None

    def environment(self, *, private: bool) -> dict[str, str]:
        """What a part of the stack is told. `private`: with the keyset that opens credentials, for workers alone."""
        if self.services is None:
            raise LocalError("the services are not running")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("GATEHOUSE_")}
        secret = {"GATEHOUSE_PRIVATE_KEYSET": str(self.var / "keys" / "private.json")} if private else {}
        return inherited | {"PYTHONUNBUFFERED": "1"} | self._settings(self.services) | secret | self.extra

    def _settings(self, running: Services) -> dict[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "webapp.settings",
            "GATEHOUSE_DATABASE_URL": running.database_url,
            "GATEHOUSE_REDIS_URL": running.redis_url,
            "GATEHOUSE_SECRET_KEY_FILE": str(self.var / "keys" / "secret-key"),
            "GATEHOUSE_PUBLIC_KEYSET": str(self.var / "keys" / "public.json"),
            "GATEHOUSE_VAR": str(self.var),
            "GATEHOUSE_HOSTS": f"{HOST},localhost",
            "GATEHOUSE_GATEWAYS": "process",
        } | (self.containers.settings() if self.containers else {})

    def _write_settings(self, running: Services) -> None:
        """For `manage.py` by hand, which reads them when it was given none. They name files and hold no secret."""
        lines = [f"{name}={value}" for name, value in self._settings(running).items()]
        write_private(self.var / "environment", "\n".join(lines))


def code_in_words(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


@contextmanager
def running(stack: Stack) -> Iterator[Stack]:
    """The stack for the length of a `with` block, alone in its folder, and with nothing left of an earlier run."""
    with sole_user_of(stack.var):
        sweep(stack)
        check_port(stack.port)
        with _place_for_gateways(stack):
            try:
                stack.start()
                yield stack
            finally:
                stack.stop()
                services.sweep(stack.var)  # a child whose start was cut short is known by its record alone


@contextmanager
def _place_for_gateways(stack: Stack) -> Iterator[None]:
    if stack.gateways == "process":
        yield
        return
    with containers.ready(stack.var, stack.say) as stack.containers:
        yield


@contextmanager
def sole_user_of(var: Path) -> Iterator[None]:
    """Hold the folder's lock, which the kernel drops with us, however we end. Raises LocalError when another has it."""
    var.mkdir(parents=True, exist_ok=True)
    try:
        lock = (var / "lock").open("a")
    except PermissionError as error:
        raise LocalError(f"{error.filename} can't be written: run this as the user that made {var}.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LocalError(f"Gatehouse already runs in {var}. Stop that one first (Ctrl-C where it runs).") from None
        yield


def sweep(stack: Stack) -> None:
    """End what a killed run left behind. The folder's lock is ours, so nothing recorded there belongs to a live one."""
    left = services.sweep(stack.var)
    left += [f"gateway {name}" for name in gateways.sweep(stack.var / "gateways")]
    if left:
        stack.say(f"Ended what an earlier run had left: {', '.join(left)}")


def check_port(port: int) -> None:
    """Raises LocalError when `port` of loopback is taken or not ours to take."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except PermissionError:
            raise LocalError(f"Port {port} may be opened by root alone. Take one above 1023.") from None
        except OSError as error:
            raise LocalError(
                f"Port {port} of {HOST} is in use ({error.strerror}). Nothing was started. "
                f"Free it, or take another: PORT={8100 if port != 8100 else 8200} make demo"
            ) from None


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def make_folders(var: Path) -> None:
    for name in ("run", "log", "static"):
        (var / name).mkdir(parents=True, exist_ok=True)
    for name in ("keys", "gateways"):
        (var / name).mkdir(mode=0o700, exist_ok=True)


def make_secret_key(var: Path) -> None:
    path = var / "keys" / "secret-key"
    if not path.exists():
        write_private(path, secrets.token_urlsafe(64))
