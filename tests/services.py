"""A PostgreSQL and a Redis for this test run alone, started before Django reads its settings.

Loaded as a plugin (`-p tests.services`). Runs may go side by side: each has a folder, a lock on it, and its services.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

import pytest

from brokers.gateways import process as gateways
from deploy.local import services

ROOT = Path(__file__).resolve().parent.parent
RUNS = ROOT / "var" / "test"


@pytest.hookimpl(tryfirst=True, wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Runs ahead of pytest-django's own, which loads the settings."""
    if not early_config.known_args_namespace.help and not early_config.known_args_namespace.version:
        start_services(early_config)
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    # The whole server goes at the end. Dropping the database first would fail on connections that threads still hold.
    config.option.reuse_db = True


def start_services(config: pytest.Config) -> None:
    sweep_earlier_runs()
    folder, lock = new_run_folder()
    config.add_cleanup(lambda: remove_run_folder(folder, lock))
    context = services.running(folder, durable=False)
    running = context.__enter__()
    config.add_cleanup(lambda: context.__exit__(None, None, None))
    os.environ.update(environment(folder, running))


def environment(folder: Path, running: services.Services) -> dict[str, str]:
    secret_key = folder / "secret-key"
    secret_key.write_text(secrets.token_urlsafe(64))
    write_keysets(folder / "public.json", folder / "private.json")
    (folder / "relay.key").write_text(secrets.token_hex(32))
    (folder / "static").mkdir()
    return {
        "GATEHOUSE_DATABASE_URL": running.database_url,
        # A test that rolls back is one long transaction, and a busy machine may leave it idle for a while.
        "GATEHOUSE_DATABASE_IDLE_SECONDS": "100",
        # No hour of the day is the nightly restart's, unless a test makes it so.
        "GATEHOUSE_RESTART_MINUTES": "0",
        "GATEHOUSE_REDIS_URL": running.redis_url,
        "GATEHOUSE_SECRET_KEY_FILE": str(secret_key),
        "GATEHOUSE_PUBLIC_KEYSET": str(folder / "public.json"),
        "GATEHOUSE_PRIVATE_KEYSET": str(folder / "private.json"),
        "GATEHOUSE_RELAY_KEY": str(folder / "relay.key"),
        "GATEHOUSE_VAR": str(folder),
        "GATEHOUSE_HOSTS": "127.0.0.1,localhost,testserver",
        "GATEHOUSE_GATEWAYS": "process",
    }


def write_keysets(public: Path, private: Path) -> None:
    """Made with Tink itself, so that no test of ours stands on our own reading of its format."""
    import tink
    from tink import hybrid, json_proto_keyset_format, secret_key_access

    hybrid.register()
    template = hybrid.hybrid_key_templates.DHKEM_X25519_HKDF_SHA256_HKDF_SHA256_AES_256_GCM
    handle = tink.new_keyset_handle(template)
    private.touch(mode=0o600)
    private.write_text(json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN))
    public.write_text(json_proto_keyset_format.serialize_without_secret(handle.public_keyset_handle()))


def new_run_folder() -> tuple[Path, TextIO]:
    RUNS.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="", dir=RUNS))
    folder.chmod(0o711)  # PostgreSQL's own user walks through it when this is root
    lock = (folder / "lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return folder, lock


def remove_run_folder(folder: Path, lock: TextIO) -> None:
    shutil.rmtree(folder)
    lock.close()


def sweep_earlier_runs() -> None:
    """End and remove what a killed run left: its lock is free, and nobody else's is."""
    for lock_file in RUNS.glob("*/lock"):
        with suppress(FileNotFoundError, BlockingIOError), locked(lock_file):
            sweep_processes(lock_file.parent)
            shutil.rmtree(lock_file.parent)


def sweep_processes(folder: Path) -> None:
    """Of the run itself, and of the stacks that its tests started in folders below."""
    for started in folder.rglob("gateways"):
        gateways.sweep(started)
    for started in [*folder.rglob("run")]:
        services.sweep(started.parent)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with path.open("r") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
