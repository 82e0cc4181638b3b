"""11. A rolling deploy: workers are replaced one after the other while people click, and no gateway logs in again."""

from __future__ import annotations

import time
from contextlib import ExitStack

from deploy.local.processes import Child
from tests.drills.arena import Arena
from tests.drills.clicks import marketable
from tests.drills.evidence import Least
from tests.drills.outcome import Outcome
from tests.drills.trader import Trader

TRADERS = 3
ENOUGH = Least(accepted=10, filled=5, cancelled=1, changed=1)
# Each replaces the one before it.
GENERATIONS = 3


def run(arena: Arena, seed: int, rounds: int) -> list[Outcome]:
    del seed  # the machine decides what each worker is at when it is told to go
    outcome = Outcome("11 a rolling deploy under clicks")
    for _ in range(rounds):
        _deploy(arena, outcome)
    return [outcome]


def _deploy(arena: Arena, outcome: Outcome) -> None:
    arena.end_workers()
    worker = arena.worker("deploy0")
    traders = [Trader.begin(arena) for _ in range(TRADERS)]
    gateways = [trader.gateway.pid for trader in traders]
    recoveries = []
    with ExitStack() as clicking:
        for trader in traders:
            clicking.enter_context(trader.clicking())
        for number in range(1, GENERATIONS + 1):
            worker, recovery = _replace(arena, worker, f"deploy{number}", traders)
            recoveries.append(recovery)
    for trader, gateway in zip(traders, gateways, strict=True):
        after = trader.clicker.place(**marketable("1"))
        verdict = trader.verdict(ENOUGH)
        if trader.gateway.pid != gateway:
            verdict.lost.append(f"the gateway of {trader.account} was started again")
        if not after.accepted:
            verdict.lost.append(f"{trader.account} took no order after the deploy: {trader.shown()}")
        outcome.count(verdict, max(recoveries))
        trader.end()


def _replace(arena: Arena, worker: Child, name: str, traders: list[Trader]) -> tuple[Child, float]:
    """The new worker first, then the old one's SIGTERM. In seconds, how long the last account took to be READY."""
    following = arena.worker(name)
    arena.until(lambda: " ready." in following.log.read_text(), f"{name} takes sessions")
    began = time.monotonic()
    before = [trader.last_event() for trader in traders]
    arena.end_worker(worker, gently=True)
    for trader, said in zip(traders, before, strict=True):
        arena.until(
            lambda trader=trader, said=said: trader.is_held_anew(name, since=said), f"{name} holds every account"
        )
    return following, time.monotonic() - began
