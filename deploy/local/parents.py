"""Ending with the `make` that started us, however it ends.

Ctrl-C reaches make and us alike. A kill -9 of make reaches nobody else, so the kernel is asked to tell us. A SIGINT to
make alone is the odd one: make then waits for us and passes nothing on, and all that shows is how it treats signals.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from deploy.local.processes import die_with

LOOK_EVERY = 0.25


@contextmanager
def followed() -> Iterator[None]:
    """Send ourselves a SIGTERM when the parent ends, or stops catching SIGINT, which is how make behaves after one."""
    parent = os.getppid()
    die_with(parent, signal.SIGTERM)()
    catches_at_first = catches_interrupts(parent)

    def look(_number: int, _frame: FrameType | None) -> None:
        if catches_at_first and not catches_interrupts(parent):
            signal.setitimer(signal.ITIMER_REAL, 0)
            os.kill(os.getpid(), signal.SIGTERM)

    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, LOOK_EVERY, LOOK_EVERY)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def catches_interrupts(pid: int) -> bool:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return False
    caught = next(int(line.split()[1], 16) for line in lines if line.startswith("SigCgt:"))
    return bool(caught & 1 << signal.SIGINT - 1)
