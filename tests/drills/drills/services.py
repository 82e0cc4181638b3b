"""5. Redis is stopped, flushed, frozen for 30 s; PostgreSQL is restarted under load."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import redis

from deploy.local import services
from tests.drills.arena import Arena
from tests.drills.evidence import Least
from tests.drills.outcome import Outcome
from tests.drills.trader import Trader

FROZEN_SECONDS = 30.0
STOPPED_SECONDS = 3.0


def run(arena: Arena, seed: int, rounds: int) -> list[Outcome]:
    del seed  # nothing here is left to chance
    faults = {
        "5 Redis flushed": _flush_redis,
        "5 Redis stopped": _restart_redis,
        f"5 Redis frozen for {FROZEN_SECONDS:g} s": _freeze_redis,
        "5 PostgreSQL restarted under load": _restart_postgres,
    }
    arena.end_workers()
    arena.worker("steady")
    outcomes = [Outcome(name) for name in faults]
    for _ in range(rounds):
        for outcome, fault in zip(outcomes, faults.values(), strict=True):
            _hurt(arena, outcome, fault)
    return outcomes


def _hurt(arena: Arena, outcome: Outcome, fault: Callable[[Arena], None]) -> None:
    trader = Trader.begin(arena)
    with trader.clicking():
        arena.until(lambda: _has_filled(trader, 0), "orders are filled before the fault")
        fault(arena)
        ended, clicked = time.monotonic(), len(trader.clicker.clicks)
        arena.until(lambda: _has_filled(trader, clicked), "an order that was clicked after the fault is filled")
        recovery = time.monotonic() - ended
    outcome.count(trader.verdict(Least(accepted=2, filled=2)), recovery)
    trader.end()


def _has_filled(trader: Trader, clicked: int) -> bool:
    """One of the orders that came after the first `clicked`."""
    from django.db import DatabaseError, connection

    from webapp.trading.models import Order

    clicks = [click.client_order_id for click in trader.clicker.clicks[clicked:] if click.accepted]
    orders = Order.objects.filter(account=trader.account, client_order_id__in=clicks, status="FILLED")
    try:
        return orders.exists()
    except DatabaseError:
        connection.close()
        return False


def _flush_redis(arena: Arena) -> None:
    with redis.Redis.from_url(_services(arena).redis_url) as client:
        client.flushall()


def _restart_redis(arena: Arena) -> None:
    running = _services(arena)
    running.redis.stop()
    time.sleep(STOPPED_SECONDS)
    child, _ = services.start_redis(running.folder, durable=False)
    arena.stack.services = services.Services(
        database_url=running.database_url,
        redis_url=running.redis_url,
        postgres=running.postgres,
        redis=child,
        folder=running.folder,
    )


def _freeze_redis(arena: Arena) -> None:
    process = _services(arena).redis.process
    process.send_signal(signal.SIGSTOP)
    try:
        time.sleep(FROZEN_SECONDS)
    finally:
        process.send_signal(signal.SIGCONT)


def _restart_postgres(arena: Arena) -> None:
    from django.db import connection

    running = _services(arena)
    running.postgres.stop()
    child, _ = services.start_postgres(running.folder, durable=False)
    connection.close()
    arena.stack.services = services.Services(
        database_url=running.database_url,
        redis_url=running.redis_url,
        postgres=child,
        redis=running.redis,
        folder=running.folder,
    )


def _services(arena: Arena) -> services.Services:
    assert arena.stack.services is not None
    return arena.stack.services
