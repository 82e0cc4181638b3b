"""What can be traded here, as IB describes it.

Contract ids, names and exchanges are IB's own; hours and market rules have the shape of IB's. Long names are ASCII,
since the client libraries read them as escaped text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

STOCK = "STK"
CURRENCY_PAIR = "CASH"


@dataclass(frozen=True, slots=True)
class MarketRule:
    """Which prices are allowed: from each low edge upwards, whole multiples of the increment beside it."""

    rule_id: int
    steps: tuple[tuple[Decimal, Decimal], ...]

    def increment(self, price: Decimal) -> Decimal:
        """The increment that applies at this price (its size, for a negative one)."""
        return max((step for step in self.steps if step[0] <= abs(price)), key=lambda step: step[0])[1]

    @property
    def smallest(self) -> Decimal:
        return min(increment for _, increment in self.steps)

    def allows(self, price: Decimal) -> bool:
        return price % self.increment(price) == 0


def _rule(rule_id: int, *steps: tuple[str, str]) -> MarketRule:
    return MarketRule(rule_id, tuple((Decimal(low), Decimal(increment)) for low, increment in steps))


CENTS = _rule(26, ("0", "0.01"))
HALF_PIPS = _rule(239, ("0", "0.00005"))
YEN_HALF_PIPS = _rule(59, ("0", "0.005"))
# Europe's tick sizes grow with the price: a price that is right at 9.998 is wrong at 200.002.
EUROPEAN = _rule(
    1876,
    ("0", "0.0001"),
    ("5", "0.001"),
    ("10", "0.002"),
    ("20", "0.005"),
    ("50", "0.01"),
    ("100", "0.02"),
    ("200", "0.05"),
)

MARKET_RULES = {rule.rule_id: rule for rule in (CENTS, HALF_PIPS, YEN_HALF_PIPS, EUROPEAN)}


@dataclass(frozen=True, slots=True)
class Venue:
    """Where a kind of instrument trades: its exchanges, its day in its own time zone, its kind's words."""

    exchanges: tuple[str, ...]
    market_rule: MarketRule
    time_zone: str
    trading_day: tuple[str, str]
    liquid_day: tuple[str, str]

    @property
    def default_exchange(self) -> str:
        return self.exchanges[0]


NEW_YORK = Venue(
    (
        "SMART",
        "AMEX",
        "NYSE",
        "CBOE",
        "PHLX",
        "ISE",
        "CHX",
        "ARCA",
        "NASDAQ",
        "ISLAND",
        "DRCTEDGE",
        "BEX",
        "BATS",
        "IEX",
    ),
    CENTS,
    "US/Eastern",
    ("0400", "2000"),
    ("0930", "1600"),
)
FRANKFURT = Venue(("SMART", "IBIS", "FWB", "TGATE"), EUROPEAN, "MET", ("0900", "1730"), ("0900", "1730"))
FOREX = Venue(("IDEALPRO",), HALF_PIPS, "US/Eastern", ("1715", "1700"), ("1715", "1700"))
FOREX_YEN = Venue(("IDEALPRO",), YEN_HALF_PIPS, "US/Eastern", ("1715", "1700"), ("1715", "1700"))


@dataclass(frozen=True, slots=True)
class Instrument:
    """One contract. `start_price` is where its simulated price begins; `live` says whether this login pays for data."""

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

    @property
    def is_currency_pair(self) -> bool:
        return self.security_type == CURRENCY_PAIR

    @property
    def market_rule(self) -> MarketRule:
        return self.venue.market_rule

    def trading_hours(self, today: date) -> str:
        return _hours(self, today, self.venue.trading_day)

    def liquid_hours(self, today: date) -> str:
        return _hours(self, today, self.venue.liquid_day)


def _hours(instrument: Instrument, today: date, day: tuple[str, str]) -> str:
    session = _overnight if instrument.is_currency_pair else _same_day
    return ";".join(session(today + timedelta(days=offset), day) for offset in range(6))


def _same_day(on: date, day: tuple[str, str]) -> str:
    if on.weekday() >= 5:
        return f"{on:%Y%m%d}:CLOSED"
    return f"{on:%Y%m%d}:{day[0]}-{on:%Y%m%d}:{day[1]}"


