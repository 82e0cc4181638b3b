"""A process that outlives whoever started it, and is found again by what was written down of it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from brokers.gateways.base import GatewayError
from brokers.gateways.identity import ProcessIdentity

Record = dict[str, str | int]


class RecordedProcess:
    """`path` is its record: its process id, when that was started, and what else its starter wants to know again."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def record(self) -> Record | None:
        """What was written down of the last start, whether or not it still runs."""
        try:
            record: Record = json.loads(self._path.read_text())
        except (FileNotFoundError, json.JSONDecodeError):  # a record cut short by a crash is none
            return None
        return record

    def read(self) -> Record | None:
        """The record of one that runs."""
        return self.record() if self.alive() else None

    def write(self, identity: ProcessIdentity, **more: str | int) -> Record:
        record: Record = {"pid": identity.pid, "started": identity.started, **more}
        draft = self._path.with_suffix(".draft")
        write_private(draft, json.dumps(record))
        draft.replace(self._path)
        return record

    @property
    def written_at(self) -> float:
        """When it was last started, in seconds since 1970; 0 when it never was."""
        return self._path.stat().st_mtime if self._path.exists() else 0.0

    def identity(self) -> ProcessIdentity | None:
        record = self.record()
        if record is None:
            return None
        return ProcessIdentity(pid=int(record["pid"]), started=int(record["started"]))

    def alive(self) -> bool:
        identity = self.identity()
        return identity is not None and identity.is_alive()

    def end(self, *, grace: float) -> bool:
        """Whether there was one to end. Raises GatewayError when it can't be ended."""
        identity = self.identity()
        try:
            ended = identity is not None and identity.end(grace=grace)
        except TimeoutError as error:
            raise GatewayError(f"The process of {self._path.parent.name} could not be ended.") from error
        self._path.unlink(missing_ok=True)
        return ended


def write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
