"""The simulator's control port, as one client of it. Standard library alone."""

from __future__ import annotations

import json
import socket
from typing import Any

DEADLINE = 20.0


class Control:
    """One line of JSON there, one line back."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=DEADLINE)
        self._lines = self._socket.makefile("rw", encoding="utf-8", newline="\n")

    def do(self, verb: str, **arguments: Any) -> dict[str, Any]:
        """Raises RuntimeError with the simulator's own words when it refuses."""
        self._lines.write(json.dumps({"do": verb, **arguments}) + "\n")
        self._lines.flush()
        answer: dict[str, Any] = json.loads(self._lines.readline())
        if not answer.get("ok"):
            raise RuntimeError(f"the simulator refused {verb}: {answer}")
        return answer

    def step(self) -> None:
        """The market moves once."""
        self.do("step", count=1)

    def close(self) -> None:
        self._lines.close()
        self._socket.close()
