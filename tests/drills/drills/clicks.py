"""9. Fifty identical clicks at once: one order, and every click is answered with it."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

from tests.drills.arena import Arena
from tests.drills.clicks import Click, Clicker, marketable
from tests.drills.evidence import Least
from tests.drills.outcome import Outcome
from tests.drills.trader import Trader

CLICKS = 50


def run(arena: Arena, seed: int, rounds: int) -> list[Outcome]:
    del seed  # the machine decides who comes first
    outcome = Outcome(f"9 {CLICKS} identical clicks at once")
    arena.end_workers()
    arena.worker("steady")
    for _ in range(rounds):
        trader = Trader.begin(arena)
        clicks = _click_at_once(trader.clicker)
        verdict = trader.verdict(Least(accepted=1, filled=1))
        statuses = sorted({click.status for click in clicks}, key=str)
        if [click.status for click in clicks].count(201) != 1 or statuses != [200, 201]:
            verdict.lost.append(f"the clicks were answered {statuses}, and one of them alone makes an order")
        outcome.count(verdict)
        trader.end()
    return [outcome]


def _click_at_once(clicker: Clicker) -> list[Click]:
    same = {"client_order_id": str(uuid.uuid4()), **marketable()}
    with ThreadPoolExecutor(CLICKS) as threads:
        return list(threads.map(lambda _: clicker.place(**same), range(CLICKS)))
