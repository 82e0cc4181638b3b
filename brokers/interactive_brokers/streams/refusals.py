"""What becomes of a stream when IB says something against it."""

from __future__ import annotations

import logging

from brokers.domain import MarketDataType
from brokers.interactive_brokers import errors
from brokers.interactive_brokers.errors import Context, Meaning
from brokers.interactive_brokers.streams.competition import Competition
from brokers.interactive_brokers.streams.depth import Books, DepthStream
from brokers.interactive_brokers.streams.quotes import QuoteStream
from brokers.interactive_brokers.streams.registry import Registry
from brokers.interactive_brokers.streams.stream import Parts, Stream
from brokers.interactive_brokers.streams.trades import TickByTick, Trades
from brokers.refusals import SubscriptionRefused

log = logging.getLogger(__name__)

_OFFER = "The data client's `delayed_when_not_subscribed` asks for delayed data instead."
# Refused as long as nothing changes at IB: the subscription, the request itself.
_FOR_GOOD = (Meaning.NOT_SUBSCRIBED, Meaning.STREAM_REFUSED, Meaning.READ_ONLY)
# Passing: a contract can be unknown at night (200), and history says in words what it lacks (162).
_FOR_NOW = (Meaning.NO_SUCH_CONTRACT, Meaning.HISTORY_REFUSED)
# What IB won't do tick by tick, it may do as quotes.
_NOT_TICK_BY_TICK = (*_FOR_GOOD, Meaning.OUT_OF_LINES)


class Refusals:
    """IB's codes for streams. All but an answer to a cancel are told as notices, too."""

    def __init__(
        self, parts: Parts, registry: Registry, *, competition: Competition, trades: Trades, books: Books
    ) -> None:
        self._parts = parts
        self._registry = registry
        self._competition = competition
        self._trades = trades
        self._books = books

    def apply(self, stream: Stream, code: int, text: str) -> None:
        meaning = errors.meaning(code, Context.DATA)
        if meaning is Meaning.COMPETING:
            if self._competition.take(stream, stream.now()):
                stream.notice(code, text)
        elif meaning is not Meaning.NOTHING_THERE:
            stream.notice(code, text)
            self._act(stream, meaning, code, text)

    def _act(self, stream: Stream, meaning: Meaning, code: int, text: str) -> None:
        reason = errors.as_reason(code, text)
        if isinstance(stream, TickByTick) and meaning in _NOT_TICK_BY_TICK:
            self._read_quotes_instead(stream)
        elif meaning is Meaning.OUT_OF_LINES:
            self._drop(stream, reason)
        elif meaning is Meaning.NOT_SUBSCRIBED and isinstance(stream, QuoteStream):
            self._offer_delayed(stream, reason)
        elif meaning in _FOR_GOOD:
            stream.fail(f"Interactive Brokers refuses it: {reason}", for_good=True)
        elif meaning in _FOR_NOW:
            stream.fail(f"Interactive Brokers refuses it for now: {reason}")
        elif meaning is Meaning.STREAM_ENDED:
            stream.reopen()
        elif meaning is Meaning.BOOK_RESET and isinstance(stream, DepthStream):
            self._books.on_reset(stream)
        elif meaning is Meaning.TOO_MANY_MESSAGES:
            log.error("IB counts more than 50 messages a second: %s", reason)

    def _read_quotes_instead(self, stream: TickByTick) -> None:
        try:
            self._trades.read_quotes_instead(stream)
        except SubscriptionRefused as refusal:
            stream.stand(is_stale=True, reason=str(refusal))

    def _drop(self, stream: Stream, reason: str) -> None:
        """It's closed for all who wanted it, and our own count learns what IB's is."""
        key = self._registry.key_of(stream)
        if key is not None:
            stream.slots[0].learn_that_ib_is_full()
            self._registry.drop(key)
        if isinstance(stream, QuoteStream):
            self._trades.forget_readers(stream.instrument.con_id)
        stream.stand(is_stale=True, reason=f"Interactive Brokers serves no more of these, so it was closed: {reason}")

    def _offer_delayed(self, stream: QuoteStream, reason: str) -> None:
        wanted = self._parts.config.delayed_when_not_subscribed
        if wanted and stream.asked_for is not MarketDataType.DELAYED:
            stream.asked_for = MarketDataType.DELAYED
            stream.reopen()
        elif wanted:
            stream.fail(f"Interactive Brokers has not even delayed data of it: {reason}", for_good=True)
        else:
            stream.fail(f"Interactive Brokers refuses it: {reason} {_OFFER}", for_good=True)
