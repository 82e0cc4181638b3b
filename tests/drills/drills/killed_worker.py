"""1. A worker is killed with SIGKILL at eight named points of an order's way."""

from __future__ import annotations

import random
import time

from deploy.local.processes import became_true
from tests.drills.arena import READY_DEADLINE, Arena, DrillFailed
from tests.drills.clicks import bracketed, marketable
from tests.drills.evidence import Least
from tests.drills.outcome import Outcome
from tests.drills.points import POINTS
from tests.drills.trader import Trader

DEATH_DEADLINE = 60.0
# Seconds that an order's first word is waited for, which never comes when the worker has died of it already.
WORD_PATIENCE = 2.0


def run(arena: Arena, seed: int, rounds: int) -> list[Outcome]:
    """In each round, one worker for each point, with one account each; another one takes all of them over."""
    outcomes = {point: Outcome(f"1 worker killed: {point}") for point in POINTS}
    for number in range(rounds):
        _round(arena, random.Random(f"{seed}-{number}"), outcomes)
    return list(outcomes.values())


def _round(arena: Arena, chance: random.Random, outcomes: dict[str, Outcome]) -> None:
    arena.end_workers()
    names = {point: f"dies{place}" for place, point in enumerate(POINTS)}
    for point, name in names.items():
        arena.worker(name, dies_at=point, capacity=1)
    traders = [Trader.begin(arena) for _ in POINTS]
    owners = {point: _of_owner(arena, traders, name) for point, name in names.items()}
    for trader in traders:
        for _ in range(chance.randint(1, 3)):
            _ask(trader, chance)
        trader.clicker.place(**marketable())  # every point lies on its way
    _until_all_died(arena, traders)
    died = time.monotonic()
    last_words = {point: trader.last_event() for point, trader in owners.items()}
    arena.worker("rescue")
    recoveries = _recoveries(arena, owners, last_words, died)
    for point, trader in owners.items():
        trader.until_filled()
        outcomes[point].count(trader.verdict(Least(accepted=2, filled=1)), recoveries[point])
    for trader in traders:
        trader.end()


def _recoveries(arena: Arena, owners: dict[str, Trader], last_words: dict[str, int], died: float) -> dict[str, float]:
    """Seconds until each account was held anew, by point. All are watched at once; no judge's time is in them."""
    taken: dict[str, float] = {}

    def are_all_held() -> bool:
        for point, trader in owners.items():
            if point not in taken and trader.is_held_anew("rescue", since=last_words[point]):
                taken[point] = time.monotonic() - died
        return len(taken) == len(owners)

    if not became_true(are_all_held, deadline=READY_DEADLINE):
        raise DrillFailed(f"not READY again within {READY_DEADLINE:g} s: {', '.join(owners.keys() - taken.keys())}")
    return taken


def _ask(trader: Trader, chance: random.Random) -> None:
    """An order; or one that rests, with its change or its cancel, each of which may be what the worker dies of."""
    if chance.random() < 0.5:
        trader.clicker.place(**_some_order(chance))
        return
    click = trader.clicker.place()
    if chance.random() < 0.7:  # else the cancel may find it unsent
        became_true(lambda: click.accepted and trader.order(click).status == "SUBMITTED", deadline=WORD_PATIENCE)
        trader.clicker.modify(click, limit_price="1.01")
    trader.clicker.cancel(click)


def _some_order(chance: random.Random) -> dict[str, str]:
    quantity = str(chance.randint(1, 20))
    order = marketable(quantity) if chance.random() < 0.75 else {"limit_price": "1.00", "quantity": quantity}
    return bracketed(**order) if chance.random() < 0.3 else order


def _until_all_died(arena: Arena, traders: list[Trader]) -> None:
    def living() -> list[str]:
        return [name for name, worker in arena.workers.items() if worker.exit_code() is None]

    if not became_true(lambda: not living(), deadline=DEATH_DEADLINE):
        stands = [f"{arena.session(trader.account).owner}: {trader.shown()}" for trader in traders]
        raise DrillFailed(f"{', '.join(living())} did not die. {'; '.join(stands)}")
    arena.reap()


def _of_owner(arena: Arena, traders: list[Trader], name: str) -> Trader:
    return next(trader for trader in traders if arena.session(trader.account).owner.startswith(f"{name}-"))
