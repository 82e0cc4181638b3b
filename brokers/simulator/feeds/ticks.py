"""Single ticks, as clients stream them one by one."""

from __future__ import annotations

from decimal import Decimal

from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.connections.session import Session, Sessions
from brokers.simulator.connections.subscriptions import TickSubscription
from brokers.simulator.feeds.airing import Airing
from brokers.simulator.market.market import Market, Quote
from brokers.simulator.messages import ticks as messages
from brokers.simulator.messages.ticks import TickKind
from brokers.simulator.wire import Value

# How many a login has, over all its clients: one for twenty of its market data lines.
MOST_STREAMS = 5


class TickFeed:
    def __init__(self, sessions: Sessions, market: Market, calendar: Calendar, airing: Airing) -> None:
        self._sessions = sessions
        self._calendar = calendar
        self._airing = airing
        market.watch(self._tick, self._watched)

    @property
    def is_full(self) -> bool:
        return sum(len(session.streams.ticks) for session in self._sessions) >= MOST_STREAMS

    def _watched(self) -> set[int]:
        return {one.instrument.con_id for session in self._sessions for one in session.streams.ticks.values()}

    def _tick(self, con_id: int, _before: Quote, now: Quote) -> None:
        for session in self._sessions:
            for subscription in session.streams.ticks.values():
                if subscription.instrument.con_id == con_id and self._airing.is_on(subscription.instrument):
                    self._show(session, subscription, now)

    def _show(self, session: Session, subscription: TickSubscription, now: Quote) -> None:
        """A trade is a tick though it repeats the last one; a quote or a midpoint is one when it changes."""
        second = int(self._calendar.now().timestamp())
        if subscription.kind in (TickKind.LAST, TickKind.ALL_LAST):
            session.send(_trade(subscription, now, second))
            return
        seen = _seen(subscription, now)
        if seen != subscription.shown:
            session.send(_quote(subscription, now, second))
            subscription.shown = seen


def _seen(subscription: TickSubscription, now: Quote) -> tuple[Decimal, ...]:
    if subscription.kind is TickKind.MIDPOINT:
        return (now.middle,)
    return (now.bid, now.ask) if subscription.ignores_sizes else (now.bid, now.ask, now.bid_size, now.ask_size)


def _trade(subscription: TickSubscription, now: Quote, second: int) -> list[Value]:
    exchange = executing_exchange(subscription.instrument)
    return messages.trade(
        subscription.request_id, subscription.kind, second, now.mark, now.last_size or Decimal(0), exchange
    )


def _quote(subscription: TickSubscription, now: Quote, second: int) -> list[Value]:
    request_id = subscription.request_id
    if subscription.kind is TickKind.MIDPOINT:
        return messages.midpoint(request_id, second, now.middle)
    return messages.bid_ask(request_id, second, now.bid, now.ask, now.bid_size, now.ask_size)


def executing_exchange(instrument: Instrument) -> str:
    """Where a trade of it was made, by the name that IB's ticks have for the place: Nasdaq's is NASDAQ there."""
    return instrument.primary_exchange or instrument.venue.default_exchange
