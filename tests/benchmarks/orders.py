"""From the click to the gateway's bytes, beside a bare `placeOrder`. The gateway's ledger says when they came."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from deploy.local.processes import LocalError
from deploy.local.stack import ROOT
from tests.benchmarks.report import Comparison, Leg, checked
from tests.benchmarks.stage import Stage

MOST = 200
LEAST = 30
# Placing ends then, however many there are: the whole benchmark shall take two minutes at most.
SECONDS = 50.0
# Of the bid: a limit so far below it rests until it is cancelled. Whole, of the dearest: that suits its increment.
RESTING = 0.8

# When each order was sent, in seconds since 1970, by its order_ref.
SentTimes = dict[str, float]
Bare = subprocess.Popen[str]


class BareEnded(Exception):
    """The bare client is gone; its log says why."""


def measure(stage: Stage) -> Comparison:
    con_id = max(stage.screen.con_ids(), key=stage.screen.bid)
    price = int(stage.screen.bid(con_id) * RESTING)
    with _bare(stage, con_id, price) as bare:
        clicked, placed = _take_turns(stage, bare, con_id=con_id, price=str(price))
    received = received_times(stage.ledger)
    return Comparison(
        name="click to gateway bytes",
        product=checked(_leg("click to gateway bytes, Gatehouse", clicked, received), least=LEAST),
        bare=checked(_leg("placeOrder to gateway bytes, bare ib_insync", placed, received), least=LEAST),
        note="limit orders that rest and are cancelled, one at a time, the two sides in turn",
    )


def _take_turns(stage: Stage, bare: Bare, *, con_id: int, price: str) -> tuple[SentTimes, SentTimes]:
    clicked, placed = {}, {}
    end = time.monotonic() + SECONDS
    while len(clicked) < MOST and time.monotonic() < end:
        client_order_id, at = stage.screen.place(con_id, price=price)
        stage.screen.cancel(client_order_id)
        clicked[client_order_id] = at
        placed |= [_place_bare(bare)]
    return clicked, placed


def _place_bare(bare: Bare) -> tuple[str, float]:
    assert bare.stdin is not None
    bare.stdin.write("place\n")
    bare.stdin.flush()
    row = json.loads(_line_of(bare))
    return row["order_ref"], row["at"]


def _leg(name: str, sent: SentTimes, received: dict[str, float]) -> Leg:
    """Raises LocalError for an order that the gateway never got: it was confirmed, so that can't be."""
    lost = sent.keys() - received.keys()
    if lost:
        raise LocalError(f"{len(lost)} orders of {name!r} are not in the gateway's ledger: {', '.join(sorted(lost))}")
    return Leg(name, [received[order_ref] - at for order_ref, at in sent.items()])


def received_times(ledger: Path) -> dict[str, float]:
    rows = map(json.loads, ledger.read_text().splitlines())
    new = (row for row in rows if row["kind"] == "order" and row["event"] == "new")
    return {row["order_ref"]: datetime.fromisoformat(row["at"]).timestamp() for row in new}


@contextmanager
def _bare(stage: Stage, con_id: int, price: int) -> Iterator[Bare]:
    """It ends with its input, which the kernel closes with us, however we end."""
    command = [sys.executable, "-m", "tests.benchmarks.bare_orders", "--port", str(stage.gateway_port)]
    command += ["--con-id", str(con_id), "--price", str(price)]
    log = stage.stack.var / "log" / "bench-bare_orders.log"
    pipe = subprocess.PIPE
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=errors, text=True) as process,
    ):
        try:
            _line_of(process)
            yield process
        except BareEnded as ended:
            raise LocalError(f"the bare client ended:\n{log.read_text()}") from ended
        finally:
            process.terminate()


def _line_of(bare: Bare) -> str:
    """It has deadlines of its own, and ends when one passes. Raises BareEnded."""
    assert bare.stdout is not None
    line = bare.stdout.readline()
    if not line:
        raise BareEnded
    return line
