"""Orders: place, modify and cancel for a user, apply and conclude for a worker, read for both."""

from webapp.accounts.refusals import LiveTradingOff
from webapp.trading.orders.bodies import OrderBody, TermsBody, as_body, of, open_and_newest, open_count, terms_as_body
from webapp.trading.orders.cancelling import cancel
from webapp.trading.orders.cancelling_all import CancelledAll, OpenOrders, cancel_all, count_open
from webapp.trading.orders.conclusions import mark_unknown, refuse
from webapp.trading.orders.history import by_key, events_of
from webapp.trading.orders.missing import at_work, mark_missing
from webapp.trading.orders.modifying import Change, check_change, judge_change, modify
from webapp.trading.orders.placing import Placed, judge, place
from webapp.trading.orders.requests import to_bracket, to_change, to_request
from webapp.trading.orders.updates import apply_update, find_order
from webapp.trading.refusals import (
    KillSwitchEngaged,
    LimitExceeded,
    OrderChanged,
    OrderConflict,
    OrderInvalid,
    OrderNotOpen,
    SessionNotReady,
)
from webapp.trading.terms import asked_by

__all__ = [
    "CancelledAll",
    "Change",
    "KillSwitchEngaged",
    "LimitExceeded",
    "LiveTradingOff",
    "OpenOrders",
    "OrderBody",
    "OrderChanged",
    "OrderConflict",
    "OrderInvalid",
    "OrderNotOpen",
    "Placed",
    "SessionNotReady",
    "TermsBody",
    "apply_update",
    "as_body",
    "asked_by",
    "at_work",
    "by_key",
    "cancel",
    "cancel_all",
    "check_change",
    "count_open",
    "events_of",
    "find_order",
    "judge",
    "judge_change",
    "mark_missing",
    "mark_unknown",
    "modify",
    "of",
    "open_and_newest",
    "open_count",
    "place",
    "refuse",
    "terms_as_body",
    "to_bracket",
    "to_change",
    "to_request",
]
