"""Numbers that nobody else may ever get: perm ids and execution ids.

Both grow with the clock as well as by one, so that a gateway that lost its ledger doesn't hand out an id again.
"""

from __future__ import annotations

import time
import zlib


class Identity:
    def __init__(self, account: str) -> None:
        self._gateway = zlib.crc32(account.encode()) & 0xFFFF
        self._perm_id = 0
        self._execution = 0

    def next_perm_id(self) -> int:
        self._perm_id = max(self._perm_id + 1, int(time.time()))
        return self._perm_id

    def next_exec_id(self) -> str:
        """Shaped like IB's, 0000e0d5.66f0a1b2.01.01; a correction would raise its last part."""
        self._execution = max(self._execution + 1, int(time.time()))
        return f"{self._gateway:08x}.{self._execution:08x}.01.01"

    @staticmethod
    def of_leg(exec_id: str, number: int) -> str:
        """The id of the n-th leg's execution, from 1, beside that of its combination."""
        execution, _, correction = exec_id.rpartition(".")
        return f"{execution.rpartition('.')[0]}.{number + 1:02d}.{correction}"

    @staticmethod
    def corrected(exec_id: str) -> str:
        """The next id of an execution that was wrong: its last part raised by one."""
        execution, _, number = exec_id.rpartition(".")
        return f"{execution}.{int(number) + 1:02d}"

    def remember_perm_id(self, perm_id: int) -> None:
        self._perm_id = max(self._perm_id, perm_id)

    def remember_exec_id(self, exec_id: str) -> None:
        self._execution = max(self._execution, int(exec_id.split(".")[1], 16))
