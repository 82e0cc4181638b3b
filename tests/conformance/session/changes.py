"""Changing and cancelling orders: https://interactivebrokers.github.io/tws-api/modifying_orders.html and
cancel_order.html. A change that is refused leaves its order as it was.

IBM stands at 186.40 to 186.50 here.
"""

from __future__ import annotations

from typing import Any

from tests.conformance.clients.base import Answer, Fields
from tests.conformance.rows import Play, Row, Stage
from tests.conformance.session.placing import cancel_all, place, terms, told
from tests.conformance.session.scenery import IBM

_UNKNOWN_ID = 1_000_000
_OLD, _NEW = ("150", "10"), ("151.25", "20")


def _working(stage: Stage, reference: str) -> Answer:
    """The price and the quantity of an open order as another client sees them; nothing for one that isn't open."""
    found = [order for order in stage.observer.orders.all_open() if order["orderRef"] == reference]
    return [[order["lmtPrice"], order["totalQuantity"]] for order in found]


def modified(reference: str, asked: Fields, changes: Fields) -> Play:
    """An order, changed; how it is told and seen then."""

    def play(stage: Stage) -> Answer:
        stage.market("IBM", bid=186.4, ask=186.5, last=186.4)
        place(stage, reference, IBM, asked)
        stage.client.orders.modify(stage.order_ids[reference], changes)
        return {**told(stage, reference), "working": _working(stage, reference)}

    return play


def modified_in_part(stage: Stage) -> Answer:
    """Three are filled by then: eight in all leave five."""
    place(stage, "in part", IBM, terms("LMT", lmtPrice=150.0))
    stage.control.do("fill", order="in part", quantity=3, price=150)
    stage.client.orders.modify(stage.order_ids["in part"], {"totalQuantity": 8})
    return told(stage, "in part")


def modified_through_the_market(stage: Stage) -> Answer:
    place(stage, "raised", IBM, terms("LMT", lmtPrice=150.0))
    stage.client.orders.modify(stage.order_ids["raised"], {"lmtPrice": 187.0})
    return told(stage, "raised")


def cancelled(reference: str, asked: Fields, *, times: int = 1) -> Play:
    def play(stage: Stage) -> Answer:
        place(stage, reference, IBM, asked)
        for _ in range(times):
            stage.client.orders.cancel(stage.order_ids[reference])
        return told(stage, reference)

    return play


def cancelled_by_another(stage: Stage) -> Answer:
    place(stage, "another's", IBM, terms("LMT", lmtPrice=150.0))
    stage.observer.orders.cancel(stage.order_ids["another's"])
    return _working(stage, "another's")


def cancelled_by_the_broker(stage: Stage) -> Answer:
    place(stage, "withdrawn", IBM, terms("LMT", lmtPrice=150.0))
    stage.control.do("cancel_order", order="withdrawn", reason="The issuer is merged")
    stage.settle()
    return told(stage, "withdrawn")


def _unknown(stage: Stage) -> Any:
    stage.client.orders.cancel(_UNKNOWN_ID)
    return None


_LIMIT = terms("LMT", lmtPrice=150.0)
_LIVES = {"status": "Submitted", "filled": "0"}
_CHANGED = {**_LIVES, "remaining": "20", "codes": [], "working": [list(_NEW)]}


def _stays(code: int) -> Fields:
    """As it was, with a code about the change."""
    return {**_LIVES, "remaining": "10", "codes": [code], "working": [list(_OLD)]}


ROWS: tuple[Row, ...] = (
    Row("modify", modified("modify", _LIMIT, {"lmtPrice": 151.25, "totalQuantity": 20}), _CHANGED),
    Row("modify off the increment (110)", modified("modify 110", _LIMIT, {"lmtPrice": 150.001}), _stays(110), (110,)),
    Row("modify the side (105)", modified("modify 105", _LIMIT, {"action": "SELL"}), _stays(105), (105,)),
    Row("modify what is filled in part", modified_in_part, {"status": "Submitted", "filled": "3", "remaining": "5"}),
    Row("modify so that it fills", modified_through_the_market, {"status": "Filled", "avgFillPrice": "186.5"}),
    Row(
        "modify what is filled (104)",
        modified("modify 104", terms("MKT"), {"totalQuantity": 20}),
        {"status": "Filled", "filled": "10", "codes": [104], "working": []},
        (104,),
    ),
    Row("cancel (202)", cancelled("cancel", _LIMIT), {"status": "Cancelled", "codes": [202]}, (202,)),
    Row(
        "cancel what is cancelled (10148)",
        cancelled("cancel twice", _LIMIT, times=2),
        {"status": "Cancelled", "codes": [202, 10148]},
        (202, 10148),
    ),
    Row(
        "cancel what is filled (10148)",
        cancelled("cancel filled", terms("MKT")),
        {"status": "Filled", "codes": [10148]},
        (10148,),
    ),
    Row("cancel what nobody knows (10147)", _unknown, None, (10147,)),
    Row("cancel another client's order (10147)", cancelled_by_another, [list(_OLD)], (10147,)),
    Row("cancelled by the broker (202)", cancelled_by_the_broker, {"status": "Cancelled", "codes": [202]}, (202,)),
    Row("cancel all that was changed (202)", cancel_all, [], (202,) * 5),
)
