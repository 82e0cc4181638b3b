"""Brackets and one-cancels-all groups: https://interactivebrokers.github.io/tws-api/bracket_order.html and oca.html.

Coca-Cola stands at 63 here. What is attached to an order waits for it; of two attached ones that fill, the other is
cancelled.
"""

from __future__ import annotations

from tests.conformance.clients.base import Answer, Fields
from tests.conformance.rows import Play, Row, Stage
from tests.conformance.session.placing import cancel_all, place, terms, told
from tests.conformance.session.scenery import COLA

_CANCEL, _REDUCE, _REDUCE_WITHOUT_BLOCK = 1, 2, 3
_SUBMITTED = {"status": "Submitted", "whyHeld": ""}
_CANCELLED = {"status": "Cancelled", "codes": [202]}
_FILLED = {"status": "Filled", "remaining": "0"}


def _at(stage: Stage, price: float) -> None:
    stage.market("KO", bid=price, ask=price + 0.05, last=price, bid_size=500, ask_size=500)


def _bracket(stage: Stage, name: str) -> Answer:
    """Nothing of it moves before its last order comes, which is the only one to be transmitted."""
    _at(stage, 63)
    place(stage, f"{name} entry", COLA, terms("LMT", lmtPrice=60.0, transmit=False))
    attached: Fields = {"action": "SELL", "parentId": stage.order_ids[f"{name} entry"]}
    place(stage, f"{name} profit", COLA, terms("LMT", lmtPrice=70.0, transmit=False, **attached))
    held_back = _family(stage, name)
    place(stage, f"{name} loss", COLA, terms("STP", auxPrice=55.0, **attached))
    return [held_back[:2], _family(stage, name)]


def _family(stage: Stage, name: str) -> list[Answer]:
    members = (f"{name} {part}" for part in ("entry", "profit", "loss"))
    return [told(stage, member) if member in stage.order_ids else None for member in members]


def bracket(stage: Stage) -> Answer:
    return _bracket(stage, "bracket")


def entry_fills(stage: Stage) -> Answer:
    _at(stage, 59.95)
    return _family(stage, "bracket")


def profit_is_taken(stage: Stage) -> Answer:
    _at(stage, 70)
    return _family(stage, "bracket")


def entry_is_cancelled(stage: Stage) -> Answer:
    _bracket(stage, "given up")
    stage.client.orders.cancel(stage.order_ids["given up entry"])
    return _family(stage, "given up")


def group(name: str, oca_type: int, *, fills: int) -> Play:
    """Ten at 62 and twenty at 61; so much of the ten is filled."""

    def play(stage: Stage) -> Answer:
        _at(stage, 63)
        grouped: Fields = {"ocaGroup": name, "ocaType": oca_type}
        place(stage, f"{name} ten", COLA, terms("LMT", lmtPrice=62.0, **grouped))
        place(stage, f"{name} twenty", COLA, terms("LMT", lmtPrice=61.0, totalQuantity=20, **grouped))
        stage.control.do("fill", order=f"{name} ten", quantity=fills, price=62)
        stage.settle()
        return [told(stage, f"{name} {part}") for part in ("ten", "twenty")]

    return play


def _reduced(oca_type: int) -> Row:
    """Four of ten are two fifths, and three fifths of twenty are twelve."""
    name = f"OCA reduces {oca_type}"
    told = [{**_SUBMITTED, "filled": "4", "remaining": "6"}, {**_SUBMITTED, "filled": "0", "remaining": "12"}]
    return Row(f"OCA type {oca_type} reduces in proportion", group(name, oca_type, fills=4), told)


_HELD_BACK: Fields = {"status": None, "course": [], "codes": []}
_WAITING = [
    _SUBMITTED,
    {"status": "PreSubmitted", "whyHeld": "child"},
    {"status": "PreSubmitted", "whyHeld": "child,trigger"},
]

ROWS: tuple[Row, ...] = (
    Row("bracket", bracket, [[_HELD_BACK, _HELD_BACK], _WAITING]),
    Row(
        "bracket whose entry fills",
        entry_fills,
        [_FILLED, _SUBMITTED, {"status": "PreSubmitted", "whyHeld": "trigger"}],
    ),
    Row("bracket whose profit is taken (202)", profit_is_taken, [_FILLED, _FILLED, _CANCELLED], (202,)),
    Row("bracket whose entry is cancelled (202)", entry_is_cancelled, [_CANCELLED] * 3, (202, 202, 202)),
    Row("OCA type 1 cancels (202)", group("OCA cancels", _CANCEL, fills=10), [_FILLED, _CANCELLED], (202,)),
    _reduced(_REDUCE),
    _reduced(_REDUCE_WITHOUT_BLOCK),
    Row("cancel all of the groups (202)", cancel_all, [], (202,) * 4),
)
