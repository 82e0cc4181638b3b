"""2. The gateway is killed; it restarts with the next order id rolled back, with fills while nobody was connected."""

from __future__ import annotations

import os
import random
import signal
import time

from tests.drills.arena import Arena
from tests.drills.clicks import marketable
from tests.drills.evidence import Least
from tests.drills.outcome import Outcome
from tests.drills.trader import Trader


def run(arena: Arena, seed: int, rounds: int) -> list[Outcome]:
    killed, rolled_back = Outcome("2 gateway killed"), Outcome("2 order ids rolled back, fills while away")
    arena.end_workers()
    arena.worker("steady")
    for number in range(rounds):
        chance = random.Random(f"{seed}-{number}")
        _kill(arena, chance, killed)
        _roll_back(arena, chance, rolled_back)
    return [killed, rolled_back]


def _kill(arena: Arena, chance: random.Random, outcome: Outcome) -> None:
    trader = Trader.begin(arena)
    before = chance.randint(2, 6)
    for _ in range(before):
        trader.clicker.place(**(marketable() if chance.random() < 0.5 else {}))
    pid = trader.gateway.pid
    os.kill(pid, signal.SIGKILL)
    died = time.monotonic()
    for _ in range(2):
        trader.clicker.place()  # into the outage
    trader.until(lambda: trader.gateway.pid != pid, "another gateway")
    trader.note_answering()
    arena.until_ready(trader.account)
    recovery = time.monotonic() - died
    trader.until_filled()
    outcome.count(trader.verdict(Least(accepted=before + 1, filled=1)), recovery)
    trader.end()


def _roll_back(arena: Arena, chance: random.Random, outcome: Outcome) -> None:
    trader = Trader.begin(arena)
    resting = [trader.clicker.place() for _ in range(3)]
    for click in resting:
        trader.until_status(click, "SUBMITTED")
    ready_since = arena.session(trader.account).state_since
    trader.gateway.tell("restart", seconds=1.0, next_order_id=1)
    began = time.monotonic()
    filled = chance.randint(1, 3)
    for click in resting[:filled]:
        trader.gateway.tell("fill", order=click.client_order_id, price="1.00")
    trader.until(lambda: arena.session(trader.account).state_since > ready_since, "the loss is noticed")
    trader.note_answering()
    arena.until_ready(trader.account)
    recovery = time.monotonic() - began
    for _ in range(3):
        trader.clicker.place(**marketable())
    outcome.count(trader.verdict(Least(accepted=6, filled=filled + 3)), recovery)
    trader.end()
