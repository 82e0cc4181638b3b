"""A second secret, put where one must not be: a search that doesn't find it there can't say that nothing is there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from celery import Celery

from tests.drills.searching.needle import Needle

CONTROL = Needle("control-603deb1015ca71be2b73aef0857d7781")

QUEUE, TABLES = "drill-control-queue", ("drill_control_text", "drill_control_bytes")
# Long and the same all over, which is what Redis compresses in a DUMP.
PADDING = "quote " * 50
KEYS = {
    "string": "drill-control-string",
    "list": "drill-control-list",
    "hash": "drill-control-hash",
    "set": "drill-control-set",
    "zset": "drill-control-zset",
    "stream": "drill-control-stream",
}
LOG = "control.log"
# By the names that `places` gives them.
PLACES = frozenset(
    {
        f"log/{LOG}",
        *(f"Redis {key}" for key in (QUEUE, *KEYS.values())),
        *(f"table {table}" for table in TABLES),
        "/proc/PID/cmdline",
        "/proc/PID/environ",
    }
)


@contextmanager
def planted(folder: Path, *, redis_url: str, celery_url: str) -> Iterator[None]:
    """In each of PLACES, for the length of a `with` block. Needs the stack's database as Django's."""
    log = folder / "log" / LOG
    with redis.Redis.from_url(redis_url) as client, _processes():
        try:
            log.write_text(f"a traceback with {CONTROL.text} in its frames\n")
            _fill_redis(client)
            _send_task(celery_url)
            _make_tables()
            yield
        finally:
            log.unlink(missing_ok=True)
            client.delete(QUEUE, f"_kombu.binding.{QUEUE}", *KEYS.values())
            _drop_tables()


def _fill_redis(client: redis.Redis) -> None:
    value = PADDING + CONTROL.text + PADDING
    client.set(KEYS["string"], value)
    client.rpush(KEYS["list"], value, PADDING)
    client.hset(KEYS["hash"], "field", value)
    client.sadd(KEYS["set"], value)
    client.zadd(KEYS["zset"], {value: 1})
    client.xadd(KEYS["stream"], {"field": value})


def _send_task(celery_url: str) -> None:
    """To a queue of its own, which no worker reads. Its arguments are base64 in the message, and nothing else of it
    shows them: Celery would write them into a header as well.
    """
    arguments = ["some-account", CONTROL.text]
    with Celery("drill-control", broker=celery_url, set_as_current=False) as app:
        app.send_task("drills.control", args=arguments, argsrepr="...", queue=QUEUE, ignore_result=True)


def _make_tables() -> None:
    from django.db import connection

    text, in_bytes = TABLES
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {text} (body jsonb)")
        cursor.execute(f"CREATE TABLE {in_bytes} (body bytea)")
        cursor.execute(f"INSERT INTO {text} VALUES (jsonb_build_object('password', %s::text))", [CONTROL.text])  # noqa: S608
        cursor.execute(f"INSERT INTO {in_bytes} VALUES (%s)", [b"\0\xff" + CONTROL.text.encode()])  # noqa: S608


def _drop_tables() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {', '.join(TABLES)}")


@contextmanager
def _processes() -> Iterator[None]:
    """One that was told it as an argument, and another in its environment."""
    command = [sys.executable, "-c", "import sys; print('up', flush=True); sys.stdin.read()"]
    told = [([*command, CONTROL.text], dict(os.environ)), (command, {**os.environ, "PASSWORD": CONTROL.text})]
    running = [
        subprocess.Popen(arguments, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for arguments, environment in told
    ]
    try:
        for process in running:
            assert process.stdout is not None
            process.stdout.readline()
        yield
    finally:
        for process in running:
            process.communicate()  # the end of its input is its end
