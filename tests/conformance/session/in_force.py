"""How long orders are in force: https://interactivebrokers.github.io/tws-api/classIBApi_1_1Order.html, `Tif`.

Intel stands at 31.40 to 31.45 here, with three hundred shares on either side.
"""

from __future__ import annotations

from typing import Any

from tests.conformance.clients.base import Answer, Fields
from tests.conformance.rows import Play, Row, Stage
from tests.conformance.session.fills import filled
from tests.conformance.session.placing import cancel_all, place, placing, terms
from tests.conformance.session.scenery import INTEL

_INTEL: Fields = {"symbol": "INTC", "bid": 31.40, "ask": 31.45, "last": 31.40, "bid_size": 300, "ask_size": 300}
_ASK, _FAR = 31.45, 31.0
_TOMORROW = "20261119-15:00:00"


def limit(price: float, quantity: int, in_force: str, **fields: Any) -> Play:
    asked = terms("LMT", lmtPrice=price, totalQuantity=quantity, tif=in_force, **fields)
    return placing(f"{in_force} {quantity} at {price}", INTEL, asked, market=_INTEL)


def kept(reference: str, in_force: str, **fields: Any) -> Play:
    """An order that rests, with what of it is told back to another client."""

    def play(stage: Stage) -> Answer:
        now = place(stage, reference, INTEL, terms("LMT", lmtPrice=_FAR, tif=in_force, **fields))
        (found,) = (one for one in stage.observer.orders.all_open() if one["orderRef"] == reference)
        return {**now, "tif": found["tif"], "goodTillDate": found["goodTillDate"], "outsideRth": found["outsideRth"]}

    return play


def _ended(done: str, left: str) -> Fields:
    return {"status": "Cancelled", "filled": done, "remaining": left, "codes": [202]}


_RESTS = {"status": "Submitted", "filled": "0", "course": ["Submitted"]}

ROWS: tuple[Row, ...] = (
    Row("IOC that trades", limit(_ASK, 100, "IOC"), filled("31.45", "100")),
    Row("IOC that trades in part (202)", limit(_ASK, 500, "IOC"), _ended("300", "200"), (202,)),
    Row("IOC that doesn't trade (202)", limit(_FAR, 100, "IOC"), _ended("0", "100"), (202,)),
    Row("FOK that trades", limit(_ASK, 300, "FOK"), filled("31.45", "300")),
    Row("FOK that can't be whole (202)", limit(_ASK, 500, "FOK"), _ended("0", "500"), (202,)),
    Row("all or none", limit(_ASK, 500, "DAY", allOrNone=True), {**_RESTS, "remaining": "500"}),
    Row("GTC", kept("GTC", "GTC"), {**_RESTS, "tif": "GTC", "codes": []}),
    Row("GTD", kept("GTD later", "GTD", goodTillDate=_TOMORROW), {**_RESTS, "tif": "GTD", "goodTillDate": bool}),
    Row("outside regular hours", kept("RTH", "DAY", outsideRth=True), {**_RESTS, "outsideRth": True, "codes": []}),
    # IB sets it from a preset, and says so with what looks like an error.
    Row("no time in force (10349)", kept("preset", ""), {**_RESTS, "tif": "DAY", "codes": [10349]}, (10349,)),
    Row("cancel all that is in force (202)", cancel_all, [], (202,) * 5),
)
