"""6. The link between worker and gateway is cut, half open, slow, corrupted; a frame declares 2 GiB."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable

from tests.drills.arena import Arena
from tests.drills.clicks import marketable
from tests.drills.evidence import Least
from tests.drills.outcome import Outcome
from tests.drills.trader import Trader

# Longer than the heartbeat's patience.
HALF_OPEN_SECONDS = 15.0
CLICKS = 5


def run(arena: Arena, seed: int, rounds: int) -> list[Outcome]:
    faults: dict[str, Callable[[Trader], None]] = {
        "6 the link is cut": lambda trader: tell(trader, "cut"),
        "6 the link is half open": _half_open,
        "6 the link is slow": lambda trader: tell(trader, "delay", ms=400),
        "6 bytes are flipped": lambda trader: tell(trader, "corrupt", how="flip", count=3),
        "6 frames that can't be read": lambda trader: tell(trader, "corrupt", how="undecodable", count=3),
        "6 a frame of 2 GiB": lambda trader: tell(trader, "corrupt", how="huge"),
    }
    arena.end_workers()
    arena.worker("steady")
    outcomes = [Outcome(name) for name in faults]
    for number in range(rounds):
        for outcome, fault in zip(outcomes, faults.values(), strict=True):
            _hurt(arena, random.Random(f"{seed}-{number}"), outcome, fault)
    return outcomes


def tell(trader: Trader, do: str, **arguments: object) -> None:
    trader.gateway.tell(do, **arguments)


def _hurt(arena: Arena, chance: random.Random, outcome: Outcome, fault: Callable[[Trader], None]) -> None:
    trader = Trader.begin(arena)
    bystander = Trader.begin(arena)
    before = chance.randint(0, 3)
    for place in range(CLICKS):
        if place == before:
            fault(trader)
            trader.note_answering()
            began = time.monotonic()
        trader.clicker.place(**marketable())
        bystander.clicker.place(**marketable())
    arena.until_ready(trader.account)
    trader.gateway.tell("clear_faults")
    trader.until_filled()
    recovery = time.monotonic() - began
    outcome.count(trader.verdict(Least(accepted=before + 1, filled=1)), recovery)
    # Another account of the same worker feels nothing.
    outcome.verdict.add(bystander.verdict(Least(accepted=CLICKS, filled=CLICKS)))
    trader.end()
    bystander.end()


def _half_open(trader: Trader) -> None:
    """The gateway's machine is gone without a word: the socket stands, and nothing is read or written."""
    pid = trader.gateway.pid
    os.kill(pid, signal.SIGSTOP)
    time.sleep(HALF_OPEN_SECONDS)
    os.kill(pid, signal.SIGCONT)
