"""Orders: place and cancel for a user, apply and conclude for a worker, read for both."""

from webapp.trading.orders.bodies import OrderBody, as_body, of, open_and_newest, to_request
from webapp.trading.orders.placing import Placed, cancel, place
from webapp.trading.orders.updates import apply_update, find_order, mark_unknown, refuse
from webapp.trading.refusals import OrderConflict, OrderInvalid, OrderNotOpen, SessionNotReady

__all__ = [
    "OrderBody",
    "OrderConflict",
    "OrderInvalid",
    "OrderNotOpen",
    "Placed",
    "SessionNotReady",
    "apply_update",
    "as_body",
    "cancel",
    "find_order",
    "mark_unknown",
    "of",
    "open_and_newest",
    "place",
    "refuse",
    "to_request",
]
