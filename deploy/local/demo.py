"""`make demo`: the whole product for one person to look at, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType

from deploy.local import parents
from deploy.local import stack as local_stack
from deploy.local.stack import Stack


class Stopped(Exception):
    """Somebody asked us to stop: Ctrl-C, a SIGTERM, or the end of the `make` that started us."""


def run(*, var: Path, port: int, gateways: str, with_parent: bool) -> None:
    """Run until stopped; `with_parent`: or until the process that started this one is interrupted or ends.

    Raises LocalError when it can't start or when a part of it dies.
    """
    stack = Stack(var=var, port=port, say=say, gateways=gateways)
    try:
        with stoppable(), parents.followed() if with_parent else nullcontext(), local_stack.running(stack):
            bring_up(stack)
            say(f"Gatehouse is ready at {stack.url} (demo / demo)")
            watch(stack)
    except Stopped:
        say("Stopped. Nothing of it is running any more; `make demo` continues where it was.")


def bring_up(stack: Stack) -> None:
    """The demo's rows, and the wait for its session. Asking twice for the same thing does no harm."""
    say("Making the user, the API token and the paper account")
    stack.run_step("demo_rows")
    say("Waiting for the account's gateway to log in and for quotes to flow")
    stack.run_step("first_look")
    say(f"Administrator: {stack.url}/desk/ as admin, with the password in {stack.var / 'admin-password'}")
    say(f"API token: in {stack.var / 'api-token'}. Logs: {stack.var / 'log'}. Ctrl-C stops everything.")


def watch(stack: Stack) -> None:
    while True:
        stack.check()
        time.sleep(0.5)


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn the first SIGINT, SIGTERM or SIGHUP into Stopped; a second one must not cut the stopping short."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        say("Stopping")
        raise Stopped

    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def say(text: str) -> None:
    """A reader that went away, as `make demo | head` has it, must not keep us from stopping in good order."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
