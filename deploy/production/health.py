"""`python -m deploy.production.health web|worker|beat|keeper`: whether the part is well in whose container this runs.

Ends with status 1 and a sentence when it isn't.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

# Seconds.
ANSWER_DEADLINE = 8.0
PONG_DEADLINE = 15.0
# Beat writes its schedule down every three minutes.
OLDEST_SCHEDULE = 600.0
SCHEDULE = Path("/tmp/beat-schedule")  # noqa: S108 - of a container that nobody else is in


class Unwell(Exception):
    """The text says what was seen."""


def web() -> None:
    """A page is served, which a host that it doesn't answer to wouldn't be."""
    host = os.environ.get("GATEHOUSE_HOSTS", "localhost").split(",")[0].strip()
    request = urllib.request.Request("http://127.0.0.1:8000/auth/login/", headers={"Host": host})
    try:
        urllib.request.urlopen(request, timeout=ANSWER_DEADLINE).close()  # noqa: S310 - our own address
    except (urllib.error.URLError, OSError) as error:
        raise Unwell(f"the sign-in page does not come: {error}") from None


def worker() -> None:
    """It takes tasks: what came over Redis is answered."""
    from workers.app import app

    name = f"worker@{socket.gethostname()}"
    if not app.control.ping(destination=[name], timeout=PONG_DEADLINE):
        raise Unwell(f"{name} does not answer within {PONG_DEADLINE:g} s")


def beat() -> None:
    written = [path.stat().st_mtime for path in SCHEDULE.parent.glob(f"{SCHEDULE.name}*")]
    if not written or time.time() - max(written) > OLDEST_SCHEDULE:
        raise Unwell(f"no schedule was written for {OLDEST_SCHEDULE:g} s")


def keeper() -> None:
    """It answers, and so does the engine behind it."""
    from brokers.gateways.base import GatewayError
    from brokers.gateways.keeper.runtime import KeeperRuntime

    runtime = KeeperRuntime(Path("/run/gatehouse/keeper.sock"))
    try:
        asyncio.run(asyncio.wait_for(runtime.find("health"), ANSWER_DEADLINE))
    except (GatewayError, TimeoutError) as error:
        raise Unwell(str(error) or f"no answer within {ANSWER_DEADLINE:g} s") from None


PARTS: dict[str, Callable[[], None]] = {"web": web, "worker": worker, "beat": beat, "keeper": keeper}

if __name__ == "__main__":
    try:
        PARTS[sys.argv[1]]()
    except Unwell as unwell:
        sys.exit(f"{sys.argv[1]}: {unwell}")
