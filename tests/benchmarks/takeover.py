"""`python -m tests.benchmarks.takeover`: how long sessions are gone when their worker is killed.

A worker that holds them all is killed with SIGKILL beside a second one that has room. For each session, from the kill:
until the second worker holds the lease, by the database's clock, and until the row says READY under it. Killed at a
random moment of the lease in each round. The gateways, the database and Redis share the machine. A session that didn't
move in time counts as one that took for ever: it is named, is in the percentiles, and makes the program fail.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deploy.local.processes import Child
from tests.benchmarks.report import say
from tests.drills import arena as arenas
from tests.drills.arena import Arena

DEADLINE = 180.0
POLL = 0.02
RENEWED_EVERY = 1.5
HELD, READY = "kill -9 to the other worker's lease", "kill -9 to READY under the other worker"


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
    sessions = arguments.sessions
    held = [seconds for one in moved for seconds in timed(one.held, sessions)]
    ready = [seconds for one in moved for seconds in timed(one.ready, sessions)]
    report(arguments, {HELD: held, READY: ready})


def timed(moved: Mapping[object, float], sessions: int) -> list[float]:
    """Seconds, one for each session; infinite for one that never moved."""
    return [*moved.values(), *[math.inf] * (sessions - len(moved))]


def report(arguments: argparse.Namespace, legs: Mapping[str, list[float]]) -> None:
    """Exits with 1 when a session never moved."""
    cores, load = os.cpu_count(), os.getloadavg()[0]
    say(f"{arguments.rounds} kills of {arguments.sessions} sessions; {cores} cores, load {load:.1f}")
    for name, seconds in legs.items():
        say(f"{name:44}p50 {percentile(seconds, 50):6.2f} s{'':4}p99 {percentile(seconds, 99):6.2f} s")
    lost = {name: sum(map(math.isinf, seconds)) for name, seconds in legs.items()}
    if any(lost.values()):
        told = ", ".join(f"{count} of {len(legs[name])} ({name})" for name, count in lost.items() if count)
        sys.exit(f"FAILED: sessions that did not move within {DEADLINE:g} s: {told}")


def percentile(seconds: Sequence[float], percent: int) -> float:
    """The sample at this rank: between a number and infinity nothing can be interpolated."""
    return sorted(seconds)[math.ceil(len(seconds) * percent / 100) - 1]


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
        say(f"Round {number + 1}: {len(moved[-1].ready)} of {sessions} sessions moved")
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
