"""Streaming quotes: one stream per instrument, within the login's lines."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from ib_insync import Contract, Ticker

from brokers.config import InteractiveBrokersDataClientConfig
from brokers.domain import Instrument, Notice
from brokers.interactive_brokers import contracts, convert, errors
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.ears import Word
from brokers.interactive_brokers.errors import Context, Meaning
from brokers.interactive_brokers.introductions import Introductions
from brokers.interactive_brokers.session import Session
from brokers.listener import LinkState, NodeListener
from brokers.refusals import SubscriptionRefused

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Stream:
    """One market-data line. `contract` is the very object under which the library files its ticker."""

    instrument: Instrument
    contract: Contract
    request_id: int
    ticker: Ticker
    shown: tuple[float, ...] = ()


class InteractiveBrokersDataClient:
    """Shared by all who want an instrument's quotes: a second wish for it opens no second line."""

    def __init__(
        self,
        *,
        config: InteractiveBrokersDataClientConfig,
        connection: InteractiveBrokersConnection,
        introductions: Introductions,
        listener: NodeListener,
    ) -> None:
        self._config = config
        self._connection = connection
        self._introductions = introductions
        self._listener = listener
        self._wanted: dict[int, Instrument] = {}
        self._streams: dict[int, Stream] = {}
        connection.hear(Word.TICKERS, self._on_tickers)
        connection.hear(Word.ERROR, self._on_error)
        connection.when_streams_are_lost(self.resume)

    @property
    def subscribed(self) -> frozenset[int]:
        """The `con_id`s whose quotes are wanted."""
        return frozenset(self._wanted)

    def subscribe_quotes(self, instrument: Instrument) -> None:
        """Raises SubscriptionRefused when the login has no line left, LinkLost without a connection."""
        if instrument.con_id in self._wanted:
            return
        if len(self._wanted) >= self._config.market_data_lines:
            raise SubscriptionRefused(
                f"All {self._config.market_data_lines} market data lines of this login are in use. "
                f"Close another instrument to see {instrument.display_symbol}."
            )
        stream = self._open(self._connection.session, instrument)
        self._introductions.meet(instrument)
        self._wanted[instrument.con_id] = instrument
        self._streams[instrument.con_id] = stream

    def unsubscribe_quotes(self, con_id: int) -> None:
        """Nothing happens when it isn't subscribed."""
        self._wanted.pop(con_id, None)
        stream = self._streams.pop(con_id, None)
        if stream is not None and self._connection.link is not LinkState.DOWN:
            self._connection.session.market_data.close_stream(stream.contract, stream.request_id)

    def resume(self) -> None:
        """Asks for every wanted stream anew: after a reconnect, or when IB has dropped them."""
        session = self._connection.session
        session.market_data.ask_market_data_type(self._config.market_data_type)
        for con_id, instrument in self._wanted.items():
            stream = self._streams.pop(con_id, None)
            if stream is not None:
                session.market_data.close_stream(stream.contract, stream.request_id)
            self._streams[con_id] = self._open(session, instrument)

    def forget_streams(self) -> None:
        """The connection that carried them is gone."""
        self._streams.clear()

    def _open(self, session: Session, instrument: Instrument) -> Stream:
        contract = contracts.of_instrument(instrument)
        request_id, ticker = session.market_data.open_stream(contract)
        return Stream(instrument=instrument, contract=contract, request_id=request_id, ticker=ticker)

    def _on_tickers(self, tickers: Iterable[Ticker]) -> None:
        self._connection.note_ticks()
        for ticker in tickers:
            stream = self._stream_of(ticker)
            if stream is not None:
                self._tell(stream)

    def _stream_of(self, ticker: Ticker) -> Stream | None:
        """None for a ticker of a stream that was closed; its last ticks may still come."""
        stream = self._streams.get(ticker.contract.conId) if ticker.contract is not None else None
        return stream if stream is not None and stream.ticker is ticker else None

    def _tell(self, stream: Stream) -> None:
        """Only when something of it shows: most ticks are volumes, highs and exchanges."""
        ticker = stream.ticker
        showing = (
            ticker.bid, ticker.bidSize, ticker.ask, ticker.askSize, ticker.last, ticker.lastSize, ticker.close,
            ticker.marketDataType,
        )  # fmt: skip
        if showing != stream.shown:
            stream.shown = showing
            self._listener.on_quote(
                convert.quote(
                    ticker,
                    con_id=stream.instrument.con_id,
                    security_type=stream.instrument.security_type,
                    received_at=ticker.time or datetime.now(UTC),
                )
            )

    def _on_error(self, request_id: int, code: int, text: str, waited_for: bool, _contract: Contract | None) -> None:
        stream = next((stream for stream in self._streams.values() if stream.request_id == request_id), None)
        if stream is None or waited_for:
            return
        if errors.meaning(code, Context.DATA) is Meaning.COMPETING:
            self._connection.note_competing()
        self._listener.on_notice(Notice(code=code, message=text, at=datetime.now(UTC), con_id=stream.instrument.con_id))
