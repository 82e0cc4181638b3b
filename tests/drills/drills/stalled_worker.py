"""7. A worker is stopped (SIGSTOP) past its lease and woken: no byte of it reaches the gateway."""

from __future__ import annotations

import signal
import time

from tests.drills.arena import Arena
from tests.drills.evidence import Least
from tests.drills.outcome import Outcome
from tests.drills.trader import Trader


def run(arena: Arena, seed: int, rounds: int) -> list[Outcome]:
    del seed  # the machine decides where the worker stands when it is stopped
    outcome = Outcome("7 a worker stopped past its lease, and woken")
    for _ in range(rounds):
        _stall(arena, outcome)
    return [outcome]


def _stall(arena: Arena, outcome: Outcome) -> None:
    arena.end_workers()
    stalled = arena.worker("stalled")
    trader = Trader.begin(arena)
    trader.clicker.place()
    stalled.process.send_signal(signal.SIGSTOP)
    stopped = trader.last_event()
    began = time.monotonic()
    for _ in range(3):
        trader.clicker.place()  # rows that the stalled one may have read, or wakes up to
    arena.worker("next")
    arena.until(lambda: trader.is_held_anew("next", since=stopped), "another worker holds the account")
    recovery = time.monotonic() - began
    seen = len(trader.gateway.rows())
    stalled.process.send_signal(signal.SIGCONT)
    trader.until_filled()  # orders go on, under the next one
    arena.until(lambda: "leaving its session" in stalled.log.read_text(), "the woken worker lets go")
    verdict = trader.verdict(Least(accepted=2, filled=1))
    opened = [row for row in trader.gateway.rows()[seen:] if row["kind"] == "connection" and row["event"] == "opened"]
    if opened:
        verdict.duplicates.append("the woken worker connected to the gateway again")
    outcome.count(verdict, recovery)
    trader.end()
