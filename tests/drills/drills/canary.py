"""10. A canary password through start, crash and traceback: it is found nowhere but in the sealed row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import redis

from tests.drills.arena import Arena
from tests.drills.checker import Verdict
from tests.drills.outcome import Outcome
from tests.drills.trader import Trader

if TYPE_CHECKING:
    from webapp.accounts.models import BrokerAccount

CANARY = "canary-2b7e151628aed2a6abf7158809cf4f3c"


def run(arena: Arena, seed: int, rounds: int) -> list[Outcome]:
    del seed, rounds  # a password is somewhere or nowhere
    outcome = Outcome("10 a canary password is found nowhere")
    arena.end_workers()
    worker = arena.worker("careless")
    account = _account(arena)
    arena.until(lambda: arena.session(account).state == "READY", "the canary's session is READY")
    verdict = _search(arena, "while it runs")
    arena.end_worker(worker)
    crashed = arena.worker("crashed", dies_at="before a word")
    arena.until(lambda: _held_by(arena, account, "crashed-"), "another worker took over")
    trader = Trader.of(arena, account)
    trader.clicker.place()
    arena.until(lambda: crashed.exit_code() is not None, "the worker crashed")
    verdict.add(_search(arena, "after a crash"))
    arena.reap()
    failing = arena.worker("failing", fails=True)
    arena.until(lambda: "Traceback" in failing.log.read_text(), "a traceback with the login in its frames")
    verdict.add(_search(arena, "after a traceback"))
    trader.end()
    arena.retire(account)
    outcome.count(verdict)
    return [outcome]


def _account(arena: Arena) -> BrokerAccount:
    """The simulator takes a username written backwards for its password, so the two are told apart here."""
    from webapp.accounts import connect
    from webapp.accounts.models import User

    del arena
    user = User.objects.create_user("careful", password="careful")
    return connect.connect_account(
        user=user, name="Canary", trading_mode="paper", username=CANARY[::-1], password=CANARY
    )


def _held_by(arena: Arena, account: BrokerAccount, name: str) -> bool:
    session = arena.session(account)
    return session.owner.startswith(name) and session.state == "READY"


def _search(arena: Arena, when: str) -> Verdict:
    places = [*_files(arena.stack.var), *_processes(), *_redis(arena), *_database()]
    return Verdict(lost=[f"the canary password is in {place} {when}" for place in places])


def _files(folder: Path) -> Iterator[str]:
    """Logs, ledgers, records, the database's own files, and whatever else was left lying."""
    for path in folder.rglob("*"):
        if path.is_file() and _holds(path):
            yield str(path.relative_to(folder))


def _holds(path: Path) -> bool:
    try:
        return CANARY.encode() in path.read_bytes()
    except (FileNotFoundError, PermissionError):  # gone meanwhile, or PostgreSQL's own: its tables are read below
        return False


def _processes() -> Iterator[str]:
    """Arguments and environments of every process that may be read."""
    for entry in Path("/proc").iterdir():
        for name in ("cmdline", "environ"):
            try:
                if entry.name.isdigit() and CANARY.encode() in (entry / name).read_bytes():
                    yield f"/proc/PID/{name}"
            except (OSError, PermissionError):
                continue


def _redis(arena: Arena) -> Iterator[str]:
    """Every key and value: quotes, doorbells that wait, and Celery's own queues with their arguments."""
    assert arena.stack.services is not None
    with redis.Redis.from_url(arena.stack.services.redis_url) as client:
        for key in client.scan_iter():
            if CANARY.encode() in key or CANARY.encode() in (client.dump(key) or b""):
                yield f"Redis {key.decode(errors='replace')}"


def _database() -> Iterator[str]:
    """Every table, dumped as PostgreSQL's COPY writes it."""
    from django.db import connection

    for table in connection.introspection.table_names():
        with connection.cursor() as cursor, cursor.copy(f'COPY "{table}" TO STDOUT') as copied:
            if CANARY.encode() in b"".join(bytes(block) for block in copied):
                yield f"table {table}"
