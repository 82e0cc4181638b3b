"""How a runtime starts a relay: as a process beside a gateway's, or as a container beside a gateway's container.

The key's file may go once the relay says that it listens; a relay that starts again by itself needs it again. The
memory has to outlive the relay, on a disk that only one relay of this gateway writes to.
"""

from __future__ import annotations

from pathlib import PurePath

PROGRAM = "brokers.gateways.relay"


def arguments(*, name: str, listen: str, upstream: str, key_file: PurePath, memory: PurePath) -> list[str]:
    """For a Python interpreter. `listen` and `upstream` are each HOST:PORT; no secret is among them."""
    place = ["--name", name, "--listen", listen, "--upstream", upstream]
    return ["-m", PROGRAM, *place, "--key-file", str(key_file), "--memory", str(memory)]
