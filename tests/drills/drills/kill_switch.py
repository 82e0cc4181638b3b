"""12. The worker is killed while it sends an engaged kill switch's cancel: no order stays open at the broker."""

from __future__ import annotations

import time

from deploy.local.processes import became_true
from tests.drills.arena import Arena
from tests.drills.checker import Verdict
from tests.drills.evidence import Least
from tests.drills.outcome import Outcome
from tests.drills.points import KILL_SWITCH_POINTS
from tests.drills.trader import SETTLE_DEADLINE, Trader

RESTING = 3
REFUSED = 422


def run(arena: Arena, seed: int, rounds: int) -> list[Outcome]:
    del seed  # the points are all there is to choose
    outcomes = []
    for point in KILL_SWITCH_POINTS:
        outcome = Outcome(f"12 kill switch, worker killed: {point.removeprefix('cancel all ')}")
        for _ in range(rounds):
            _die_of_it(arena, point, outcome)
        outcomes.append(outcome)
    return outcomes


def _die_of_it(arena: Arena, point: str, outcome: Outcome) -> None:
    arena.end_workers()
    dying = arena.worker("dies", dies_at=point)
    trader = Trader.begin(arena)
    for click in [trader.clicker.place() for _ in range(RESTING)]:
        trader.until_status(click, "SUBMITTED")
    trader.clicker.place()  # on its way when the switch is engaged: withdrawn, or sent and cancelled
    trader.clicker.engage()
    arena.until(lambda: dying.exit_code() is not None, f"the worker dies: {point}")
    died, said = time.monotonic(), trader.last_event()
    arena.reap()
    arena.worker("rescue")
    arena.until(lambda: trader.is_held_anew("rescue", since=said), "another worker holds the account")
    recovery = time.monotonic() - died
    verdict = _stands(trader)
    trader.clicker.release()
    trader.until_filled()
    verdict.add(trader.verdict(Least(accepted=RESTING + 2, filled=1, cancelled=RESTING)))
    outcome.count(verdict, recovery)
    trader.end()


def _stands(trader: Trader) -> Verdict:
    """Nothing works at the broker any more, and nothing new is taken."""
    verdict = Verdict()
    if not became_true(lambda: not trader.gateway.open_orders(), deadline=SETTLE_DEADLINE):
        verdict.lost.append(f"{len(trader.gateway.open_orders())} orders are open at the broker behind a kill switch")
    answer = trader.clicker.place().status
    if answer != REFUSED:
        verdict.lost.append(f"an order was answered {answer} while the switch was engaged")
    return verdict
