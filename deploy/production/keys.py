"""`python -m deploy.production.keys DIR`: makes the secrets of a deployment, one file each. What exists is kept;
`--rotate` adds a new key to both keysets, which web and workers use once they were started again.

    secret-key          Django's
    public.json         what seals broker logins; for web and workers
    private.json        what opens them; for workers alone. Keep a copy offline: without it every login is entered again
    relay.key           what workers show to gateways' relays; for workers alone
    postgres-password   for PostgreSQL's first start
    pgpass              the same one, as PostgreSQL's clients read it

Run as root, which gives each file to the user of our image, who alone may read it.
"""

from __future__ import annotations

import argparse
import os
import secrets
from pathlib import Path

import django
from django.core.management import call_command

USER = 10001
DATABASE, DATABASE_USER = "gatehouse", "gatehouse"


def main(folder: Path, *, rotates: bool) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_new(folder / "secret-key", secrets.token_urlsafe(64))
    _write_new(folder / "postgres-password", secrets.token_urlsafe(32))
    password = (folder / "postgres-password").read_text().strip()
    _write_new(folder / "pgpass", f"*:*:{DATABASE}:{DATABASE_USER}:{password}")
    _set_up_django(folder)
    call_command("create_keysets", dir=folder)
    if rotates:
        call_command("rotate_keysets", dir=folder)
    for path in folder.iterdir():
        _give(path)


def _set_up_django(folder: Path) -> None:
    """For the product's own commands. Their settings want addresses; they connect to nothing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    os.environ["GATEHOUSE_SECRET_KEY_FILE"] = str(folder / "secret-key")
    os.environ.setdefault("GATEHOUSE_DATABASE_URL", "postgresql://nobody@/none?host=/nonexistent")
    os.environ.setdefault("GATEHOUSE_REDIS_URL", "unix:///nonexistent/redis.sock")
    django.setup()


def _write_new(path: Path, text: str) -> None:
    if not path.exists():
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        with os.fdopen(file, "w") as stream:
            stream.write(f"{text}\n")


def _give(path: Path) -> None:
    path.chmod(0o400)
    if os.geteuid() == 0:
        os.chown(path, USER, USER)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m deploy.production.keys")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rotate", action="store_true")
    chosen = parser.parse_args()
    main(chosen.folder, rotates=chosen.rotate)
