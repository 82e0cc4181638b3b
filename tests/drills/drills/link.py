"""4. IB is lost (1100) and back (1101 or 1102) with fills in the gap; a data farm flaps while orders go on."""

from __future__ import annotations

import random
import time

from tests.drills.arena import Arena
from tests.drills.clicks import marketable
from tests.drills.evidence import Least
from tests.drills.outcome import Outcome
from tests.drills.trader import Trader


def run(arena: Arena, seed: int, rounds: int) -> list[Outcome]:
    kept, lost = Outcome("4 1100, then 1102, fills in the gap"), Outcome("4 1100, then 1101, fills in the gap")
    flap = Outcome("4 a data farm flaps while orders go on")
    arena.end_workers()
    arena.worker("steady")
    for number in range(rounds):
        chance = random.Random(f"{seed}-{number}")
        _outage(arena, chance, kept, data="kept")
        _outage(arena, chance, lost, data="lost")
        _flap(arena, flap)
    return [kept, lost, flap]


def _outage(arena: Arena, chance: random.Random, outcome: Outcome, *, data: str) -> None:
    trader = Trader.begin(arena)
    resting = [trader.clicker.place() for _ in range(3)]
    for click in resting:
        trader.until_status(click, "SUBMITTED")
    trader.gateway.tell("drop_link")
    trader.until(lambda: arena.session(trader.account).state == "SYNCING", "the outage is noticed")
    filled = chance.randint(1, 3)
    for click in resting[:filled]:
        trader.gateway.tell("fill", order=click.client_order_id, price="1.00")
    into_the_outage = trader.clicker.place()
    trader.gateway.tell("restore_link", data=data)
    trader.note_answering()
    back = time.monotonic()
    arena.until_ready(trader.account)
    recovery = time.monotonic() - back
    trader.clicker.place(**marketable())
    verdict = trader.verdict(Least(accepted=4, filled=filled + 1))
    if into_the_outage.accepted:
        verdict.lost.append("an order was taken while the broker was out of reach")
    outcome.count(verdict, recovery)
    trader.end()


def _flap(arena: Arena, outcome: Outcome) -> None:
    trader = Trader.begin(arena)
    for _ in range(5):
        trader.gateway.tell("flap_farm", farm="usfarm", seconds=0.2)
        trader.clicker.place(**marketable())
        trader.clicker.place()
    outcome.count(trader.verdict(Least(accepted=10, filled=5)))  # orders go on
    trader.end()
