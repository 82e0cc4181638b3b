"""The points at which a worker is killed: eight of an order's way, four of a kill switch's."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_REFERENCE = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Point:
    """`function` as `module:name` or `module:Class.name`: it dies there as a call that is of an order begins or ends.

    `concerns` judges the arguments, and what came out where it dies on leaving.
    """

    function: str
    leaving: bool = False
    concerns: Callable[[tuple[Any, ...], Any], bool] = lambda _arguments, _result: True


def _is_an_order(arguments: tuple[Any, ...], _result: Any) -> bool:
    """One of ours: an order that IB only works out and never transmits has no reference."""
    message = str(arguments[-1])
    return message.startswith("3\0") and _REFERENCE.search(message) is not None


def _is_a_global_cancel(arguments: tuple[Any, ...], _result: Any) -> bool:
    return str(arguments[-1]).startswith("58\0")


def _of_cancel_all(arguments: tuple[Any, ...], _result: Any) -> bool:
    return str(arguments[0].verb) == "CANCEL_ALL"


def _claimed_cancel_all(_arguments: tuple[Any, ...], result: Any) -> bool:
    return result is not None and str(result.verb) == "CANCEL_ALL"


def _claimed_one(_arguments: tuple[Any, ...], result: Any) -> bool:
    return result is not None


_CLIENT = "brokers.interactive_brokers.link.client:PacedClient"
POINTS = {
    "before the claim": Point("webapp.trading.commands.claiming:_claim"),
    "claimed": Point("webapp.trading.commands:claim_next", leaving=True, concerns=_claimed_one),
    "in our lanes": Point(f"{_CLIENT}.sendMsg", concerns=_is_an_order),
    "bytes are out": Point(f"{_CLIENT}._write", leaving=True, concerns=_is_an_order),
    "before SENT": Point("webapp.trading.commands:record_sent"),
    "after SENT": Point("webapp.trading.commands:record_sent", leaving=True),
    "before a word": Point("webapp.trading.orders:apply_update"),
    "before a fill": Point("webapp.trading.fills:record_execution"),
}

# Where a worker is killed while the command of an engaged kill switch stands at SENDING.
KILL_SWITCH_POINTS = {
    "cancel all claimed": Point("webapp.trading.commands:claim_next", leaving=True, concerns=_claimed_cancel_all),
    "cancel all in our lanes": Point(f"{_CLIENT}.sendMsg", concerns=_is_a_global_cancel),
    "cancel all is out": Point(f"{_CLIENT}._write", leaving=True, concerns=_is_a_global_cancel),
    "cancel all before SENT": Point("webapp.trading.commands:record_sent", concerns=_of_cancel_all),
}
