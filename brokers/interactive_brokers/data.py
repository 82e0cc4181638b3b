"""The data client: what happens on the market now, and what happened before."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterable
from datetime import datetime

from ib_insync import BarData, Contract, Ticker

from brokers.config import InteractiveBrokersDataClientConfig
from brokers.domain import Bar, BarSize, HistoricalTick, Instrument, StreamKind, WhatToShow
from brokers.interactive_brokers import convert
from brokers.interactive_brokers.budget import Slots
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.history import BarsAsked, HistoryReader, what_to_show_of
from brokers.interactive_brokers.instruments.introductions import Introductions
from brokers.interactive_brokers.link.ears import Word
from brokers.interactive_brokers.pacing import HistoryPacing
from brokers.interactive_brokers.streams.bars import FiveSecondBars, KeptBars, bars_key, keeps
from brokers.interactive_brokers.streams.competition import Competition
from brokers.interactive_brokers.streams.depth import Books, DepthStream, depth_key
from brokers.interactive_brokers.streams.farms import Farms
from brokers.interactive_brokers.streams.quotes import QuoteStream, tell_quotes
from brokers.interactive_brokers.streams.refusals import Refusals
from brokers.interactive_brokers.streams.registry import Registry
from brokers.interactive_brokers.streams.stream import Parts, Routes
from brokers.interactive_brokers.streams.timetables import Timetables
from brokers.interactive_brokers.streams.trades import Trades, quotes_key
from brokers.interactive_brokers.streams.watch import Watch
from brokers.listener import NodeListener
from brokers.refusals import SubscriptionRefused

ANYBODY = "anybody"

_LINES = "All {limit} market data lines of this login are in use. Close another instrument to see {name}."
_BOOKS = "Interactive Brokers shows {limit} books at a time. Close another one to see that of {name}."
_TAPES = "Interactive Brokers tells trades tick by tick of {limit} instruments at a time, and {name} is one more."

_NO_LINK = "The connection to the gateway is gone."


class InteractiveBrokersDataClient:
    """Streams are shared: a second wish for the same opens no second one, and it lives until the last wish is gone.

    A wish has a `subscriber`, by any name; the same one wishing twice counts once. What comes is told to the node's
    listener. Every `subscribe_...` raises SubscriptionRefused with a sentence when it isn't to be had, and LinkLost
    without a connection; a refusal that IB makes later is told as a notice and as a StreamStatus. After a reconnect all
    streams are taken up again.
    """

    def __init__(
        self,
        *,
        config: InteractiveBrokersDataClientConfig,
        connection: InteractiveBrokersConnection,
        introductions: Introductions,
        listener: NodeListener,
        pacing: HistoryPacing | None = None,
    ) -> None:
        """`pacing` is by default one of its own; two clients of one login share one, since IB counts by login."""
        self._config = config
        self._connection = connection
        lines = Slots(config.market_data_lines, refusal=_LINES)
        self._parts = Parts(config=config, connection=connection, listener=listener, routes=Routes(), lines=lines)
        self._registry = Registry(introductions)
        self._pacing = pacing or HistoryPacing()
        self._history = HistoryReader(connection=connection, pacing=self._pacing, pause=config.history_pause)
        self._books = Books(self._parts)
        self._book_slots = Slots(config.depth_streams, refusal=_BOOKS)
        tapes = Slots(config.tick_by_tick_streams, refusal=_TAPES)
        self._trades = Trades(self._parts, self._registry, tick_by_tick=tapes)
        self._competition = Competition(connection, self._registry, retry_after=config.retry_after)
        self._farms = Farms(self._registry, grace=config.farm_grace)
        self._refusals = Refusals(
            self._parts, self._registry, competition=self._competition, trades=self._trades, books=self._books
        )
        self._watch = Watch(
            config,
            connection=connection,
            registry=self._registry,
            competition=self._competition,
            farms=self._farms,
            timetables=Timetables(introductions.provider, retry_after=config.retry_after),
        )
        self._listen(connection)

    def _listen(self, connection: InteractiveBrokersConnection) -> None:
        connection.hear(Word.TICKERS, self._on_tickers)
        connection.hear(Word.LAST, self._trades.on_last)
        connection.hear(Word.LAST_TIME, self._trades.on_last_time)
        connection.hear(Word.TRADE, self._trades.on_trade)
        connection.hear(Word.DEPTH_ROW, self._books.on_row)
        connection.hear(Word.FIVE_SECOND_BAR, self._on_five_second_bar)
        connection.hear(Word.BAR_UPDATE, self._on_bar_update)
        connection.hear(Word.CAUGHT_UP, self._on_caught_up)
        connection.hear(Word.ERROR, self._on_error)
        connection.when_streams_are_lost(self.resume)
        connection.when_a_farm_changes(self._farms.on_farm)
        connection.when_it_ends(self.forget_streams)

    @property
    def subscribed(self) -> frozenset[int]:
        """The `con_id`s whose quotes are wanted."""
        return self._registry.con_ids(StreamKind.QUOTES)

    # What happens now

    def subscribe_quotes(self, instrument: Instrument, *, subscriber: Hashable = ANYBODY) -> None:
        """Top of the book, last trade and previous close, by `on_quote`.

        Prices are in the instrument's currency as it is quoted (a `price_magnifier` of 100 means pence), times in UTC.
        Each quote says of what kind it is, and none is told before IB has said that.
        """
        key = quotes_key(instrument.con_id)
        self._registry.want(key, subscriber, lambda: QuoteStream(self._parts, instrument))
        self._watch.start()

    def unsubscribe_quotes(self, con_id: int, *, subscriber: Hashable = ANYBODY) -> None:
        """Nothing happens when it isn't subscribed."""
        self._registry.unwant(quotes_key(con_id), subscriber)

    def subscribe_trades(self, instrument: Instrument, *, subscriber: Hashable = ANYBODY) -> None:
        """Trades as they happen, by `on_trade`: from what IB says of the last one, never from a bid or an ask.

        The first few instruments are told tick by tick: every trade, with the exchange's second. The others are read
        from their quotes, whose ticks are sums over about 250 ms: two trades in a row of one price and one size are
        one there, and a trade that carries no time of its own has that of its arrival. A currency pair is refused.
        """
        self._trades.want(instrument, subscriber)
        self._watch.start()

    def unsubscribe_trades(self, con_id: int, *, subscriber: Hashable = ANYBODY) -> None:
        """Nothing happens when it isn't subscribed."""
        self._trades.unwant(con_id, subscriber)

    def subscribe_depth(self, instrument: Instrument, *, subscriber: Hashable = ANYBODY) -> None:
        """The whole book, by `on_depth`, up to `depth_rows` of the config on each side.

        On SMART it's put together from all exchanges. IB serves few books at a time, `depth_streams` of the config.
        """
        key = depth_key(instrument.con_id)
        self._registry.want(key, subscriber, lambda: DepthStream(self._parts, instrument, slots=self._book_slots))
        self._watch.start()

    def unsubscribe_depth(self, con_id: int, *, subscriber: Hashable = ANYBODY) -> None:
        """Nothing happens when it isn't subscribed."""
        self._registry.unwant(depth_key(con_id), subscriber)

    def subscribe_bars(
        self,
        instrument: Instrument,
        *,
        bar_size: BarSize = BarSize.SECONDS_5,
        what_to_show: WhatToShow | None = None,
        regular_hours_only: bool = False,
        subscriber: Hashable = ANYBODY,
    ) -> None:
        """Bars by `on_bar`, of trades unless told otherwise; of what has no trades, of the middle of bid and ask.

        Those of five seconds come when they are complete; what an outage swallows of them isn't told afterwards. Of
        longer ones the newest is told at each change with `is_complete` False, and once more as complete when the next
        begins; what an outage swallowed is told first, in order and once. IB makes bars of TRADES, MIDPOINT, BID and
        ASK. A request waits for its turn when IB's pacing asks for it.
        """
        asked = _asked(instrument, bar_size, what_to_show, regular_hours_only)
        if bar_size is BarSize.SECOND or asked.what_to_show in _PAST_ONLY:
            raise SubscriptionRefused(
                f"Interactive Brokers keeps no bars of {bar_size.value} of {asked.what_to_show.value} up to date: "
                "they have five seconds or more, and are made of TRADES, MIDPOINT, BID or ASK."
            )
        self._registry.want(bars_key(asked), subscriber, lambda: self._bar_stream(asked))
        self._watch.start()

    def unsubscribe_bars(
        self,
        instrument: Instrument,
        *,
        bar_size: BarSize = BarSize.SECONDS_5,
        what_to_show: WhatToShow | None = None,
        regular_hours_only: bool = False,
        subscriber: Hashable = ANYBODY,
    ) -> None:
        """Nothing happens when these very ones aren't subscribed."""
        asked = _asked(instrument, bar_size, what_to_show, regular_hours_only)
        self._registry.unwant(bars_key(asked), subscriber)

    # What happened before

    async def historical_bars(
        self,
        instrument: Instrument,
        start: datetime,
        end: datetime,
        bar_size: BarSize,
        what_to_show: WhatToShow | None = None,
        *,
        regular_hours_only: bool = False,
        deadline: float | None = None,
    ) -> list[Bar]:
        """The bars that begin from `start` on and before `end` (aware times), oldest first, each once.

        Empty when IB has none. Read in as many pages as IB's limits ask for, at the pace that it allows: 60 questions
        in ten minutes, over all that this client asks. Those of ADJUSTED_LAST reach up to now, in one answer. Raises
        ValueError for times without a zone and for an earlier end of ADJUSTED_LAST, RequestRefused with IB's words,
        LinkLost, and NoAnswer when it isn't all there by the `deadline` (seconds; by default the config's
        `history_deadline`).
        """
        _require_zones(start, end)
        asked = _asked(instrument, bar_size, what_to_show, regular_hours_only)
        return await self._history.bars(asked, start=start, end=end, deadline=self._deadline(deadline))

    async def historical_ticks(
        self,
        instrument: Instrument,
        start: datetime,
        end: datetime,
        what_to_show: WhatToShow | None = None,
        *,
        regular_hours_only: bool = False,
        deadline: float | None = None,
    ) -> list[HistoricalTick]:
        """Past ticks from `start` on and before `end` (aware times), oldest first: IB tells their second, no more.

        TradeTicks for TRADES, BidAskTicks for BID_ASK, MidpointTicks for MIDPOINT. IB gives a thousand at a time. For
        the rest as `historical_bars`.
        """
        _require_zones(start, end)
        asked = _asked(instrument, BarSize.SECOND, what_to_show, regular_hours_only)
        if asked.what_to_show not in _TICKS:
            raise ValueError(f"There are past ticks of {', '.join(_TICKS)}, and none of {asked.what_to_show}.")
        return await self._history.ticks(asked, start=start, end=end, deadline=self._deadline(deadline))

    # The connection's life

    def resume(self) -> None:
        """Asks for every wanted stream anew: after a reconnect, or when IB has dropped them. Raises LinkLost."""
        self._registry.resume()
        self._watch.start()

    def forget_streams(self) -> None:
        """The connection that carried them is gone; what is wanted stays wanted, and is stale until it comes again."""
        self._watch.stop()
        for stream in self._registry:
            stream.stand(is_stale=True, reason=_NO_LINK)
        self._registry.forget()
        self._farms.forget()
        self._competition.forget()

    def _bar_stream(self, asked: BarsAsked) -> FiveSecondBars | KeptBars:
        if keeps(asked.bar_size):
            return KeptBars(self._parts, asked, pacing=self._pacing, history=self._history)
        return FiveSecondBars(self._parts, asked, pacing=self._pacing)

    def _deadline(self, deadline: float | None) -> float:
        return self._config.history_deadline if deadline is None else deadline

    # What IB says

    def _on_tickers(self, tickers: Iterable[Ticker]) -> None:
        tell_quotes(tickers, routes=self._parts.routes)

    def _on_five_second_bar(self, request_id: int, said: convert.SaidBar) -> None:
        stream = self._parts.routes.requests.get(request_id)
        if isinstance(stream, FiveSecondBars):
            stream.tell(said)

    def _on_bar_update(self, request_id: int, said: BarData) -> None:
        stream = self._parts.routes.requests.get(request_id)
        if isinstance(stream, KeptBars):
            stream.update(said)

    def _on_caught_up(self) -> None:
        self._trades.on_caught_up()
        self._books.on_caught_up()
        now = asyncio.get_running_loop().time()
        self._farms.on_caught_up(now)
        self._competition.on_caught_up(now)

    def _on_error(self, request_id: int, code: int, text: str, waited_for: bool, _contract: Contract | None) -> None:
        if request_id < 0:
            self._watch.look_at_the_link()
        stream = self._parts.routes.requests.get(request_id)
        if stream is not None and not waited_for:
            self._refusals.apply(stream, code, text)


_PAST_ONLY = (WhatToShow.BID_ASK, WhatToShow.ADJUSTED_LAST)
_TICKS = (WhatToShow.TRADES, WhatToShow.BID_ASK, WhatToShow.MIDPOINT)


def _asked(
    instrument: Instrument, bar_size: BarSize, what_to_show: WhatToShow | None, regular_hours_only: bool
) -> BarsAsked:
    return BarsAsked(instrument, bar_size, what_to_show or what_to_show_of(instrument), regular_hours_only)


def _require_zones(*moments: datetime) -> None:
    for moment in moments:
        if moment.tzinfo is None:
            raise ValueError(f"{moment} has no time zone, so it names no moment.")
