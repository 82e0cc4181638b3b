"""How the session places orders: an order is called by its reference."""

from __future__ import annotations

from typing import Any

from tests.conformance.clients.base import Answer, Fields
from tests.conformance.rows import Play, Stage

QUANTITY = 10


def terms(kind: str, **fields: Any) -> Fields:
    """Ten to buy, today."""
    return {"orderType": kind, "action": "BUY", "totalQuantity": QUANTITY, "tif": "DAY", **fields}


def place(stage: Stage, reference: str, query: Fields, asked: Fields) -> Answer:
    """What is told of a new order at once."""
    stage.order_ids[reference] = stage.client.orders.place(query, {**asked, "orderRef": reference})
    return told(stage, reference)


def told(stage: Stage, reference: str) -> Answer:
    return stage.client.orders.told(stage.order_ids[reference])


def placing(reference: str, query: Fields, asked: Fields, *, market: Fields | None = None) -> Play:
    """`market` is where an instrument stands then, as `Stage.market` takes it."""

    def play(stage: Stage) -> Answer:
        if market is not None:
            stage.market(**market)
        return place(stage, reference, query, asked)

    return play


def cancel_all(stage: Stage) -> Answer:
    """Which orders are open then."""
    stage.client.orders.cancel_all()
    return [order["orderRef"] for order in stage.observer.orders.all_open()]
