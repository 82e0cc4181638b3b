"""What can be watched and traded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class SecurityType(StrEnum):
    """IB's own codes."""

    STK = "STK"
    CASH = "CASH"
    CFD = "CFD"
    FUT = "FUT"
    OPT = "OPT"
    FOP = "FOP"
    BOND = "BOND"
    CRYPTO = "CRYPTO"
    IND = "IND"
    CMDTY = "CMDTY"
    CONTFUT = "CONTFUT"
    BAG = "BAG"
    FUND = "FUND"
    WAR = "WAR"


_BELOW_ZERO = frozenset({SecurityType.BAG, SecurityType.FUT})


def trades_below_zero(security_type: str) -> bool:
    """Whether a price of zero or less can be meant.

    A combination costs what its legs differ by, so whoever takes on the dearer one is paid for it
    (https://interactivebrokers.github.io/tws-api/spread_contracts.html). A future's holder may have to pay to be rid of
    what it delivers: CME has taken negative prices of energy since April 2020 (its Advisory Notice 20-152), and lists
    calendar spreads below zero. IB says of no contract whether its exchange takes them, so which future may, the broker
    judges. Of everything else the price is paid by the buyer alone: an option's premium is never below zero.
    """
    return security_type in _BELOW_ZERO


class OrderSide(StrEnum):
    """IB's own words. Of an execution IB says BOT and SLD, which are read as these."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        return 1 if self is OrderSide.BUY else -1

    @property
    def opposite(self) -> OrderSide:
        return OrderSide.SELL if self is OrderSide.BUY else OrderSide.BUY


class Right(StrEnum):
    """An option's, by IB's own letters."""

    CALL = "C"
    PUT = "P"


@dataclass(frozen=True, slots=True)
class PriceIncrement:
    """From `low_edge` upwards, the size of a price is a whole multiple of `increment`."""

    low_edge: Decimal
    increment: Decimal


@dataclass(frozen=True, slots=True)
class PriceRule:
    """One market rule: the exchanges that it holds on, and its increments from the lowest edge upwards."""

    exchanges: tuple[str, ...]
    increments: tuple[PriceIncrement, ...]

    def increment_at(self, price: Decimal) -> Decimal:
        """The step at this price (at its size, for a negative one)."""
        fitting = [one for one in self.increments if one.low_edge <= abs(price)]
        return (fitting[-1] if fitting else self.increments[0]).increment


@dataclass(frozen=True, slots=True)
class TradingInterval:
    """A stretch in which an instrument trades. Aware, in UTC; `end` is no longer part of it."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class ComboLeg:
    """One leg of a BAG: how many of it for one of the combination."""

    con_id: int
    ratio: int
    side: OrderSide
    exchange: str


@dataclass(frozen=True, slots=True)
class OptionSeries:
    """The options of one trading class on one underlying, as IB lists them on one exchange.

    Not every strike is listed for every expiry: which are, the chain of one expiry says.
    """

    exchange: str
    trading_class: str
    multiplier: Decimal | None
    expiries: tuple[date, ...]
    strikes: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Instrument:
    """One qualified IB contract. `con_id` is unique and belongs to no tenant.

    `price_increment` is IB's `minTick`, the finest step that any price of it can have. What an order's price has to
    meet is `increment_at`, since it depends on the exchange and on the price
    (https://interactivebrokers.github.io/tws-api/minimum_increment.html). `time_zone` is an IANA name, or None when IB
    gave none that is known. `expiry` is the last
    day on which it trades. `price_magnifier` is what a quoted price is divided by to get money of `currency` (100 for
    pence). A combination (BAG) has no contract id at IB: its `con_id` is negative and made of its `legs`.
    IB lists `trading_hours` and `liquid_hours` some days ahead: up to `hours_until`, which is None when it lists
    nothing. Whether it trades after that isn't known. `is_described` is False for what IB has not described (yet): then
    it's what its contract alone says, and its increments and sizes are as fine as can be, so that nothing is refused on
    a guess.
    """

    con_id: int
    symbol: str
    local_symbol: str
    security_type: SecurityType
    exchange: str
    primary_exchange: str
    currency: str
    long_name: str
    price_increment: Decimal
    size_increment: Decimal
    min_size: Decimal
    multiplier: Decimal | None = None
    trading_class: str = ""
    valid_exchanges: tuple[str, ...] = ()
    time_zone: str | None = None
    price_rules: tuple[PriceRule, ...] = ()
    price_magnifier: int = 1
    contract_month: str = ""
    expiry: date | None = None
    strike: Decimal | None = None
    right: Right | None = None
    under_con_id: int | None = None
    isin: str = ""
    order_types: tuple[str, ...] = ()
    trading_hours: tuple[TradingInterval, ...] = ()
    liquid_hours: tuple[TradingInterval, ...] = ()
    hours_until: datetime | None = None
    legs: tuple[ComboLeg, ...] = ()
    is_described: bool = True

    def increment_at(self, price: Decimal, *, exchange: str | None = None) -> Decimal:
        """The step that an order at this price has to meet there; `exchange` is by default the instrument's own."""
        rule = self._rule_on(exchange or self.exchange)
        return rule.increment_at(price) if rule is not None else self.price_increment

    def _rule_on(self, exchange: str) -> PriceRule | None:
        return next((rule for rule in self.price_rules if exchange in rule.exchanges), None)

    @property
    def display_symbol(self) -> str:
        """`EUR.USD` for a currency pair, the symbol for a stock, IB's local symbol for what has an expiry."""
        if self.security_type is SecurityType.STK:
            return self.symbol
        return self.local_symbol or self.symbol
