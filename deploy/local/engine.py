"""A Docker engine: the one that answers on this machine, or one of our own for as long as somebody holds it.

Ours is one for the whole machine and not for each folder: an engine that starts flushes the firewall's chains in which
another has written which networks are closed to each other. It lives in a process of its own, `python -m
deploy.local.engine`, which ends it when the last holder is gone, however that ended: the kernel drops locks.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from docker import DockerClient
from docker.errors import DockerException

from brokers.gateways.docker.engine import is_listened_to
from deploy.local import processes
from deploy.local.processes import Child, LocalError, became_true, spawn

ROOT = Path(__file__).resolve().parent.parent.parent
# Short, since sockets' paths are, and gone with the machine's next start.
HOME = Path("/run/gatehouse-engine")
OURS = f"unix://{HOME}/docker.sock"
SYSTEM = "unix:///var/run/docker.sock"
# Seconds.
START_DEADLINE, STOP_DEADLINE = 60.0, 30.0
_LOOK_EVERY = 0.2
_CAP_NET_ADMIN, _CAP_SYS_ADMIN = 12, 21


@contextmanager
def held(var: Path) -> Iterator[str]:
    """The URL of an engine, which stays for the length of the `with` block. A new one keeps its files under `var`.

    Raises LocalError, with what to do, when none answers and none can be started.
    """
    url = answering()
    if url is not None:
        yield url
        return
    reason = why_not()
    if reason:
        raise LocalError(reason)
    HOME.mkdir(mode=0o700, exist_ok=True)
    try:
        with _shared(HOME / "users.lock"):
            _start_unless_running(var)
            yield OURS
    finally:
        _wait_unless_shared()


def answering() -> str | None:
    """Somebody else's engine: DOCKER_HOST's, or the system's."""
    named = os.environ.get("DOCKER_HOST")
    return next((url for url in ([named] if named else [SYSTEM]) if answers(url)), None)


def answers(url: str) -> bool:
    if not is_listened_to(url):
        return False
    try:
        client = DockerClient(base_url=url, timeout=10)
    except DockerException:
        return False
    try:
        return bool(client.ping())
    except (DockerException, OSError):
        return False
    finally:
        client.close()


def why_not() -> str:
    """Why an engine of our own can't be started here; nothing when it can."""
    if os.geteuid() != 0:
        return "No Docker engine answers, and only root can start one. Start Docker, or run this as root."
    if not _may(_CAP_NET_ADMIN) or not _may(_CAP_SYS_ADMIN):
        return "No Docker engine answers, and root of this container isn't allowed to start one."
    if shutil.which("dockerd") is None:
        return "No Docker engine answers, and dockerd is missing: python3 deploy/local/install.py --docker installs it."
    return ""


def _may(capability: int) -> bool:
    lines = Path("/proc/self/status").read_text().splitlines()
    effective = next(int(line.split()[1], 16) for line in lines if line.startswith("CapEff:"))
    return bool(effective >> capability & 1)


@contextmanager
def _shared(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)  # waits while an engine without users is on its way out
        yield


def _start_unless_running(var: Path) -> None:
    with (HOME / "start.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not answers(OURS):
            _start(var)


def _start(var: Path) -> None:
    (var / "log").mkdir(parents=True, exist_ok=True)
    log = var / "log" / "engine.log"
    pid = _spawn_main(var, log)
    became_true(lambda: _has_ended(pid) or answers(OURS), deadline=START_DEADLINE)
    if not answers(OURS):
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise LocalError(f"The Docker engine did not start. The end of {log}:\n{tail}")


def _spawn_main(var: Path, log: Path) -> int:
    """In a session of its own: it may outlive us, when others hold it too."""
    return os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "deploy.local.engine", str(var)],
        os.environ | {"PYTHONPATH": str(ROOT)},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )


def _has_ended(pid: int) -> bool:
    return os.waitpid(pid, os.WNOHANG)[0] != 0


def _wait_unless_shared() -> None:
    """Until it has ended. An engine that others hold answers on; ours is given the moment to notice that we left."""
    if became_true(_is_ending, deadline=5 * _LOOK_EVERY):
        with _shared(HOME / "users.lock"):  # which its process lets go of last
            pass


def _is_ending() -> bool:
    with (HOME / "users.lock").open("a") as lock:
        return not _locked(lock, fcntl.LOCK_SH)


def _locked(lock: TextIO, kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def main(var: Path) -> None:
    """Runs dockerd until nobody holds it."""
    processes.sweep(HOME)
    engine = spawn("dockerd", _command(var), log=var / "log" / "engine.log", run_folder=HOME)
    try:
        with (HOME / "users.lock").open("a") as users:
            became_true(lambda: _is_over(engine, users), deadline=float("inf"), every=_LOOK_EVERY)
            engine.stop(deadline=STOP_DEADLINE)  # while new holders still wait for the lock
    finally:
        engine.stop(deadline=STOP_DEADLINE)


def _is_over(engine: Child, users: TextIO) -> bool:
    return engine.exit_code() is not None or _locked(users, fcntl.LOCK_EX)


def _command(var: Path) -> list[str | Path]:
    """The storage driver is left to the engine: overlay2 where the kernel allows it, else vfs."""
    return [
        *("dockerd", "--host", OURS, "--pidfile", HOME / "docker.pid"),
        *("--data-root", var / "engine", "--exec-root", HOME / "exec"),
        *("--bridge", "none", "--log-level", "warn"),
    ]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
