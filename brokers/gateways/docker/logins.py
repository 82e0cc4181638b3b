"""Secrets on their way into containers: files in memory, one folder for each. A gateway's password is gone after the
login; its relay's key stays for as long as the relay, which reads it at each start.

The engine can't be given such a file any other way: what it copies into a container that isn't running yet lands on
the disk, and into a running one it comes after the gateway has looked for it.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Collection
from pathlib import Path

from brokers.gateways.docker.plan import PASSWORD_FILE
from brokers.gateways.docker.settings import SettingRefused

_IN_MEMORY = {"tmpfs", "ramfs"}
_MOUNTS = Path("/proc/self/mountinfo")


class Logins:
    """Its folder is passable by its owner alone, and so may hold files that any user of a container can read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def prepare(self) -> None:
        """Raises SettingRefused when the folder isn't ours alone, or lies on a disk."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = self._folder.lstat()
        if status.st_uid != os.geteuid() or status.st_mode & 0o170077 != 0o040000:
            raise SettingRefused(f"{self._folder} must be a folder of user {os.geteuid()}, closed to everyone else.")
        if _file_system_of(self._folder) not in _IN_MEMORY:
            raise SettingRefused(f"{self._folder} lies on a disk. Passwords pass through memory alone: name a tmpfs.")

    def write(self, name: str, secret: str, *, file_name: str = PASSWORD_FILE) -> Path:
        """The folder that the container sees."""
        self.forget(name)
        folder = self.of(name)
        folder.mkdir(mode=0o755)
        file = os.open(folder / file_name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
        with os.fdopen(file, "w", encoding="utf-8") as stream:
            stream.write(secret)
        return folder

    def of(self, name: str) -> Path:
        return self._folder / name

    def read(self, name: str) -> str | None:
        """None once the login is over."""
        try:
            return (self.of(name) / PASSWORD_FILE).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def forget(self, name: str) -> None:
        shutil.rmtree(self.of(name), ignore_errors=True)

    def forget_strays(self, *, owners: Collection[str], older_than: float) -> list[str]:
        """What none of these gateways has to do with, if it is older than so many seconds. Returns the folders' names.

        A keeper that was killed after it wrote a password, and before the engine knew of a container, left one.
        """
        youngest = time.time() - older_than
        strays = [path for path in self._folder.iterdir() if _gateway_of(path) not in owners]
        old = sorted(path.name for path in strays if path.lstat().st_mtime <= youngest)
        for name in old:
            self.forget(name)
        return old


def _gateway_of(folder: Path) -> str:
    """Whose it is, or whose relay's: see `Names.relay`."""
    return folder.name.partition(".")[0]


def _file_system_of(path: Path) -> str:
    """Its type, by the longest mount point above it: proc(5)."""
    path = path.resolve()
    found = [_mount(line) for line in _MOUNTS.read_text().splitlines()]
    above = [(point, kind) for point, kind in found if path.is_relative_to(point)]
    return sorted(above, key=lambda mount: len(mount[0]))[-1][1]  # of several on one point, the last hides the others


def _mount(line: str) -> tuple[str, str]:
    before, _, after = line.partition(" - ")
    return before.split()[4], after.split()[0]
