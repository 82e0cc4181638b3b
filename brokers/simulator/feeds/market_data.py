"""All market data of one gateway: what streams, what is remembered, and the rules of asking for it."""

from __future__ import annotations

from brokers.simulator.catalogue.catalogue import Catalogue
from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.connections.link import Link
from brokers.simulator.connections.session import Sessions
from brokers.simulator.feeds.airing import Airing
from brokers.simulator.feeds.bars import BarFeed
from brokers.simulator.feeds.depth import DepthFeed
from brokers.simulator.feeds.quotes import QuoteFeed
from brokers.simulator.feeds.ticks import TickFeed
from brokers.simulator.market.board import Board
from brokers.simulator.market.history import History
from brokers.simulator.market.market import Market
from brokers.simulator.market.pacing import Pacing
from brokers.simulator.market.tick_history import TickHistory


class MarketData:
    def __init__(
        self, sessions: Sessions, market: Market, catalogue: Catalogue, calendar: Calendar, link: Link
    ) -> None:
        airing = Airing(calendar, link)
        self.history = History(market, calendar)
        self.tick_history = TickHistory(self.history)
        self.pacing = Pacing()
        self.quotes = QuoteFeed(
            sessions, market, Board(market, catalogue), calendar, airing, has_expired=catalogue.has_expired
        )
        self.depths = DepthFeed(sessions, market, airing)
        self.bars = BarFeed(sessions, market, self.history, airing)
        self.ticks = TickFeed(sessions, market, calendar, airing)

    def renew(self) -> None:
        """Tells every quote as it stands, after a time in which none was told. Other streams go on with a step."""
        self.quotes.renew()
