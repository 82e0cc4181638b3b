"""`python -m tests.conformance.play LIBRARY PORT CONTROL_PORT`: one client plays the session and prints its answers.

Runs in the client's own environment. Prints one JSON object on the last line: request -> answer and codes, or the
failure's text.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from typing import Any

from tests.conformance.clients.base import Client
from tests.conformance.control import Control
from tests.conformance.rows import Row, Stage
from tests.conformance.session import ROWS

HOST = "127.0.0.1"
# Messages a second. IB's own fifty would be most of the time that the session takes.
RATE = 100_000


def main() -> None:
    library, port, control_port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    logging.basicConfig(level=logging.CRITICAL)

    def connect(client_id: int) -> Client:
        client = new_client(library)
        client.link.connect(HOST, port, client_id)
        return client

    control = Control(HOST, control_port)
    control.do("limit_rate", rate=RATE, violations=0)
    stage = Stage(new_client(library), new_client(library), control, connect, (HOST, port))
    answers = {row.name: _told(row, stage) for row in ROWS}
    stage.client.link.close()
    stage.observer.link.close()
    control.close()
    sys.stdout.write(json.dumps(answers) + "\n")


def new_client(library: str) -> Client:
    """Imports the library of this environment alone."""
    if library == "ibapi":
        from tests.conformance.clients import ibapi

        return ibapi.new_client()
    from tests.conformance.clients import libraries

    return libraries.new_client(library)


def _told(row: Row, stage: Stage) -> dict[str, Any]:
    try:
        return row.play(stage)
    except Exception as error:  # noqa: BLE001 - the table shows it, and the run fails
        traceback.print_exc(file=sys.stderr)
        return {"failed": f"{row.name}: {error!r}"}


if __name__ == "__main__":
    main()