def _overnight(on: date, day: tuple[str, str]) -> str:
    """A currency pair's session ends on its own day and begins the evening before, Sunday's included."""
    if on.weekday() >= 5:
        return f"{on:%Y%m%d}:CLOSED"
    return f"{on - timedelta(days=1):%Y%m%d}:{day[0]}-{on:%Y%m%d}:{day[1]}"


def _stock(
    con_id: int, symbol: str, price: str, name: str, isin: str, industry: str, category: str, *, listed: str = "NASDAQ"
) -> Instrument:
    return Instrument(
        con_id=con_id,
        symbol=symbol,
        security_type=STOCK,
        currency="USD",
        local_symbol=symbol,
        trading_class="NMS" if listed == "NASDAQ" else symbol,
        long_name=name,
        primary_exchange=listed,
        venue=NEW_YORK,
        start_price=Decimal(price),
        isin=isin,
        industry=industry,
        category=category,
        stock_type="ETF" if listed == "ARCA" else "COMMON",
    )


def _pair(con_id: int, base: str, quote: str, price: str, name: str) -> Instrument:
    return Instrument(
        con_id=con_id,
        symbol=base,
        security_type=CURRENCY_PAIR,
        currency=quote,
        local_symbol=f"{base}.{quote}",
        trading_class=f"{base}.{quote}",
        long_name=name,
        primary_exchange="",
        venue=FOREX_YEN if quote == "JPY" else FOREX,
        start_price=Decimal(price),
    )


_SAP = Instrument(
    con_id=14204,
    symbol="SAP",
    security_type=STOCK,
    currency="EUR",
    local_symbol="SAP",
    trading_class="XETRA",
    long_name="SAP SE",
    primary_exchange="IBIS",
    venue=FRANKFURT,
    start_price=Decimal("192.50"),
    isin="DE0007164600",
    industry="Technology",
    category="Software",
    stock_type="COMMON",
    live=False,
)

INSTRUMENTS = (
    _stock(265598, "AAPL", "189.95", "APPLE INC", "US0378331005", "Technology", "Computers"),
    _stock(272093, "MSFT", "415.30", "MICROSOFT CORP", "US5949181045", "Technology", "Software"),
    _stock(4391, "AMD", "158.20", "ADVANCED MICRO DEVICES", "US0079031078", "Technology", "Semiconductors"),
    _stock(270639, "INTC", "31.45", "INTEL CORP", "US4581401001", "Technology", "Semiconductors"),
    _stock(4815747, "NVDA", "121.80", "NVIDIA CORP", "US67066G1040", "Technology", "Semiconductors"),
    _stock(76792991, "TSLA", "242.60", "TESLA INC", "US88160R1014", "Consumer, Cyclical", "Auto Manufacturers"),
    _stock(3691937, "AMZN", "184.10", "AMAZON.COM INC", "US0231351067", "Communications", "Internet"),
    _stock(208813719, "GOOGL", "166.75", "ALPHABET INC-CL A", "US02079K3059", "Communications", "Internet"),
    _stock(107113386, "META", "504.20", "META PLATFORMS INC-CLASS A", "US30303M1027", "Communications", "Internet"),
    _stock(756733, "SPY", "547.90", "SS SPDR S&P 500 ETF TRUST-US", "US78462F1030", "", "", listed="ARCA"),
    _stock(
        8314, "IBM", "186.40", "INTL BUSINESS MACHINES CORP", "US4592001014", "Technology", "Computers", listed="NYSE"
    ),
    _stock(
        8894, "KO", "63.15", "COCA-COLA CO/THE", "US1912161007", "Consumer, Non-cyclical", "Beverages", listed="NYSE"
    ),
    _stock(1520593, "JPM", "208.55", "JPMORGAN CHASE & CO", "US46625H1005", "Financial", "Banks", listed="NYSE"),
    _SAP,
    _pair(12087792, "EUR", "USD", "1.08450", "European Monetary Union Euro"),
    _pair(12087797, "GBP", "USD", "1.27120", "British pound"),
    _pair(14433401, "AUD", "USD", "0.66240", "Australian dollar"),
    _pair(15016059, "USD", "JPY", "157.250", "US Dollar"),
    _pair(12087820, "USD", "CHF", "0.89560", "US Dollar"),
    _pair(15016062, "USD", "CAD", "1.36780", "US Dollar"),
    _pair(12087807, "EUR", "GBP", "0.85315", "European Monetary Union Euro"),
)
