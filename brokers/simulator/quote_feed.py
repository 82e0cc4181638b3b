"""Market data subscriptions, fed at each step of the market."""

from __future__ import annotations

import time

from brokers.simulator.catalogue import Catalogue
from brokers.simulator.listings import Instrument
from brokers.simulator.market import Market, Quote
from brokers.simulator.messages import quotes as messages
from brokers.simulator.session import QuoteSubscription, Session, Sessions

# IB's default number of market data lines for one login, over all its clients.
LINES = 100

_HALTED = 49


class QuoteFeed:
    def __init__(self, sessions: Sessions, market: Market, catalogue: Catalogue) -> None:
        self._sessions = sessions
        self._market = market
        self._catalogue = catalogue
        market.watch(self._tick)

    @property
    def is_full(self) -> bool:
        return sum(len(session.quotes) for session in self._sessions) >= LINES

    def subscribe(self, session: Session, request_id: int, instrument: Instrument) -> None:
        """Sends all that is known now, and from then on what changes."""
        kind = messages.LIVE if instrument.live else messages.DELAYED
        subscription = QuoteSubscription(request_id, instrument.con_id, kind)
        session.quotes[request_id] = subscription
        self._introduce(session, subscription, instrument)
        session.send(messages.tick_generic(request_id, _HALTED, 0))

    def snapshot(self, session: Session, request_id: int, instrument: Instrument) -> None:
        kind = messages.LIVE if instrument.live else messages.DELAYED
        self._introduce(session, QuoteSubscription(request_id, instrument.con_id, kind), instrument)
        session.send(messages.tick_snapshot_end(request_id))

    def _introduce(self, session: Session, subscription: QuoteSubscription, instrument: Instrument) -> None:
        session.send(messages.market_data_type(subscription.request_id, subscription.kind))
        session.send(messages.tick_request_parameters(subscription.request_id, instrument))
        self._send_changes(session, subscription, None, self._market.quote(instrument.con_id))

    def _tick(self, con_id: int, before: Quote, now: Quote) -> None:
        for session in self._sessions:
            for subscription in session.quotes.values():
                if subscription.con_id == con_id:
                    self._send_changes(session, subscription, before, now)

    def _send_changes(
        self, session: Session, subscription: QuoteSubscription, before: Quote | None, now: Quote
    ) -> None:
        types = messages.TICK_TYPES[subscription.kind]
        for tick in messages.changes(subscription.request_id, types, before, now, seconds=int(time.time())):
            session.send(tick)
