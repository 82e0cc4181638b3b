import os
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import psycopg
import pytest
import redis

from deploy.local import services
from deploy.local.processes import LocalError
from deploy.local.services import Services


@pytest.fixture
def folder(open_folder: Path) -> Iterator[Path]:
    yield open_folder
    services.sweep(open_folder)


def write_both(running: Services) -> None:
    with psycopg.connect(running.database_url) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('kept')")
    client = redis.Redis.from_url(running.redis_url)
    client.set("word", "kept")
    client.close()


def read_both(running: Services) -> tuple[object, object]:
    with psycopg.connect(running.database_url) as connection:
        row = connection.execute("SELECT word FROM kept").fetchone()
    client = redis.Redis.from_url(running.redis_url, decode_responses=True)
    word = client.get("word")
    client.close()
    return row, word


def postgres_sockets(running: Services) -> Path:
    return Path(parse_qs(urlsplit(running.database_url).query)["host"][0])


def family(running: Services) -> list[psutil.Process]:
    parents = [psutil.Process(child.process.pid) for child in running.children()]
    return [*parents, *(process for parent in parents for process in parent.children(recursive=True))]


def test_services_keep_their_data_and_leave_no_process(folder: Path) -> None:
    with services.running(folder, durable=True) as first:
        write_both(first)
        processes = family(first)
    assert [process for process in processes if process.is_running()] == []

    with services.running(folder, durable=True) as second:
        assert read_both(second) == (("kept",), "kept")


def test_services_listen_on_private_unix_sockets_and_nowhere_else(folder: Path) -> None:
    with services.running(folder, durable=False) as running:
        assert [process.net_connections("inet") for process in family(running)] == [[] for _ in family(running)]
        for socket_folder in (postgres_sockets(running), Path(running.redis_url.removeprefix("unix://")).parent):
            assert stat.S_IMODE(socket_folder.stat().st_mode) == 0o700


def test_killed_services_start_again_with_their_data(folder: Path) -> None:
    killed = services.start(folder, durable=True)
    write_both(killed)
    for child in killed.children():
        child.process.kill()
        child.process.wait(10)

    with services.running(folder, durable=True) as again:
        assert read_both(again)[0] == ("kept",)


def test_a_path_with_spaces_and_great_length_serves_too(folder: Path) -> None:
    deep = folder / "a folder, with words" / ("long" * 30)
    with services.running(deep, durable=False) as running:
        write_both(running)
        assert read_both(running) == (("kept",), "kept")
        elsewhere = Path((deep / "run" / "pg.path").read_text())
        assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o700
    assert not elsewhere.exists()


def test_a_server_that_can_not_start_is_named_with_the_end_of_its_log(folder: Path) -> None:
    with services.running(folder, durable=False):
        pass
    (folder / "postgres" / "postgresql.conf").write_text("no_such_setting = 1\n")

    with pytest.raises(LocalError, match=r"(?s)postgres did not start.*no_such_setting"):
        services.start(folder, durable=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder that belongs to somebody else")
def test_data_of_another_user_is_refused_and_left_alone(folder: Path) -> None:
    (folder / "postgres").mkdir()
    os.chown(folder / "postgres", 12345, 12345)

    with pytest.raises(LocalError, match="belongs to user 12345"):
        services.start(folder, durable=False)


def test_postgres_stops_again_when_redis_can_not_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "_redis_binary", lambda: "/bin/false")

    with pytest.raises(LocalError, match="redis did not start"):
        services.start(folder, durable=False)

    assert not (folder / "postgres" / "postmaster.pid").exists()
