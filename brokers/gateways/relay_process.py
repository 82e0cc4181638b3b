"""The relay in front of a gateway that is a process of this machine. Its files lie in the gateway's folder:

relay.json   which process it is, and its port
relay.key    the gateway's key, until the relay has read it
relay.log    what it printed; relay.log.1 is the run before
fence        the newest fence that was let through; it outlives the relay and the gateway
"""

from __future__ import annotations

import hmac
import logging
import sys
import time
from pathlib import Path

from brokers.gateways.base import GatewayError
from brokers.gateways.identity import ProcessIdentity, find_by_arguments
from brokers.gateways.recorded import RecordedProcess, write_private
from brokers.gateways.relay.command import PROGRAM, arguments
from brokers.gateways.spawning import HOST, free_port, spawn

log = logging.getLogger(__name__)

START_DEADLINE = 30.0  # seconds; a busy machine takes its time to start a Python
GRACE = 5.0

_LOOK_EVERY = 0.02


class RelayProcess:
    def __init__(self, folder: Path) -> None:
        self._name = folder.name
        self._process = RecordedProcess(folder / "relay.json")
        self._key = folder / "relay.key"
        self._log = folder / "relay.log"
        self._memory = folder / "fence"

    @property
    def port(self) -> int | None:
        """Where it listens, or did when it was last started; None when there is none."""
        record = self._process.record()
        return int(record["port"]) if record is not None else None

    def ensure(self, key: bytes, *, upstream: int) -> None:
        """Returns once one listens that knows this key and leads to this port. Blocks; raises GatewayError.

        A gateway keeps its login while its relay is started anew.
        """
        running, wanted = self._process.read(), {"key": _fingerprint(key), "upstream": upstream}
        if running is None or running.items() & wanted.items() != wanted.items():
            self.end()
            self._start(key, upstream=upstream)

    def end(self) -> bool:
        """Whether there was one to end, recorded or not. Raises GatewayError."""
        ended = self._process.end(grace=GRACE)
        for stray in find_by_arguments(PROGRAM, str(self._memory)):
            ended = stray.end(grace=GRACE) or ended
        self._key.unlink(missing_ok=True)
        return ended

    def _start(self, key: bytes, *, upstream: int) -> None:
        if self._log.exists():
            self._log.replace(self._log.with_suffix(".log.1"))
        write_private(self._key, f"{key.hex()}\n")
        port = free_port()
        try:
            identity = spawn(self._command(port, upstream), log=self._log)
            self._process.write(identity, port=port, upstream=upstream, key=_fingerprint(key))
            self._wait_until_it_listens(identity)
        except OSError as error:
            raise GatewayError(f"The gateway's relay could not be started: {error}.") from error
        finally:
            self._key.unlink(missing_ok=True)

    def _command(self, port: int, upstream: int) -> list[str]:
        return [
            sys.executable,
            *arguments(
                name=self._name,
                listen=f"{HOST}:{port}",
                upstream=f"{HOST}:{upstream}",
                key_file=self._key,
                memory=self._memory,
            ),
        ]

    def _wait_until_it_listens(self, identity: ProcessIdentity) -> None:
        patience_ends = time.monotonic() + START_DEADLINE
        while not any(line.startswith("listening on ") for line in self._log_lines()):
            if not identity.is_alive():
                log.error("the relay of %s: %s", self._name, " ".join(self._log_lines()[-1:]))
                raise GatewayError("The gateway's relay ended at its start. The log says why.")
            if time.monotonic() > patience_ends:
                raise GatewayError(f"The gateway's relay did not listen within {START_DEADLINE:g} s.")
            time.sleep(_LOOK_EVERY)

    def _log_lines(self) -> list[str]:
        return self._log.read_text(errors="replace").splitlines() if self._log.exists() else []


def _fingerprint(key: bytes) -> str:
    """By which a key is known again without being told."""
    return hmac.new(key, b"fingerprint", "sha256").hexdigest()[:16]
