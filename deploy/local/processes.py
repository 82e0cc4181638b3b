"""Child processes that leave nothing behind.

Each child is written down in the run folder with its pid and start time, so that a later start can end what a killed
one left, and never ends a stranger that got the same pid. The kernel is asked to signal each child when this process
dies, since a kill -9 gives no other chance.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class LocalError(Exception):
    """Something that the person at the terminal can act on. The message is all that they are shown."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One process, told apart from a later one with the same pid. `started` is in clock ticks since boot."""

    pid: int
    started: int
    boot: str

    def lives(self) -> bool:
        return identify(self.pid) == self

    def signal(self, number: signal.Signals) -> None:
        if not self.lives():
            return
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return  # it ended in between, which is what was wanted


@dataclass(frozen=True, slots=True)
class Child:
    """A process that we started. `stop_signal` is the one that makes it end in good order."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    record: Path
    stop_signal: signal.Signals

    def exit_code(self) -> int | None:
        return self.process.poll()

    def tail(self, lines: int = 15) -> str:
        """The newest lines of its log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def stop(self, *, deadline: float = 10.0) -> None:
        """End it: first in good order, then, after `deadline` seconds, with force."""
        if self.exit_code() is None:
            self.process.send_signal(self.stop_signal)
            self._wait_or_kill(deadline)
        self.record.unlink(missing_ok=True)

    def _wait_or_kill(self, deadline: float) -> None:
        try:
            self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            print(f"{self.name} did not stop within {deadline:g} s and is killed")
            self.process.kill()
            self.process.wait(deadline)


def identify(pid: int) -> Identity | None:
    """The process that has this pid now; None when there is none, or only a dead one nobody has waited for."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if after_name[0] in "ZX":
        return None
    return Identity(pid=pid, started=int(after_name[19]), boot=_BOOT_ID.read_text().strip())


def spawn(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    run_folder: Path,
    stop_signal: signal.Signals = signal.SIGTERM,
    death_signal: signal.Signals = signal.SIGTERM,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    user: int | None = None,
    group: int | None = None,
) -> Child:
    """Start a child in a session of its own, so that Ctrl-C at the terminal reaches us alone and we choose the order.

    `stop_signal` ends it in good order; `death_signal` is what the kernel sends it when this process dies first.
    Call it from the main thread: the kernel's death signal follows the thread that started the child.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            [os.fspath(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if environment is None else dict(environment),
            cwd=folder,
            user=user,
            group=group,
            extra_groups=None if group is None else [],
            start_new_session=True,
            preexec_fn=die_with(os.getpid(), death_signal),
        )
    record = run_folder / f"{name}.json"
    _write_record(record, process.pid, stop_signal)
    return Child(name=name, process=process, log=log, record=record, stop_signal=stop_signal)


def die_with(parent: int, number: signal.Signals) -> Callable[[], None]:
    """What a process calls to have the kernel send it `number` when its parent ends, however that ends."""

    def ask_the_kernel() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:  # it died before the kernel was asked
            os._exit(1)

    return ask_the_kernel


def _write_record(record: Path, pid: int, stop_signal: signal.Signals) -> None:
    identity = identify(pid)
    if identity is None:
        return
    body = {"pid": pid, "started": identity.started, "boot": identity.boot, "signal": int(stop_signal)}
    write_private(record, json.dumps(body))


def sweep(run_folder: Path, *, deadline: float = 10.0) -> list[str]:
    """End what an earlier run left behind and return the names. Only call it while holding that run's lock."""
    ended = []
    for record in sorted(run_folder.glob("*.json")):
        if _end_recorded(record, deadline):
            ended.append(record.stem)
        record.unlink()
    return ended


def _end_recorded(record: Path, deadline: float) -> bool:
    try:
        body = json.loads(record.read_text())
        identity = Identity(pid=body["pid"], started=body["started"], boot=body["boot"])
        stop_signal = signal.Signals(body["signal"])
    except (ValueError, KeyError, TypeError) as error:
        raise LocalError(f"{record} is not a process record ({error}). Remove it and start again.") from error
    if not identity.lives():
        return False
    identity.signal(stop_signal)
    if not became_true(lambda: not identity.lives(), deadline=deadline):
        identity.signal(signal.SIGKILL)
        became_true(lambda: not identity.lives(), deadline=deadline)
    return True


def became_true(condition: Callable[[], bool], *, deadline: float, every: float = 0.05) -> bool:
    """Whether `condition` held within `deadline` seconds."""
    return any(condition() for _ in _beats(deadline, every))


def _beats(deadline: float, every: float) -> Iterator[None]:
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        yield
        time.sleep(every)


def write_private(path: Path, text: str) -> None:
    """Readable by its owner alone from its first moment, and there in full or not at all."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600, exist_ok=False)
    draft.write_text(text + "\n")
    draft.rename(path)
