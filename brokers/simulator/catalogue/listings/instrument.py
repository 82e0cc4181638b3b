"""One contract, as IB describes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from brokers.simulator.catalogue.hours import Hours
from brokers.simulator.catalogue.listings import order_types
from brokers.simulator.catalogue.listings.pricing import Relation
from brokers.simulator.catalogue.listings.rules import MarketRule
from brokers.simulator.catalogue.listings.venues import Venue

STOCK = "STK"
CURRENCY_PAIR = "CASH"
FUTURE = "FUT"
OPTION = "OPT"
FUTURE_OPTION = "FOP"
BOND = "BOND"
CFD = "CFD"
CRYPTO = "CRYPTO"
INDEX = "IND"
COMMODITY = "CMDTY"
CONTINUOUS_FUTURE = "CONTFUT"
COMBINATION = "BAG"

# What is quoted by dealers: there are bids and asks, and no trades that anyone reports.
_WITHOUT_TRADES = frozenset({CURRENCY_PAIR, CFD, COMMODITY, COMBINATION})
_WITHOUT_ORDERS = frozenset({INDEX, CONTINUOUS_FUTURE})


# IB writes a multiplier only where a contract is one of many units.
_WITH_MULTIPLIER = frozenset({FUTURE, OPTION, FUTURE_OPTION, CONTINUOUS_FUTURE})


@dataclass(frozen=True, slots=True)
class BondTerms:
    """What only a bond has. `coupon` is in percent a year, days are written as 20270315."""

    cusip: str
    coupon: Decimal
    maturity: str
    issued: str
    kind: str
    coupon_type: str
    ratings: str = ""
    is_callable: bool = False


@dataclass(frozen=True, slots=True)
class Following:
    """Whose price an instrument's own is made of at every moment, and how."""

    underlying: Instrument
    relation: Relation

    def begins_at(self, rule: MarketRule, years: float) -> Decimal:
        """The allowed price that the underlying's own first one makes, so many years before the last day."""
        return rule.nearest(Decimal(repr(self.relation.value(float(self.underlying.start_price), years))))


@dataclass(frozen=True, slots=True)
class Instrument:
    """One contract. `live` says whether this login pays for data.

    `start_price` is where its simulated price begins, or, when it `follows` another's, about where.
    Prices are as quoted: divided by `price_magnifier` they are money of `currency` (London's shares are in pence).
    """

    con_id: int
    symbol: str
    security_type: str
    currency: str
    local_symbol: str
    trading_class: str
    long_name: str
    primary_exchange: str
    venue: Venue
    start_price: Decimal
    isin: str = ""
    industry: str = ""
    category: str = ""
    stock_type: str = ""
    live: bool = True
    multiplier: Decimal = Decimal(1)
    price_magnifier: int = 1
    min_size: Decimal = Decimal(1)
    size_increment: Decimal = Decimal(1)
    expiry: str = ""  # the last trading day, as IB writes it: 20180921
    contract_month: str = ""
    strike: Decimal = Decimal(0)
    right: str = ""  # C or P
    under_con_id: int = 0
    under_symbol: str = ""
    under_security_type: str = ""
    last_trade_time: str = ""  # of the last trading day, where it trades: 08:30:00
    suggested_size: Decimal = Decimal(1)
    bond: BondTerms | None = None
    follows: Following | None = field(default=None, compare=False, repr=False)

    @property
    def is_currency_pair(self) -> bool:
        return self.security_type == CURRENCY_PAIR

    @property
    def market_rule(self) -> MarketRule:
        """The rule on the exchange that IB takes when none is named."""
        return self.venue.market_rule

    def rule_on(self, exchange: str) -> MarketRule:
        """The rule for orders there; the venue's own for an exchange that isn't one of it."""
        return self.venue.rule_on(exchange)

    @property
    def min_tick(self) -> Decimal:
        """The finest step of any price on any exchange: IB's minTick. What an order has to meet is in `rule_on`."""
        return min(self.rule_on(exchange).smallest for exchange in self.venue.exchanges)

    @property
    def hours(self) -> Hours:
        return self.venue.hours

    @property
    def farm(self) -> str:
        """The data farm that its quotes come from, by IB's name for it."""
        return self.venue.farm

    @property
    def has_trades(self) -> bool:
        return self.security_type not in _WITHOUT_TRADES

    @property
    def has_book(self) -> bool:
        """Whether anyone bids or asks; an index is a number that somebody computes."""
        return self.security_type != INDEX

    @property
    def is_orderable(self) -> bool:
        return self.security_type not in _WITHOUT_ORDERS

    @property
    def order_types(self) -> tuple[str, ...]:
        """The kinds of order and the times in force that its exchanges take, in IB's words: STPLMT, GTC."""
        return order_types.BY_SECURITY_TYPE[self.security_type]

    @property
    def multiplier_text(self) -> str:
        """As messages carry it: empty for what IB gives none."""
        return f"{self.multiplier:f}" if self.security_type in _WITH_MULTIPLIER else ""

    @property
    def last_day(self) -> date | None:
        """The last day on which it trades; None for what never expires."""
        return datetime.strptime(self.expiry, "%Y%m%d").date() if self.expiry else None  # noqa: DTZ007 - a date alone

    def is_expired(self, today: date) -> bool:
        """`today` is the date where it trades; it trades through the whole of its last day."""
        return bool(self.expiry) and self.expiry < f"{today:%Y%m%d}"
