"""The gateway as a whole: one login's account, its market, its desk, and the clients that are connected."""

from __future__ import annotations

import logging
from pathlib import Path

from brokers.simulator.account import Account
from brokers.simulator.account_feed import AccountFeed
from brokers.simulator.booking import Books
from brokers.simulator.catalogue import Catalogue
from brokers.simulator.desk import Desk
from brokers.simulator.floor import Floor
from brokers.simulator.identity import Identity
from brokers.simulator.ledger import Ledger
from brokers.simulator.market import Market
from brokers.simulator.order_feed import OrderFeed
from brokers.simulator.orders import OrderBook
from brokers.simulator.quote_feed import QuoteFeed
from brokers.simulator.replay import Replay
from brokers.simulator.session import Sessions
from brokers.simulator.valuation import Valuation

log = logging.getLogger(__name__)


class Gateway:
    def __init__(self, *, account: str, seed: int, ledger: Path | None, read_only: bool) -> None:
        self.account_code = account
        self.seed = seed
        self.read_only = read_only
        self.catalogue = Catalogue()
        self.market = Market(self.catalogue, seed=seed)
        self.account = Account(account)
        self.valuation = Valuation(self.account, self.market, self.catalogue)
        self.orders = OrderBook()
        self.ledger = Ledger(ledger)
        self.sessions = Sessions()
        self._identity = Identity(account)
        self._books = Books(orders=self.orders, account=self.account, valuation=self.valuation)
        self.quotes = QuoteFeed(self.sessions, self.market, self.catalogue)
        self.accounts = AccountFeed(self.sessions, self.account, self.valuation)
        self.desk = self._desk(OrderFeed(self.sessions, self.accounts))

    def _desk(self, listener: OrderFeed) -> Desk:
        floor = Floor(
            market=self.market,
            orders=self.orders,
            books=self._books,
            ledger=self.ledger,
            identity=self._identity,
            listener=listener,
        )
        return Desk(
            catalogue=self.catalogue,
            market=self.market,
            account=self.account,
            valuation=self.valuation,
            orders=self.orders,
            floor=floor,
            ledger=self.ledger,
            identity=self._identity,
            listener=listener,
            read_only=self.read_only,
        )

    def open(self) -> None:
        """Reads the ledger back and begins a new run in it. Raises LedgerError when it can't be read."""
        replay = Replay(
            catalogue=self.catalogue,
            orders=self.orders,
            books=self._books,
            identity=self._identity,
            account=self.account_code,
        )
        replay.apply(self.ledger.replay())
        self.ledger.open()
        self._write("started")
        log.info("account %s with %d open orders", self.account_code, len(self.orders.open()))

    def close(self) -> None:
        self._write("stopped")
        self.ledger.close()

    def _write(self, event: str) -> None:
        self.ledger.write("gateway", event=event, account=self.account_code, seed=self.seed, read_only=self.read_only)
