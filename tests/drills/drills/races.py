"""8. Twenty workers race for one account; a Celery task is delivered twice."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from tests.drills.arena import Arena
from tests.drills.checker import Verdict
from tests.drills.clicks import marketable
from tests.drills.evidence import Least
from tests.drills.outcome import Outcome
from tests.drills.trader import Trader

RACERS = 20


def run(arena: Arena, seed: int, rounds: int) -> list[Outcome]:
    del seed  # the machine decides who comes first
    raced, twice = Outcome(f"8 {RACERS} workers race for one lease"), Outcome("8 a task delivered twice")
    arena.end_workers()
    for _ in range(rounds):
        raced.count(_race(arena))
    arena.worker("one")
    arena.worker("other")
    for _ in range(rounds):
        _deliver_twice(arena, twice)
    return [raced, twice]


def _race(arena: Arena) -> Verdict:
    """On the rows, with a connection each: twenty processes would measure this machine's memory."""
    from django.db import connection

    from workers import leases

    account = arena.account()
    gate = threading.Barrier(RACERS)

    def claim(place: int) -> bool:
        try:
            connection.ensure_connection()
            gate.wait(30)
            return leases.claim(account_id=account.pk, owner=f"racer-{place}") is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(RACERS) as threads:
        won = sum(threads.map(claim, range(RACERS)))
    arena.retire(account)
    return Verdict() if won == 1 else Verdict(duplicates=[f"{won} of {RACERS} workers hold one account"])


def _deliver_twice(arena: Arena, outcome: Outcome) -> None:
    from webapp.bus import tasks

    began = time.monotonic()
    account = arena.account()
    for _ in range(10):
        tasks.send("workers.tasks.open_session", str(account.pk))
    trader = Trader.of(arena, account)
    recovery = time.monotonic() - began
    for _ in range(3):
        tasks.send("workers.tasks.open_session", str(account.pk))
        trader.clicker.place(**marketable())
    verdict = trader.verdict(Least(accepted=3, filled=3))
    opened = [row for row in trader.gateway.rows("connection") if row["event"] == "opened"]
    if len(opened) != 1:
        verdict.duplicates.append(f"{len(opened)} sessions connected to one gateway")
    outcome.count(verdict, recovery)
    trader.end()
