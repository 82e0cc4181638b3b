"""A worker that kills itself (SIGKILL) at a named point of an order's way: `celery -A tests.drills.dying worker`.

The points are functions of the product, and it dies as one is entered or left, so that nothing in the product knows of
drills. DRILL_DIES_AT names the point. With DRILL_FAILS it lives, and fails whenever it is to start a gateway.
"""

from __future__ import annotations

import functools
import importlib
import os
import signal
from collections.abc import Callable
from typing import Any

from celery import signals

from brokers.gateways.base import Endpoint, GatewaySpec
from brokers.gateways.process import ProcessRuntime
from tests.drills.points import KILL_SWITCH_POINTS, POINTS, Point
from workers.app import app  # noqa: F401 - what `-A` looks for


def arm(point: Point) -> None:
    module_name, _, path = point.function.partition(":")
    owner: Any = importlib.import_module(module_name)
    *outer, name = path.split(".")
    for part in outer:
        owner = getattr(owner, part)
    setattr(owner, name, _deadly(getattr(owner, name), point))


def _deadly(function: Callable[..., Any], point: Point) -> Callable[..., Any]:
    @functools.wraps(function)
    def dying(*arguments: Any, **named: Any) -> Any:
        if not point.leaving and point.concerns(arguments, None):
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*arguments, **named)
        if point.leaving and point.concerns(arguments, result):
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return dying


@signals.worker_init.connect(weak=False)
def arm_what_was_named(**_: Any) -> None:
    """Once Django has been set up, which the worker does on its own."""
    if named := os.environ.get("DRILL_DIES_AT"):
        arm({**POINTS, **KILL_SWITCH_POINTS}[named])
    if os.environ.get("DRILL_FAILS"):
        ProcessRuntime.start = _fail  # type: ignore[method-assign]


async def _fail(_runtime: ProcessRuntime, spec: GatewaySpec) -> Endpoint:
    """An error of ours with the opened login in its frames, and in its words."""
    raise RuntimeError(f"a drill's own error, at {spec!r}")
