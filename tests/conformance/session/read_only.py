"""A gateway whose API is read-only: it neither takes orders nor shows them, and says 321.

https://interactivebrokers.github.io/tws-api/initial_setup.html, "Read-Only API".
"""

from __future__ import annotations

from typing import Any

from tests.conformance.clients.base import Answer
from tests.conformance.rows import Row, Stage
from tests.conformance.session.placing import cancel_all, place, placing, terms, told
from tests.conformance.session.scenery import COLA

_LIMIT = terms("LMT", lmtPrice=55.0)
_REFUSED: dict[str, Any] = {"status": None, "codes": [321]}


def begin(stage: Stage) -> Answer:
    """An order from before is left."""
    answer = place(stage, "before", COLA, _LIMIT)
    stage.control.do("read_only", on=True)
    return answer


def cancel(stage: Stage) -> Answer:
    stage.client.orders.cancel(stage.order_ids["before"])
    return told(stage, "before")


def end(stage: Stage) -> Answer:
    """Orders are taken and shown again, and the one from before still stands."""
    stage.control.do("read_only", on=False)
    place(stage, "after", COLA, _LIMIT)
    return [order["orderRef"] for order in stage.client.orders.own_open()]


ROWS: tuple[Row, ...] = (
    Row("read-only begins", begin, {"status": "Submitted"}),
    Row("read-only, place (321)", placing("meanwhile", COLA, _LIMIT), _REFUSED, (321,)),
    Row("read-only, cancel (321)", cancel, {"status": "Submitted", "codes": [321]}, (321,)),
    Row("read-only, cancel all (321)", lambda stage: stage.client.orders.cancel_all(), None, (-321,)),
    Row("read-only, open orders (321)", lambda stage: stage.client.orders.all_open(), {"refused": 321}, (-321,)),
    Row("read-only, completed orders (321)", lambda stage: stage.client.orders.completed(), {"refused": 321}, (-321,)),
    Row("read-only, positions", lambda stage: len(stage.client.accounts.positions()) > 0, True),
    Row("read-only ends", end, ["before", "after"]),
    Row("cancel all from before and after (202)", cancel_all, [], (202, 202)),
)
