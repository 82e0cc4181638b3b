"""Quotes: the top of the book, the last trade and the previous close."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from ib_insync import Contract, Ticker

from brokers.domain import Instrument, MarketDataType, StreamKind
from brokers.interactive_brokers import contracts, convert
from brokers.interactive_brokers.link.session import Session
from brokers.interactive_brokers.streams.stream import Parts, PromptStream, Routes
from brokers.interactive_brokers.streams.tape import Print, Tape


class QuoteStream(PromptStream):
    """One market-data line. Nothing is told before IB has said of what kind the data is: 58 comes before the ticks."""

    kind = StreamKind.QUOTES

    def __init__(self, parts: Parts, instrument: Instrument) -> None:
        super().__init__(parts, instrument)
        self.asked_for = parts.config.market_data_type
        self.tape: Tape | None = None  # for who wants its trades
        self._contract: Contract  # the very object under which the library files the ticker
        self._ticker: Ticker | None = None
        self._shown: tuple[object, ...] = ()
        self._has_ticked = False
        self._ticked_at = datetime.now(UTC)

    @property
    def patience(self) -> float:
        """In liquid hours somebody or other moves a bid, an ask or a size: a minute without any is worth a question."""
        return self._parts.config.stale_after

    @property
    def market_data_type(self) -> MarketDataType | None:
        """What comes; None before IB has said it."""
        return convert.market_data_type(self._ticker.marketDataType) if self._ticker is not None else None

    def begin_tape(self) -> None:
        """Trades are told from now on."""
        before = None
        if self._ticker is not None and not math.isnan(self._ticker.last):
            before = Print(self._ticker.last, 0 if math.isnan(self._ticker.lastSize) else self._ticker.lastSize)
        self.tape = Tape(before=before)
        if self.is_stale is not False:
            self._tell_status_of_trades()

    def end_tape(self) -> None:
        """Nobody wants its trades any more."""
        self.tape = None

    def tell_trades(self) -> None:
        """A trade whose kind IB hasn't said isn't told: that comes before the first tick."""
        kind = self.market_data_type
        for printed in self.tape.prints() if self.tape is not None else ():
            if kind is not None:
                self._tell_trade(printed, kind)

    def _tell_status(self) -> None:
        """Who reads the trades of it is told too: they are as good as the quotes that they come from."""
        super()._tell_status()
        if self.tape is not None:
            self._tell_status_of_trades()

    def _tell_status_of_trades(self) -> None:
        self._parts.listener.on_stream_status(replace(self._status(), stream=StreamKind.TRADES))

    def _tell_trade(self, printed: Print, kind: MarketDataType) -> None:
        at = datetime.now(UTC) if printed.seconds is None else datetime.fromtimestamp(printed.seconds, UTC)
        self._parts.listener.on_trade(
            convert.trade(printed.price, printed.size, con_id=self.instrument.con_id, at=at, kind=kind)
        )

    def _ask(self, session: Session) -> int:
        self._has_ticked = False
        self.tape = Tape() if self.tape is not None else None  # what it says first of the last trade is no news
        self._contract = contracts.of_instrument(self.instrument)
        session.market_data.ask_market_data_type(self.asked_for)
        request_id, self._ticker = session.market_data.open_stream(self._contract)
        self._parts.routes.tickers[self._ticker] = self
        return request_id

    def _cancel(self, session: Session, request_id: int) -> None:
        session.market_data.close_stream(self._contract, request_id)

    def forget(self) -> None:
        super().forget()
        if self._ticker is not None:
            self._parts.routes.tickers.pop(self._ticker, None)
            self._ticker = None

    def tell(self, ticker: Ticker) -> None:
        """Only when something of it shows: many ticks are exchanges and times."""
        self._has_ticked = self._has_ticked or bool(ticker.ticks)
        if self.market_data_type is None:
            return
        if ticker.ticks:
            self.hear()
            self._ticked_at = ticker.time or datetime.now(UTC)
        showing = (
            ticker.bid, ticker.bidSize, ticker.ask, ticker.askSize, ticker.last, ticker.lastSize, ticker.close,
            ticker.open, ticker.high, ticker.low, ticker.volume, ticker.marketDataType, ticker.modelGreeks,
        )  # fmt: skip
        if self._has_ticked and showing != self._shown:
            self._shown = showing
            self._parts.listener.on_quote(
                convert.quote(
                    ticker,
                    con_id=self.instrument.con_id,
                    security_type=self.instrument.security_type,
                    received_at=self._ticked_at,
                )
            )


def tell_quotes(tickers: Iterable[Ticker], *, routes: Routes) -> None:
    """Of a stream that was closed the last ticks may still come; they're nobody's."""
    for ticker in tickers:
        stream = routes.tickers.get(ticker)
        if isinstance(stream, QuoteStream):
            stream.tell(ticker)
