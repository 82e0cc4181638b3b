"""`python -m tests.benchmarks.takeover`: how long sessions are gone when their worker is killed.

A worker that holds them all is killed with SIGKILL beside a second one that has room. For each session, from the kill:
until the second worker holds the lease, by the database's clock, and until the row says READY under it. Killed at a
random moment of the lease in each round. Nothing is asserted; the gateways, the database and Redis share the machine.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from dataclasses import dataclass

from deploy.local.processes import Child
from tests.benchmarks.report import Leg, say
from tests.drills import arena as arenas
from tests.drills.arena import Arena

DEADLINE = 180.0
POLL = 0.02
RENEWED_EVERY = 1.5


@dataclass(slots=True)
class Moved:
    """Seconds since the kill, by account."""

    held: dict[object, float]
    ready: dict[object, float]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.takeover")
    parser.add_argument("--sessions", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with arenas.opened(say=say) as arena:
        moved = list(measured(arena, arguments.sessions, arguments.rounds))
    held = Leg("kill -9 to the other worker's lease", [s for one in moved for s in one.held.values()])
    ready = Leg("kill -9 to READY under the other worker", [s for one in moved for s in one.ready.values()])
    cores, load = os.cpu_count(), os.getloadavg()[0]
    say(f"{arguments.rounds} kills of {arguments.sessions} sessions; {cores} cores, load {load:.1f}")
    for leg in (held, ready):
        say(f"{leg.name:44}p50 {leg.milliseconds(50) / 1000:6.2f} s{'':4}p99 {leg.milliseconds(99) / 1000:6.2f} s")


def measured(arena: Arena, sessions: int, rounds: int) -> list[Moved]:
    holder = arena.worker("holder", capacity=sessions)
    accounts = [arena.account() for _ in range(sessions)]
    arena.until_ready(*accounts)
    moved = []
    for number in range(rounds):
        following = arena.worker(f"second{number}", capacity=sessions)
        arena.until(lambda following=following: " ready." in following.log.read_text(), "the second worker is up")
        time.sleep(random.uniform(0, RENEWED_EVERY))  # noqa: S311 - of the lease: a kill doesn't wait for a renewal
        moved.append(_kill(arena, holder, f"second{number}-", {account.pk for account in accounts}))
        holder = following
        say(f"Round {number + 1}: {len(moved[-1].ready)} sessions moved")
    return moved


def _kill(arena: Arena, holder: Child, name: str, accounts: set[object]) -> Moved:
    moved, before = Moved({}, {}), _newest_ready(accounts)
    holder.process.kill()
    began = time.monotonic()
    arena.end_worker(holder)
    while len(moved.ready) < len(accounts) and time.monotonic() - began < DEADLINE:
        elapsed = time.monotonic() - began
        for account_id in _held_by(name, accounts):
            moved.held.setdefault(account_id, elapsed)
        for account_id, number in _newest_ready(accounts).items():
            if number != before[account_id]:
                moved.ready.setdefault(account_id, elapsed)
        time.sleep(POLL)
    return moved


def _held_by(name: str, accounts: set[object]) -> list[object]:
    from webapp.accounts.models import GatewaySession

    held = GatewaySession.objects.filter(account_id__in=accounts, owner__startswith=name)
    return list(held.values_list("account_id", flat=True))


def _newest_ready(accounts: set[object]) -> dict[object, int]:
    """The number of each account's newest event that says READY: the lost worker's stands on the row for a while."""
    from django.db.models import Max

    from webapp.accounts.models import AccountEvent

    said = AccountEvent.objects.filter(account_id__in=accounts, kind="session", body__state="READY")
    return dict(said.values_list("account_id").annotate(Max("number")).order_by())


if __name__ == "__main__":
    main()
