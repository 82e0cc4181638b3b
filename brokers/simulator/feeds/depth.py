"""Order books that clients watch: all rows at first, then the rows that changed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from brokers.simulator.connections.session import Session, Sessions
from brokers.simulator.connections.subscriptions import DepthSubscription
from brokers.simulator.feeds.airing import Airing
from brokers.simulator.market.book import EMPTY, Book, Level
from brokers.simulator.market.market import Market, Quote
from brokers.simulator.messages import depth as messages
from brokers.simulator.messages.depth import ASK, BID, DELETE, INSERT, UPDATE, RowChange
from brokers.simulator.wire import Value

# How many books one client may watch at a time.
MOST_BOOKS = 3

_MAKERS = ("NSDQ", "ARCA", "BATS", "DRCTEDGE", "BEX", "IEX", "MEMX")


class DepthFeed:
    def __init__(self, sessions: Sessions, market: Market, airing: Airing) -> None:
        self._sessions = sessions
        self._market = market
        self._airing = airing
        market.watch(self._tick, self._watched)

    def subscribe(self, session: Session, subscription: DepthSubscription) -> None:
        session.streams.depths[subscription.request_id] = subscription
        self._show(session, subscription)

    def _watched(self) -> set[int]:
        return {subscription.instrument.con_id for _, subscription in self._subscriptions()}

    def _subscriptions(self) -> Iterator[tuple[Session, DepthSubscription]]:
        for session in self._sessions:
            for subscription in list(session.streams.depths.values()):
                yield session, subscription

    def _tick(self, con_id: int, _before: Quote, _now: Quote) -> None:
        for session, subscription in self._subscriptions():
            if subscription.instrument.con_id == con_id:
                self._show(session, subscription)

    def _show(self, session: Session, subscription: DepthSubscription) -> None:
        if self._airing.is_silent(subscription.instrument):
            return
        now = self._visible(subscription)
        for row in changes(subscription.shown, now):
            session.send(_message(subscription, row))
        subscription.shown = now

    def _visible(self, subscription: DepthSubscription) -> Book:
        """As many rows as were asked for; of a place that is closed none."""
        if self._airing.is_closed(subscription.instrument):
            return EMPTY
        book = self._market.book(subscription.instrument.con_id)
        return Book(book.bids[: subscription.rows], book.asks[: subscription.rows])


def changes(before: Book, now: Book) -> Iterator[RowChange]:
    yield from _side(BID, before.bids, now.bids)
    yield from _side(ASK, before.asks, now.asks)


def _side(side: int, before: tuple[Level, ...], now: tuple[Level, ...]) -> list[RowChange]:
    """Rows are updated in place and come and go at the end, the last one first, so that no other changes its place."""
    kept = [
        RowChange(side, position, INSERT if was is None else UPDATE, level.price, level.size)
        for position, (was, level) in enumerate(zip_longest(before, now))
        if level is not None and was != level
    ]
    gone = [RowChange(side, position, DELETE) for position in reversed(range(len(now), len(before)))]
    return kept + gone


def _message(subscription: DepthSubscription, row: RowChange) -> list[Value]:
    if not subscription.names_makers:
        return messages.market_depth(subscription.request_id, row)
    maker = _MAKERS[(row.position * 3 + row.side) % len(_MAKERS)]
    return messages.market_depth_of_maker(subscription.request_id, row, maker=maker, is_smart=subscription.is_smart)
