"""Which process is meant. Linux gives a process id out again, so its start time belongs to the name."""

from __future__ import annotations

import os
import select
import signal
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
# Fields of /proc/PID/stat after the command, which ends with the last bracket: proc(5).
_STATE, _START_TIME = 0, 19


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """`started` is in clock ticks since boot."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> ProcessIdentity:
        """Raises ProcessLookupError when there is none."""
        fields = _stat(pid)
        if fields is None:
            raise ProcessLookupError(pid)
        return cls(pid=pid, started=int(fields[_START_TIME]))

    def is_alive(self) -> bool:
        """A zombie isn't: it has ended, and only waits for its parent to look."""
        fields = _stat(self.pid)
        return fields is not None and int(fields[_START_TIME]) == self.started and fields[_STATE] != "Z"

    def exit_status(self) -> int | None:
        """Reaps it. None when it still runs, or is not a child of ours; a signal's number is negative."""
        try:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:
            return None
        return os.waitstatus_to_exitcode(status) if pid else None

    def end(self, *, grace: float) -> bool:
        """SIGTERM, `grace` seconds, SIGKILL. Whether there was something to end; returns when it's gone.

        Signals go through a pidfd that was opened before the check of the start time, so never to another process.
        """
        try:
            pidfd = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return False
        try:
            if not self.is_alive():
                return False
            _signal_until_gone(pidfd, grace=grace)
            return True
        finally:
            os.close(pidfd)
            self.exit_status()


def find_by_arguments(*arguments: str) -> list[ProcessIdentity]:
    """The living processes of this machine that were started with exactly these among their arguments."""
    found = []
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and set(arguments) <= set(_arguments(entry)):
            fields = _stat(int(entry.name))
            if fields is not None and fields[_STATE] != "Z":
                found.append(ProcessIdentity(pid=int(entry.name), started=int(fields[_START_TIME])))
    return found


def _signal_until_gone(pidfd: int, *, grace: float) -> None:
    for number, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, grace)):
        signal.pidfd_send_signal(pidfd, number)
        if select.select([pidfd], [], [], seconds)[0]:
            return
    raise TimeoutError("a process did not end on SIGKILL")


def _arguments(entry: Path) -> list[str]:
    try:
        return (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:  # it has ended, or belongs to another user
        return []


def _stat(pid: int) -> list[str] | None:
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
