"""An account at a market of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from brokers.simulator.accounts import statement
from brokers.simulator.accounts.account import STARTING_CASH, Account
from brokers.simulator.accounts.amounts import unit_value
from brokers.simulator.accounts.marks import Marks
from brokers.simulator.accounts.valuation import Holding, Valuation, Worth
from brokers.simulator.catalogue.catalogue import Catalogue
from brokers.simulator.catalogue.listings import INSTRUMENTS
from brokers.simulator.market.market import Market
from tests.brokers.simulator.examples import CONTRACTS

MONDAY = datetime(2026, 11, 23, 15, tzinfo=UTC)
NOTHING = Decimal(0)


class Clock:
    def __init__(self) -> None:
        self.time = MONDAY

    def now(self) -> datetime:
        return self.time


class Bank:
    """An account at a market that moves only when it is told to. Trades are at the mark, unless they name a price."""

    def __init__(self, cash: dict[str, Decimal] | None = None, *, seed: int = 7) -> None:
        self.clock = Clock()
        self.catalogue = Catalogue([*INSTRUMENTS, *CONTRACTS.values()])
        self.market = Market(self.catalogue, seed=seed, now=self.clock.now)
        self.marks = Marks(self.market, self.catalogue)
        self.account = Account("DU1", STARTING_CASH if cash is None else cash)
        self.valuation = Valuation(self.account, self.marks, now=self.clock.now)
        self.valuation.worth()

    @property
    def worth(self) -> Worth:
        return self.valuation.worth()

    def affords(self, of: str, change: str | Decimal) -> bool:
        return self.valuation.affords([(CONTRACTS[of], Decimal(change), NOTHING)])

    def mark(self, of: str) -> Decimal:
        return self.marks.mark(CONTRACTS[of])

    def trade(self, of: str, change: str, *, price: Decimal | None = None, cost: str = "0") -> Decimal | None:
        at = self.mark(of) if price is None else price
        return self.account.book(CONTRACTS[of], change=Decimal(change), price=at, commission=Decimal(cost))

    def holding(self, of: str) -> Holding:
        con_id = CONTRACTS[of].con_id
        return next(one for one in self.worth.holdings if one.instrument.con_id == con_id)

    def value(self, of: str) -> Decimal:
        """Of one contract, in the base currency."""
        instrument = CONTRACTS[of]
        return unit_value(instrument, self.mark(of)) * self.marks.rate(instrument.currency)

    def figure(self, tag: str, currency: str = "USD") -> Decimal:
        return Decimal(self.text(tag, currency))

    def text(self, tag: str, currency: str = "") -> str:
        worth = self.worth
        figures = [*statement.summary(worth), *statement.window(worth)]
        return next(one.text for one in figures if (one.tag, one.currency) == (tag, currency))
