"""The newest fence that was ever let through, on disk, so that a relay which starts again doesn't forget it."""

from __future__ import annotations

import fcntl
import os
import re
from pathlib import Path

_FENCE = re.compile(r"[0-9]{1,19}\n")


class MemoryUnusable(Exception):
    """Without knowing the newest fence nobody may be let through, so the relay doesn't start."""


class FenceMemory:
    """One relay's alone: a second relay in front of the same gateway would be a second door."""

    def __init__(self, path: Path) -> None:
        """Raises MemoryUnusable when another relay has it, and when what stands there is no fence."""
        self._path = path
        try:
            self._lock = os.open(path.with_name(f"{path.name}.lock"), os.O_WRONLY | os.O_CREAT, 0o600)
            self._take_lock()
            self.newest = self._read()
        except OSError as error:
            raise MemoryUnusable(f"The fence's file {path} can't be used: {error.strerror}.") from error

    def remember(self, fence: int) -> None:
        """Returns once it is on the disk. Raises OSError; a fence is never taken back."""
        draft = self._path.with_name(f"{self._path.name}.draft")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(f"{fence}\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        _sync_folder(self._path.parent)
        self.newest = fence

    def close(self) -> None:
        os.close(self._lock)

    def _take_lock(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise MemoryUnusable(f"Another relay uses the fence's file {self._path}.") from error

    def _read(self) -> int:
        """0 when no fence was let through yet."""
        try:
            text = self._path.read_text("ascii", "replace")
        except FileNotFoundError:
            return 0
        if not _FENCE.fullmatch(text):
            raise MemoryUnusable(f"The file {self._path} holds no fence: a number on one line.")
        return int(text)


def _sync_folder(folder: Path) -> None:
    """The new name is in the folder, and the folder has to be on the disk as well."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
