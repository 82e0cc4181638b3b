"""3. The gateway drops one order in a hundred in silence."""

from __future__ import annotations

import random

from tests.drills.arena import Arena
from tests.drills.clicks import marketable
from tests.drills.evidence import Least
from tests.drills.outcome import Outcome
from tests.drills.trader import Trader

# IB takes 20 active orders of one side and instrument at once, so most of these are filled.
ORDERS = 100


def run(arena: Arena, seed: int, rounds: int) -> list[Outcome]:
    outcome = Outcome(f"3 one order in {ORDERS} dropped in silence")
    arena.end_workers()
    arena.worker("steady")
    for number in range(rounds):
        trader = Trader.begin(arena)
        dropped = random.Random(f"{seed}-{number}").randrange(ORDERS)
        for place in range(ORDERS):
            if place == dropped:
                trader.gateway.tell("drop_orders", count=1)
            trader.clicker.place(**marketable("1"))
        outcome.count(trader.verdict(Least(accepted=ORDERS, filled=ORDERS - 1, absent=1)))
        trader.end()
    return [outcome]
