"""What a client finds when it comes back under its id, and who may have an id:
https://interactivebrokers.github.io/tws-api/connection.html.
"""

from __future__ import annotations

from tests.conformance.clients.base import Answer
from tests.conformance.rows import Play, Row, Stage
from tests.conformance.session.placing import cancel_all, place, terms, told
from tests.conformance.session.scenery import COLA

_TRADER, _OBSERVER, _GHOST = 1, 2, 7


def leave(stage: Stage) -> Answer:
    """Two orders are left behind; one of them is filled in part while nobody is there."""
    for reference in ("left alone", "filled away"):
        place(stage, reference, COLA, terms("LMT", lmtPrice=60.0, tif="GTC"))
    stage.client.link.close()
    stage.control.do("fill", order="filled away", quantity=4, price=60)
    return stage.client.link.connect(*stage.address, _TRADER)


def open_orders(stage: Stage) -> Answer:
    """By the ids that they were given before, with how they stand now."""
    found = stage.client.orders.own_open()
    stands = [told(stage, order["orderRef"]) for order in found]
    return [[order["orderRef"], one["filled"], one["remaining"]] for order, one in zip(found, stands, strict=True)]


def executions(stage: Stage) -> Answer:
    """What was missed is there when it is asked for."""
    fills = stage.client.orders.executions(symbol="KO")
    return [[fill["shares"], fill["price"], fill["commission"]] for fill in fills if fill["orderRef"] == "filled away"]


def next_id(stage: Stage) -> Answer:
    """Whether it is above every one that was used."""
    return stage.client.orders.next_id() > max(stage.order_ids.values())


def cancel(stage: Stage) -> Answer:
    stage.client.orders.cancel(stage.order_ids["left alone"])
    return told(stage, "left alone")


def taken(stage: Stage) -> Answer:
    """Who has the id keeps it."""
    stage.connect(_TRADER)
    return None


def ghost(stage: Stage) -> Answer:
    """An id that somebody is still taken to have."""
    stage.control.do("hold_client_id", client_id=_GHOST)
    try:
        stage.connect(_GHOST)
    finally:
        stage.control.do("free_client_id", client_id=_GHOST)
    return None


def freed(stage: Stage) -> Answer:
    client = stage.connect(_GHOST)
    client.link.close()
    return client.orders is not None


def restart(stage: Stage) -> Answer:
    """Everyone is hung up on. Orders are IB's: they outlive the gateway."""
    stage.control.do("restart")
    clients = {_TRADER: stage.client, _OBSERVER: stage.observer}
    for client in clients.values():
        client.link.wait_for_end()
    for client_id, client in clients.items():
        client.link.connect(*stage.address, client_id)
    return open_orders(stage)


def _told(name: str, play: Play, says: object) -> Row:
    """Whoever connects is told of the farms, which the first row looks at."""
    return Row(name, play, says, codes=None)


ROWS: tuple[Row, ...] = (
    _told("connect again", leave, {"accounts": ["DU1000001"], "version": 176}),
    Row("open orders after it", open_orders, [["left alone", "0", "10"], ["filled away", "4", "6"]]),
    Row("executions after it", executions, [["4", "60", "1"]]),
    Row("the next order id after it", next_id, True),
    Row("cancel an order from before it (202)", cancel, {"status": "Cancelled", "codes": [202]}, (202,)),
    Row("connect with an id in use (326)", taken, {"refused": 326}),
    Row("connect with an id that a ghost has (326)", ghost, {"refused": 326}),
    Row("connect with an id that is free again", freed, True),
    _told("open orders after the gateway's restart", restart, [["filled away", "4", "6"]]),
    Row("cancel all that was left (202)", cancel_all, [], (202,)),
)
