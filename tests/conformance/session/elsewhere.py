"""Orders that a person places by hand, in TWS or on a phone:
https://interactivebrokers.github.io/tws-api/open_orders.html and modifying_orders.html.

They have no order id and no reference. Every client sees them among all orders; client 0 alone can have ids for them.
"""

from __future__ import annotations

from tests.conformance.clients.base import Answer
from tests.conformance.rows import Row, Stage

_BINDING = 0


def _seen(stage: Stage) -> Answer:
    names = ("symbol", "action", "totalQuantity", "lmtPrice", "orderRef", "orderId", "status")
    return [{name: order[name] for name in names} for order in stage.observer.orders.all_open()]


def placed(stage: Stage) -> Answer:
    stage.control.do("place_elsewhere", instrument="AMD", side="BUY", quantity=7, limit_price=100)
    stage.settle()
    return _seen(stage)


def filled(stage: Stage) -> Answer:
    """An execution that belongs to no client's order."""
    stage.control.do("fill_elsewhere", instrument="AMD", side="BUY", quantity=7, price=158)
    stage.settle()
    fills = stage.observer.orders.executions(symbol="AMD")
    return [[fill["side"], fill["shares"], fill["price"], fill["orderRef"]] for fill in fills]


def completed(stage: Stage) -> Answer:
    """Among all that are done, and not among those of the API."""
    everyone, api = (stage.observer.orders.completed(of_api_alone=alone) for alone in (False, True))
    return [[one["symbol"] == "AMD" for one in orders].count(True) for orders in (everyone, api)]


def bound_by_another(stage: Stage) -> Answer:
    stage.client.orders.bind()
    return None


def bound(stage: Stage) -> Answer:
    """Client 0 asks for its open orders: the one by hand gets an id below zero, by which it can be cancelled."""
    zero = stage.connect(_BINDING)
    try:
        zero.orders.bind()
        zero.orders.own_open()
        (order_id,) = zero.orders.bound()
        zero.orders.cancel(order_id)
        cancelled = zero.orders.told(order_id)
        return {"is negative": order_id < 0, "status": cancelled["status"], "open": _seen(stage)}
    finally:
        zero.link.close()


_BY_HAND = {
    "symbol": "AMD",
    "action": "BUY",
    "totalQuantity": "7",
    "lmtPrice": "100",
    "orderRef": "",
    "orderId": 0,
    "status": "Submitted",
}

ROWS: tuple[Row, ...] = (
    Row("order from elsewhere", placed, [_BY_HAND]),
    Row("fill from elsewhere", filled, [["BOT", "7", "158", ""]]),
    Row("completed orders from elsewhere", completed, [1, 0]),
    Row("binding is client 0's alone (321)", bound_by_another, None, (-321,)),
    Row("client 0 binds an order from elsewhere", bound, {"is negative": True, "status": "Cancelled", "open": []}),
)
