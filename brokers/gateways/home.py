"""One gateway's folder, and what it tells of the process that was started in it."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from brokers.gateways.base import Endpoint, GatewayError, GatewayLoginFailed, LoginWord, SecondFactorMissed
from brokers.gateways.identity import ProcessIdentity, find_by_arguments
from brokers.gateways.printed import read_login
from brokers.gateways.recorded import RecordedProcess
from brokers.gateways.relay_process import RelayProcess
from brokers.gateways.spawning import HOST

PROGRAM = "brokers.simulator"
LOGIN_REFUSED_STATUS = 3
SECOND_FACTOR_MISSED_STATUS = 7


class Home:
    """One gateway's folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ledger = path / "ledger.jsonl"
        self.password = path / "password"
        self.log = path / "gateway.log"
        self.gateway = RecordedProcess(path / "gateway.json")
        self.relay = RelayProcess(path)

    def prepare(self) -> None:
        for folder in (self.path.parent, self.path):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.chmod(0o700)
        os.close(os.open(self.ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))

    def endpoint(self) -> Endpoint:
        """Where it's reached: at its relay, when it has one. Raises GatewayError without a record of a gateway."""
        record, relay_port = self.gateway.record(), self.relay.port
        if record is None:
            raise GatewayError(f"The gateway {self.path.name} has ended.")
        port = int(record["port"]) if relay_port is None else relay_port
        return Endpoint(HOST, port, f"process {record['pid']}", behind_relay=relay_port is not None)

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
        if not self.gateway.alive():
            raise self.failure()
        return read_login(self.log_lines())

    def failure(self) -> GatewayError:
        """Why it ended. The exit status is known to its parent alone, the log to everyone."""
        identity = self.gateway.identity()
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
        return time.time() - max(self.path.stat().st_mtime if self.path.exists() else 0.0, self.gateway.written_at)

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
        """Whether there was something to end. The relay first: nobody comes through to a gateway that is ending."""
        relay_ended = self.relay.end()
        ended = self.gateway.end(grace=grace)
        self.forget_password()
        return ended or relay_ended


def homes(folder: Path) -> list[Home]:
    return [Home(path) for path in sorted(folder.iterdir()) if path.is_dir()] if folder.is_dir() else []
