"""Trades: tick by tick while IB has room for that, else from the last of a quote stream.

Never from a bid or an ask. What has no trades at IB (a currency pair) is refused.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import UTC, datetime

from brokers.domain import Instrument, MarketDataType, StreamKind
from brokers.interactive_brokers import contracts, convert
from brokers.interactive_brokers.budget import Slots
from brokers.interactive_brokers.link.session import Session
from brokers.interactive_brokers.streams.quotes import QuoteStream
from brokers.interactive_brokers.streams.registry import Key, Registry
from brokers.interactive_brokers.streams.stream import Parts, PromptStream
from brokers.interactive_brokers.streams.tape import Tape
from brokers.refusals import SubscriptionRefused


class TickByTick(PromptStream):
    """Every trade on the tape, with the exchange's second. Its data is always live: IB serves no other kind.

    https://interactivebrokers.github.io/tws-api/tick_data.html
    """

    kind = StreamKind.TRADES

    def __init__(self, parts: Parts, instrument: Instrument, *, slots: Slots) -> None:
        super().__init__(parts, instrument)
        self._own_slots = slots

    @property
    def patience(self) -> float:
        """Longer than that of quotes, which move with any order: a trade takes two, so a quiet tape is often true."""
        return self._parts.config.trades_stale_after

    @property
    def slots(self) -> Sequence[Slots]:
        return (self._own_slots, self._parts.lines)

    def _ask(self, session: Session) -> int:
        return session.market_data.open_trades(contracts.of_instrument(self.instrument))

    def _cancel(self, session: Session, request_id: int) -> None:
        session.market_data.close_trades(request_id)

    def tell(self, seconds: int, price: float, size: float, exchange: str) -> None:
        self.hear()
        self._parts.listener.on_trade(
            convert.trade(
                price,
                size,
                con_id=self.instrument.con_id,
                at=datetime.fromtimestamp(seconds, UTC),
                kind=MarketDataType.LIVE,
                exchange=exchange,
            )
        )


class Trades:
    """Who wants which instrument's trades, and where they are read from."""

    def __init__(self, parts: Parts, registry: Registry, *, tick_by_tick: Slots) -> None:
        self._parts = parts
        self._registry = registry
        self._tick_by_tick = tick_by_tick
        self._readers: dict[int, set[Hashable]] = {}  # con_id -> who reads its trades from its quotes
        self._said: set[QuoteStream] = set()  # whose tapes have something new

    @property
    def con_ids(self) -> frozenset[int]:
        return frozenset(self._readers) | self._registry.con_ids(StreamKind.TRADES)

    def want(self, instrument: Instrument, subscriber: Hashable) -> None:
        """Raises SubscriptionRefused, LinkLost."""
        if not convert.has_trades(instrument.security_type):
            raise SubscriptionRefused(
                f"{instrument.display_symbol} has no trades at Interactive Brokers, only bids and asks: "
                "a currency pair is quoted, and what was dealt in it is told to nobody."
            )
        key = _key(instrument.con_id)
        if instrument.con_id in self._readers:
            self._readers[instrument.con_id].add(subscriber)
        elif key in self._registry or self._may_tick_by_tick():
            self._registry.want(key, subscriber, lambda: TickByTick(self._parts, instrument, slots=self._tick_by_tick))
        else:
            self._read_quotes(instrument, {subscriber})

    def unwant(self, con_id: int, subscriber: Hashable) -> None:
        self._registry.unwant(_key(con_id), subscriber)
        readers = self._readers.get(con_id)
        if readers is not None:
            readers.discard(subscriber)
            if not readers:
                self._stop_reading(con_id)

    def _stop_reading(self, con_id: int) -> None:
        """Whoever wants the quotes themselves keeps them."""
        del self._readers[con_id]
        stream = self._registry[quotes_key(con_id)]
        if isinstance(stream, QuoteStream):
            stream.end_tape()
        self._registry.unwant(quotes_key(con_id), Tape)

    def read_quotes_instead(self, stream: TickByTick) -> None:
        """IB won't serve it tick by tick. Raises SubscriptionRefused when there is no line left for its quotes."""
        readers = self._registry.drop(_key(stream.instrument.con_id))
        if readers:
            self._read_quotes(stream.instrument, set(readers))

    def forget_readers(self, con_id: int) -> None:
        """Its quotes have been closed for all."""
        self._readers.pop(con_id, None)

    def on_trade(self, request_id: int, seconds: int, price: float, size: float, exchange: str) -> None:
        stream = self._parts.routes.requests.get(request_id)
        if isinstance(stream, TickByTick):
            stream.tell(seconds, price, size, exchange)

    def on_last(self, request_id: int, price: float | None, size: float) -> None:
        stream = self._parts.routes.requests.get(request_id)
        if isinstance(stream, QuoteStream) and stream.tape is not None:
            stream.tape.last(price, size)
            self._said.add(stream)

    def on_last_time(self, request_id: int, seconds: int) -> None:
        stream = self._parts.routes.requests.get(request_id)
        if isinstance(stream, QuoteStream) and stream.tape is not None:
            stream.tape.time(seconds)
            self._said.add(stream)

    def on_caught_up(self) -> None:
        while self._said:
            self._said.pop().tell_trades()

    def _may_tick_by_tick(self) -> bool:
        is_live = self._parts.config.market_data_type is MarketDataType.LIVE
        return is_live and not self._tick_by_tick.is_full and not self._parts.lines.is_full

    def _read_quotes(self, instrument: Instrument, readers: set[Hashable]) -> None:
        key = quotes_key(instrument.con_id)
        self._registry.want(key, Tape, lambda: QuoteStream(self._parts, instrument))
        self._readers[instrument.con_id] = readers
        stream = self._registry[key]
        if isinstance(stream, QuoteStream):
            stream.begin_tape()


def quotes_key(con_id: int) -> Key:
    return (StreamKind.QUOTES, con_id)


def _key(con_id: int) -> Key:
    return (StreamKind.TRADES, con_id)
