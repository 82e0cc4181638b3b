"""The places where a secret may have been left. Each yields the names of those that hold the needle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import redis

from tests.drills.searching.needle import Needle


def files(folder: Path, needle: Needle, *, but: Callable[[Path], bool] = lambda _path: False) -> Iterator[str]:
    """Logs, ledgers, records, the database's own files, and whatever else was left lying; `but` says which may."""
    for path in folder.rglob("*"):
        if path.is_file() and _holds(path, needle) and not but(path):
            yield str(path.relative_to(folder))


def _holds(path: Path, needle: Needle) -> bool:
    try:
        return needle.is_in(path.read_bytes())
    except (FileNotFoundError, PermissionError):  # gone meanwhile, or PostgreSQL's own: its tables are read as well
        return False


def processes(needle: Needle) -> Iterator[str]:
    """Arguments and environments of every process that may be read."""
    for entry in Path("/proc").iterdir():
        for name in ("cmdline", "environ") if entry.name.isdigit() else ():
            try:
                is_held = needle.is_in((entry / name).read_bytes())
            except OSError:  # it has ended, or is somebody else's
                continue
            if is_held:
                yield f"/proc/PID/{name}"


def redis_keys(url: str, needle: Needle) -> Iterator[str]:
    """Keys and values of every database: quotes, doorbells that wait, and Celery's queues with their arguments."""
    with redis.Redis.from_url(url) as client:
        databases = [int(name.removeprefix("db")) for name in client.info("keyspace")]
    for database in databases:
        with redis.Redis.from_url(url, db=database) as client:
            for key in client.scan_iter():
                if any(needle.is_in(part) for part in (key, *_value(client, key))):
                    yield f"Redis {key.decode(errors='replace')}"


def _value(client: redis.Redis, key: bytes) -> Iterator[bytes]:
    """Read by its type: a DUMP is compressed."""
    kind = client.type(key).decode()
    if kind != "none":  # it has expired meanwhile
        yield from _flat(_READ[kind](client, key))


# A type without a reader is a KeyError: what can't be read must not pass for clean.
_READ: dict[str, Any] = {
    "string": lambda client, key: client.get(key),
    "list": lambda client, key: client.lrange(key, 0, -1),
    "hash": lambda client, key: client.hgetall(key),
    "set": lambda client, key: client.smembers(key),
    "zset": lambda client, key: client.zrange(key, 0, -1),
    "stream": lambda client, key: client.xrange(key),
}


def _flat(value: Any) -> Iterator[bytes]:
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, dict):
        yield from _flat([*value.keys(), *value.values()])
    elif value is not None:
        for part in value:
            yield from _flat(part)


def tables(needle: Needle) -> Iterator[str]:
    """Every table in PostgreSQL's binary format, in which text and bytes stand as they are stored."""
    from django.db import connection

    for table in connection.introspection.table_names():
        copy = f"COPY (SELECT * FROM {connection.ops.quote_name(table)}) TO STDOUT (FORMAT binary)"  # noqa: S608 - its own tables
        with connection.cursor() as cursor, cursor.copy(copy) as copied:
            if needle.is_in(b"".join(bytes(block) for block in copied)):
                yield f"table {table}"
