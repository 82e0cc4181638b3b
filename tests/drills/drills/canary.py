"""10. A canary password through start, crash and traceback: it is found nowhere but in the sealed row.

`docker inspect` is looked at by the tests that have an engine: tests/brokers/gateways/docker/test_isolation.py.
"""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.drills.arena import Arena, DrillFailed
from tests.drills.checker import Verdict
from tests.drills.clicks import signed_in, submit
from tests.drills.outcome import Outcome
from tests.drills.searching import control, places
from tests.drills.searching.needle import Needle
from tests.drills.searching.overheard import Overheard
from tests.drills.trader import Trader

if TYPE_CHECKING:
    from webapp.accounts.models import BrokerAccount

CANARY = Needle("canary-2b7e151628aed2a6abf7158809cf4f3c")
USER = "careful"
# The file, and what it is written as before it takes its name.
PASSWORD_FILES = ("password", "password.new")
# Seconds between two looks while the login lasts.
PAUSE = 0.1


def run(arena: Arena, seed: int, rounds: int) -> list[Outcome]:
    del seed, rounds  # a password is somewhere or nowhere
    outcome = Outcome("10 a canary password is found nowhere")
    arena.end_workers()
    with Overheard(_redis_url(arena)) as overheard:
        _require_sight(arena, overheard)
        outcome.count(_live(arena))
        if overheard.holds(CANARY):
            outcome.verdict.lost.append("the canary password was in a command to Redis")
    return [outcome]


def _require_sight(arena: Arena, overheard: Overheard) -> None:
    """Raises DrillFailed when the search doesn't find what was put into each place on purpose."""
    from webapp.bus.redis import celery_url

    with control.planted(arena.stack.var, redis_url=_redis_url(arena), celery_url=celery_url()):
        unseen = control.PLACES - set(_everywhere(arena, control.CONTROL))
    if unseen:
        raise DrillFailed(f"can't see: a control was put there and not found in {', '.join(sorted(unseen))}")
    if left := set(_everywhere(arena, control.CONTROL)) & control.PLACES:
        raise DrillFailed(f"the control is still in {', '.join(sorted(left))}")
    arena.until(lambda: overheard.holds(control.CONTROL), "the control is overheard on its way to Redis")


def _live(arena: Arena) -> Verdict:
    """What a password may go through, with a search at each step."""
    with _searching_meanwhile(arena) as verdict:
        account = _connected(arena)
        worker = arena.worker("careless")
        arena.until(lambda: _held_by(arena, account, "careless-"), "the canary's session is READY")
    verdict.add(_search(arena, "while it runs"))
    arena.end_worker(worker)
    crashed = arena.worker("crashed", dies_at="before a word")
    arena.until(lambda: _held_by(arena, account, "crashed-"), "another worker took over")
    trader = Trader.of(arena, account)
    trader.clicker.place()
    arena.until(lambda: crashed.exit_code() is not None, "the worker crashed")
    verdict.add(_search(arena, "after a crash"))
    arena.reap()
    failing = arena.worker("failing", fails=True)
    arena.until(lambda: "Traceback" in failing.log.read_text(), "a traceback with the login in its frames")
    verdict.add(_search(arena, "after a traceback"))
    trader.end()
    return verdict


def _connected(arena: Arena) -> BrokerAccount:
    """Through the page, so that the web process has had the password in its hands.

    The simulator takes a username written backwards for its password, so the two are told apart here.
    """
    from webapp.accounts.models import BrokerAccount, User

    User.objects.create_user(USER, password=USER)
    with closing(signed_in(arena.stack.url, USER)) as client:
        login = {"username": CANARY.text[::-1], "password": CANARY.text}
        submit(client, "/accounts/connect/", name="Canary", trading_mode="paper", **login)
    return BrokerAccount.objects.get(user__username=USER)


def _held_by(arena: Arena, account: BrokerAccount, name: str) -> bool:
    session = arena.session(account)
    return session.owner.startswith(name) and session.state == "READY"


@contextmanager
def _searching_meanwhile(arena: Arena) -> Iterator[Verdict]:
    """Looks again and again, until the end of the `with` block. Raises DrillFailed when it never came to an end."""
    from django.db import connection

    stop, verdict, looks = threading.Event(), Verdict(), list[Verdict]()

    def look() -> None:
        try:
            while not stop.wait(PAUSE):
                looks.append(_verdict(_during_the_login(arena), "while it logs in"))
        finally:
            connection.close()

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield verdict
    finally:
        stop.set()
        thread.join(60)
    if not looks or thread.is_alive():
        raise DrillFailed("the search during the login came to no end")
    verdict.lost += dict.fromkeys(sentence for one in looks for sentence in one.lost)


def _during_the_login(arena: Arena) -> Iterator[str]:
    """Without the database's own files, which take long and are read afterwards."""
    for name in ("log", "run", "gateways"):
        folder = arena.stack.var / name
        yield from places.files(folder, CANARY, but=_is_the_gateways_own)
    yield from _elsewhere(arena, CANARY)


def _is_the_gateways_own(path: Path) -> bool:
    """Where the gateway reads it while the login lasts: for its owner's eyes alone, and gone afterwards."""
    if path.name not in PASSWORD_FILES or path.parent.parent.name != "gateways":
        return False
    try:
        return stat.S_IMODE(path.stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR
    except FileNotFoundError:
        return True


def _search(arena: Arena, when: str) -> Verdict:
    return _verdict(_everywhere(arena, CANARY), when)


def _verdict(found: Iterator[str], when: str) -> Verdict:
    return Verdict(lost=[f"the canary password is in {place} {when}" for place in found])


def _everywhere(arena: Arena, needle: Needle) -> Iterator[str]:
    yield from places.files(arena.stack.var, needle)
    yield from _elsewhere(arena, needle)


def _elsewhere(arena: Arena, needle: Needle) -> Iterator[str]:
    yield from places.processes(needle)
    yield from places.redis_keys(_redis_url(arena), needle)
    yield from places.tables(needle)


def _redis_url(arena: Arena) -> str:
    assert arena.stack.services is not None
    return arena.stack.services.redis_url
