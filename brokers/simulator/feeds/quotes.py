"""Market data subscriptions, fed at each step of the market."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.catalogue.listings import Instrument
from brokers.simulator.connections.session import Session, Sessions
from brokers.simulator.connections.subscriptions import QuoteSubscription
from brokers.simulator.feeds.airing import Airing
from brokers.simulator.feeds.quote_ticks import changes
from brokers.simulator.market.board import Board
from brokers.simulator.market.market import Market, Quote
from brokers.simulator.messages import quotes as messages

# IB's default number of market data lines for one login, over all its clients.
LINES = 100

_HALTED = 49
_NO_PRICE, _NO_SIZE = Decimal(-1), Decimal(0)


class QuoteFeed:
    """`lines` is how many streams the login has; it may be changed while clients are connected."""

    def __init__(
        self,
        sessions: Sessions,
        market: Market,
        board: Board,
        calendar: Calendar,
        airing: Airing,
        has_expired: Callable[[Instrument], bool],
    ) -> None:
        self._sessions = sessions
        self._has_expired = has_expired
        self._market = market
        self._board = board
        self._calendar = calendar
        self._airing = airing
        # The last quotes of places that are closed now.
        self._closing: dict[int, Quote] = {}
        # Who hears of a contract's step.
        self._concerned: dict[int, list[tuple[Session, QuoteSubscription]]] = {}
        self.lines = LINES
        market.watch(self._tick, self._watched)

    @property
    def is_full(self) -> bool:
        return sum(len(session.quotes) for session in self._sessions) >= self.lines

    def subscribe(self, session: Session, subscription: QuoteSubscription) -> None:
        """Sends all that is known now, and from then on what changes."""
        session.quotes[subscription.request_id] = subscription
        self._introduce(session, subscription)
        self._tell_halt(session, subscription)

    def _tell_halt(self, session: Session, subscription: QuoteSubscription) -> None:
        is_halted = self._market.is_halted(subscription.instrument.con_id)
        session.send(messages.tick_generic(subscription.request_id, _HALTED, int(is_halted)))

    def tell_halt(self, con_id: int) -> None:
        """Whether an instrument's trading is halted has changed: its streams hear of it."""
        for session, subscription in self._subscriptions():
            if subscription.instrument.con_id == con_id:
                self._tell_halt(session, subscription)

    def snapshot(self, session: Session, subscription: QuoteSubscription) -> None:
        self._introduce(session, subscription)
        session.send(messages.tick_snapshot_end(subscription.request_id))

    def silence(self, *, farm: str | None = None, con_ids: Iterable[int] = ()) -> None:
        """No data of any kind comes of a farm's instruments, or of these, and nobody is told so."""
        self._airing.silence(farm=farm, con_ids=con_ids)

    def resume(self, *, farm: str | None = None, con_ids: Iterable[int] | None = None, revive: bool = True) -> None:
        """Ends a silence (every one, when neither is named). What was missed is told at once, as it stands now.

        Without `revive` the streams that were silent stay so until they are subscribed again, as happens at IB.
        """
        silent = self._silent_streams()
        self._airing.resume(farm=farm, con_ids=con_ids)
        for session, request_id, instrument in silent:
            if not revive and not self._airing.is_silenced(instrument):
                session.streams.kill(request_id)
        self.renew()

    def _silent_streams(self) -> list[tuple[Session, int, Instrument]]:
        return [
            (session, request_id, instrument)
            for session in self._sessions
            for request_id, instrument in session.streams.instruments().items()
            if self._airing.is_silenced(instrument)
        ]

    def renew(self) -> None:
        """Tells every client at once what it missed of its quotes, without waiting for the next step."""
        for session, subscription in self._subscriptions():
            self._show(session, subscription)

    def drop_all(self) -> None:
        """Every client's streams are lost, of every kind; it has to ask for them again (IB's 1101)."""
        for session in self._sessions:
            session.streams.clear()

    def _watched(self) -> Iterable[int]:
        """Of a combination, its legs. Each step begins with this: whom it concerns is looked up once for all of it."""
        self._end_expired()
        self._concerned = {}
        for session, subscription in self._subscriptions():
            for con_id in self._board.con_ids(subscription.instrument):
                self._concerned.setdefault(con_id, []).append((session, subscription))
        return self._concerned

    def _end_expired(self) -> None:
        """Streams of every kind end without a word when what they are about does."""
        for session in self._sessions:
            for request_id, instrument in session.streams.instruments().items():
                if self._has_expired(instrument):
                    session.streams.kill(request_id)

    def _subscriptions(self) -> Iterator[tuple[Session, QuoteSubscription]]:
        for session in self._sessions:
            for subscription in list(session.quotes.values()):
                yield session, subscription

    def _tick(self, con_id: int, _before: Quote, _now: Quote) -> None:
        for session, subscription in self._concerned.get(con_id, ()):
            self._show(session, subscription)

    def _introduce(self, session: Session, subscription: QuoteSubscription) -> None:
        self._tell_kind(session, subscription)
        session.send(messages.tick_request_parameters(subscription.request_id, subscription.instrument))
        self._show(session, subscription)

    def _show(self, session: Session, subscription: QuoteSubscription) -> None:
        """Whatever of the quote the client doesn't know yet."""
        if self._airing.is_silent(subscription.instrument):
            return
        self._tell_kind(session, subscription)
        now = self._visible(subscription)
        for tick in changes(subscription, now, at=self._calendar.now()):
            session.send(tick)
        subscription.shown = now
        self._tell_greeks(session, subscription)

    def _tell_greeks(self, session: Session, subscription: QuoteSubscription) -> None:
        """Of an option whose place is open, whenever they have moved."""
        request_id, instrument, kind = subscription.request_id, subscription.instrument, subscription.kind
        greeks = None if self._airing.is_closed(instrument) else self._market.greeks(instrument)
        if greeks is not None and kind is not None and greeks != subscription.greeks:
            session.send(messages.tick_option_computation(request_id, kind, greeks))
            subscription.greeks = greeks

    def _tell_kind(self, session: Session, subscription: QuoteSubscription) -> None:
        """The type of data that comes, which is not always the one that was asked for."""
        kind = messages.kind_of(
            live=subscription.instrument.live,
            asked=subscription.asked,
            is_closed=self._airing.is_closed(subscription.instrument),
        )
        if kind != subscription.kind:
            session.send(messages.market_data_type(subscription.request_id, kind))
            subscription.kind = kind

    def _visible(self, subscription: QuoteSubscription) -> Quote:
        """The market as it is; of a closed place the last quote, whose bid and ask are gone unless it is frozen."""
        instrument = subscription.instrument
        if not self._airing.is_closed(instrument):
            self._closing.pop(instrument.con_id, None)
            return self._board.quote(instrument)
        last = self._closing.setdefault(instrument.con_id, self._board.quote(instrument))
        return last if subscription.kind in messages.FROZEN_KINDS else _without_market(last, instrument)


def _without_market(quote: Quote, instrument: Instrument) -> Quote:
    """IB's way to say that nobody bids or asks; an index never says it."""
    if not instrument.has_book:
        return quote
    return replace(quote, bid=_NO_PRICE, ask=_NO_PRICE, bid_size=_NO_SIZE, ask_size=_NO_SIZE)
