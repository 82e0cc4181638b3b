"""One gateway's folder, and what it tells of the process that was started in it."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

from brokers.gateways.base import GatewayError, GatewayLoginFailed, LoginWord, SecondFactorMissed
from brokers.gateways.identity import ProcessIdentity, find_by_arguments
from brokers.gateways.printed import read_login

PROGRAM = "brokers.simulator"
LOGIN_REFUSED_STATUS = 3
SECOND_FACTOR_MISSED_STATUS = 7

Record = dict[str, str | int]


class Home:
    """One gateway's folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ledger = path / "ledger.jsonl"
        self.password = path / "password"
        self.log = path / "gateway.log"
        self._record = path / "gateway.json"

    def prepare(self) -> None:
        for folder in (self.path.parent, self.path):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.chmod(0o700)
        os.close(os.open(self.ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))

    def record(self) -> Record | None:
        """What was written down of the last start, whether or not it still runs."""
        try:
            record: Record = json.loads(self._record.read_text())
        except (FileNotFoundError, json.JSONDecodeError):  # a record cut short by a crash is none
            return None
        return record

    def read(self) -> Record | None:
        """The record of a gateway that runs."""
        return self.record() if self.alive() else None

    def write(self, record: Record) -> None:
        draft = self._record.with_suffix(".draft")
        write_private(draft, json.dumps(record))
        draft.replace(self._record)

    def identity(self) -> ProcessIdentity | None:
        record = self.record()
        if record is None:
            return None
        return ProcessIdentity(pid=int(record["pid"]), started=int(record["started"]))

    def alive(self) -> bool:
        identity = self.identity()
        return identity is not None and identity.is_alive()

    def end_all(self, *, grace: float) -> bool:
        """Also one whose owner died between its start and the writing of its record. Whether there was one to end."""
        ended = self.end(grace=grace)
        for stray in self.strays():
            ended = stray.end(grace=grace) or ended
        return ended

    def strays(self) -> list[ProcessIdentity]:
        """Gateways on this ledger, recorded or not. Whoever only reads the ledger is none."""
        return find_by_arguments(PROGRAM, str(self.ledger))

    def login_words(self) -> list[LoginWord] | None:
        """As `read_login`. Raises GatewayLoginFailed, SecondFactorMissed and GatewayError once it has ended."""
        if not self.alive():
            raise self.failure()
        return read_login(self.log_lines())

    def failure(self) -> GatewayError:
        """Why it ended. The exit status is known to its parent alone, the log to everyone."""
        identity = self.identity()
        status = identity.exit_status() if identity is not None else None
        if status == LOGIN_REFUSED_STATUS or self._said("login failed"):
            return GatewayLoginFailed("Interactive Brokers refused this username and password.")
        if status == SECOND_FACTOR_MISSED_STATUS or self._said("second factor missed"):
            return SecondFactorMissed("Nobody confirmed the login's second factor in time.")
        return GatewayError(f"The gateway ended while it was logging in (exit status {status}).")

    def _said(self, words: str) -> bool:
        return any(line.startswith(words) for line in self.log_lines())

    def age(self) -> float:
        """Seconds since it was last started, or since its folder was made."""
        written = [path.stat().st_mtime for path in (self.path, self._record) if path.exists()]
        return time.time() - max(written, default=0.0)

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    def log_lines(self) -> list[str]:
        """Of this run. The password is masked while it's still here; afterwards nothing knows it."""
        try:
            text = self.log.read_text(errors="replace")
        except FileNotFoundError:
            return []
        secret = self.password.read_text() if self.password.exists() else ""
        return (text.replace(secret, "***") if secret else text).splitlines()

    def forget_password(self) -> None:
        self.password.unlink(missing_ok=True)

    def end(self, *, grace: float) -> bool:
        """Whether there was one to end."""
        identity = self.identity()
        try:
            ended = identity is not None and identity.end(grace=grace)
        except TimeoutError as error:
            raise GatewayError(f"The gateway {self.path.name} could not be ended.") from error
        self.forget_password()
        self._record.unlink(missing_ok=True)
        return ended


def homes(folder: Path) -> list[Home]:
    return [Home(path) for path in sorted(folder.iterdir()) if path.is_dir()] if folder.is_dir() else []


def write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
