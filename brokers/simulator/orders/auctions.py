"""The moments that the calendar gives an order: its auction, and its end."""

from __future__ import annotations

from datetime import datetime

from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.clock import parse_ib_time
from brokers.simulator.orders.order import Order
from brokers.simulator.orders.terms import may_trade_outside_regular_hours

# New York's exchanges take no cancel of an order for the close any more in its last ten minutes.
CLOSING_FREEZE_SECONDS = 600


def set_moments(order: Order, calendar: Calendar) -> None:
    """Works out when its auction is and when it ends, from now on."""
    order.course.due_at = _auction(order, calendar)
    # Shares alone have auctions, and shares don't expire.
    ends = [] if order.course.due_at else [_end(order, calendar), _last_moment(order, calendar)]
    order.course.expires_at = min((moment for moment in ends if moment is not None), default=None)


def _last_moment(order: Order, calendar: Calendar) -> datetime | None:
    """When what it trades stops trading for ever; of a combination, the first of its legs."""
    instruments = [leg.instrument for leg in order.legs] or [order.instrument]
    return min((calendar.last_moment(one, one.last_day) for one in instruments if one.last_day), default=None)


def _auction(order: Order, calendar: Calendar) -> datetime | None:
    if order.time_in_force == "OPG":
        return calendar.next_open(order.instrument)
    return calendar.next_close(order.instrument) if order.is_at_auction else None


def _end(order: Order, calendar: Calendar) -> datetime | None:
    if order.time_in_force == "GTD":
        return parse_ib_time(order.message.terms["goodTillDate"])
    if order.time_in_force != "DAY":
        return None
    if may_trade_outside_regular_hours(order.message):
        return _end_of_trading(order.instrument, calendar)
    return calendar.next_close(order.instrument)


def _end_of_trading(instrument: Instrument, calendar: Calendar) -> datetime:
    """When the trading hours that run, or the next ones, end: evening hours included."""
    now, hours = calendar.now(), calendar.hours(instrument)
    return next(closes for _, closes in hours.sessions(hours.trading, now) if closes > now)


def is_due(order: Order, now: datetime) -> bool:
    return order.course.due_at is not None and now >= order.course.due_at


def has_expired(order: Order, now: datetime) -> bool:
    return order.course.expires_at is not None and now >= order.course.expires_at


def is_frozen(order: Order, now: datetime) -> bool:
    """Whether it's too late to cancel an order for the close."""
    due_at = order.course.due_at
    closing = order.is_at_auction and order.time_in_force != "OPG"
    return closing and due_at is not None and (due_at - now).total_seconds() < CLOSING_FREEZE_SECONDS
