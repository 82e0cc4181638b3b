"""The gateway as a whole: one login's account, its market, its desk, and the clients that are connected."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from brokers.simulator.accounts.account import Account, account_codes, starting_cash
from brokers.simulator.accounts.booking import Books
from brokers.simulator.accounts.marks import Marks
from brokers.simulator.accounts.valuation import Valuation
from brokers.simulator.catalogue.catalogue import Catalogue
from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.connections.farms import Farms
from brokers.simulator.connections.faults import Faults, Outlet
from brokers.simulator.connections.link import Link
from brokers.simulator.connections.session import Sessions
from brokers.simulator.feeds.accounts import AccountFeed
from brokers.simulator.feeds.market_data import MarketData
from brokers.simulator.feeds.orders import OrderFeed
from brokers.simulator.market.market import Market
from brokers.simulator.orders.book import OrderBook
from brokers.simulator.records.identity import Identity
from brokers.simulator.records.ledger import Ledger
from brokers.simulator.records.replay import Replay
from brokers.simulator.records.rows import commission_row
from brokers.simulator.trading.assembly import trading_desk
from brokers.simulator.trading.desk import Desk

log = logging.getLogger(__name__)


class Gateway:
    """`account` is the first account's code; `accounts` is how many there are behind the login."""

    def __init__(
        self,
        *,
        account: str,
        seed: int,
        ledger: Path | None,
        read_only: bool,
        calendar: Calendar | None = None,
        accounts: int = 1,
    ) -> None:
        self.account_code = account
        self.seed = seed
        self.read_only = read_only
        self.calendar = calendar or Calendar()
        self.catalogue = Catalogue(calendar=self.calendar)
        self.market = Market(self.catalogue, seed=seed, now=self.calendar.now, always_open=self.calendar.always_open)
        self.accounts_by_code = {
            code: Account(code, starting_cash(number))
            for number, code in enumerate(account_codes(account, accounts), 1)
        }
        self.account = self.accounts_by_code[account]
        marks = Marks(self.market, self.catalogue)
        self.valuations = {
            code: Valuation(one, marks, now=self.calendar.now) for code, one in self.accounts_by_code.items()
        }
        self.valuation = self.valuations[account]
        self.orders = OrderBook()
        self.ledger = Ledger(ledger)
        self.sessions = Sessions()
        self.link = Link()
        self.farms = Farms()
        self.faults = Faults(seed=seed)
        self._identity = Identity(account)
        self._books = Books(orders=self.orders, accounts=self.accounts_by_code, marks=marks)
        self.data = MarketData(self.sessions, self.market, self.catalogue, self.calendar, self.link)
        self.quotes = self.data.quotes
        self.accounts = AccountFeed(self.sessions, self.valuations, now=self.calendar.now)
        self.desk = self._desk(OrderFeed(self.sessions, self.accounts))

    def _desk(self, listener: OrderFeed) -> Desk:
        return trading_desk(
            catalogue=self.catalogue,
            market=self.market,
            calendar=self.calendar,
            valuations=self.valuations,
            orders=self.orders,
            books=self._books,
            ledger=self.ledger,
            identity=self._identity,
            listener=listener,
            read_only=self.read_only,
        )

    @property
    def managed_accounts(self) -> str:
        """Every account's code, as IB lists them: with a comma behind the last one too when there are several."""
        return (
            "".join(f"{code}," for code in self.accounts_by_code)
            if len(self.accounts_by_code) > 1
            else self.account_code
        )

    def set_read_only(self, *, on: bool) -> None:
        """As the check box in a gateway's settings does, at once and for every client."""
        self.read_only = self.desk.read_only = on

    def outlet(self, writer: asyncio.StreamWriter) -> Outlet:
        """What a connection's session says its messages into."""
        return Outlet(writer, link=self.link, faults=self.faults)

    def open(self) -> None:
        """Reads the ledger back and begins a new run in it. Raises LedgerError when it can't be read."""
        replay = Replay(
            catalogue=self.catalogue,
            orders=self.orders,
            books=self._books,
            identity=self._identity,
            account=self.account_code,
        )
        unwritten = replay.apply(self.ledger.replay())
        self.desk.resume()
        self.ledger.open()
        for commission in unwritten:
            self.ledger.write("commission", **commission_row(commission))
        self._write("started")
        log.info("account %s with %d open orders", self.account_code, len(self.orders.open()))

    def close(self) -> None:
        self._write("stopped")
        self.ledger.close()

    def _write(self, event: str) -> None:
        self.ledger.write("gateway", event=event, account=self.account_code, seed=self.seed, read_only=self.read_only)
