"""`python -m tests.conformance.play LIBRARY PORT CONTROL_PORT`: one client plays the session and prints its answers.

Runs in the client's own environment. Prints one JSON object on the last line: request -> answer, or the failure's text.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from typing import Any

from tests.conformance.clients.base import Client
from tests.conformance.control import Control
from tests.conformance.session import Stage, steps

HOST = "127.0.0.1"


def main() -> None:
    library, port, control_port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    logging.basicConfig(level=logging.CRITICAL)
    control = Control(HOST, control_port)
    stage = Stage(new_client(library), new_client(library), control, HOST, port)
    answers = {name: _answer(name, play, stage) for name, play in steps().items()}
    stage.client.close()
    stage.observer.close()
    control.close()
    sys.stdout.write(json.dumps(answers) + "\n")


def new_client(library: str) -> Client:
    """Imports the library of this environment alone."""
    if library == "ibapi":
        from tests.conformance.clients.ibapi_client import IbapiClient

        return IbapiClient()
    from tests.conformance.clients.libraries import LibraryClient

    return LibraryClient(library)


def _answer(name: str, play: Any, stage: Stage) -> dict[str, Any]:
    try:
        return {"answer": play(stage)}
    except Exception as error:  # noqa: BLE001 - the table shows it, and the run fails
        traceback.print_exc(file=sys.stderr)
        return {"failed": f"{name}: {error!r}"}


if __name__ == "__main__":
    main()
