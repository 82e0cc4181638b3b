"""Where instruments trade: exchanges, their market rules and their hours, as IB publishes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from brokers.simulator.catalogue import holidays
from brokers.simulator.catalogue.hours import EVERY_DAY, Hours, Span
from brokers.simulator.catalogue.listings import rules
from brokers.simulator.catalogue.listings.rules import MarketRule


@dataclass(frozen=True, slots=True)
class Venue:
    """Where a kind of instrument trades: its exchanges, first the one that IB takes when none is named."""

    exchanges: tuple[str, ...]
    market_rule: MarketRule
    hours: Hours
    farm: str
    # Exchanges whose rule is not `market_rule`.
    other_rules: Mapping[str, MarketRule] = field(default_factory=lambda: MappingProxyType({}), hash=False)

    @property
    def default_exchange(self) -> str:
        return self.exchanges[0]

    def rule_on(self, exchange: str) -> MarketRule:
        return self.other_rules.get(exchange, self.market_rule)


def _spans(*spans: tuple[str, str]) -> tuple[Span, ...]:
    return tuple(Span(opens, closes) for opens, closes in spans)


_NEW_YORK_DAY = Hours("US/Eastern", _spans(("0400", "2000")), _spans(("0930", "1600")), holidays=holidays.american)
_OPTIONS_DAY = Hours("US/Eastern", _spans(("0930", "1600")), _spans(("0930", "1600")), holidays=holidays.american)
_XETRA_DAY = Hours("MET", _spans(("0900", "1730")), _spans(("0900", "1730")), holidays=holidays.european)
_LONDON_DAY = Hours("GB-Eire", _spans(("0750", "1640")), _spans(("0800", "1630")), holidays=holidays.british)
_HONG_KONG_DAY = Hours(
    "Hongkong", _spans(("0930", "1200"), ("1300", "1600")), _spans(("0930", "1200"), ("1300", "1600"))
)
_FOREX_DAY = Hours("US/Eastern", _spans(("1715", "1700")), _spans(("1715", "1700")), holidays=holidays.worldwide)
_METALS_DAY = Hours("US/Eastern", _spans(("1800", "1700")), _spans(("1800", "1700")), holidays=holidays.worldwide)
_CRYPTO_DAY = Hours("US/Eastern", _spans(("0000", "2400")), _spans(("0000", "2400")), days=EVERY_DAY)
# Chicago's own day begins the evening before; the hours that count are those in which the shares below it trade.
_CHICAGO_DAY = Hours("US/Central", _spans(("1700", "1600")), _spans(("0830", "1600")), holidays=holidays.worldwide)
_NYMEX_DAY = Hours("US/Eastern", _spans(("1800", "1700")), _spans(("0930", "1700")), holidays=holidays.worldwide)
_EUREX_DAY = Hours("MET", _spans(("0115", "2200")), _spans(("0900", "1730")), holidays=holidays.european)
_HONG_KONG_FUTURES_DAY = Hours(
    "Hongkong",
    _spans(("1715", "0300"), ("0915", "1200"), ("1300", "1630")),
    _spans(("0915", "1200"), ("1300", "1630")),
)
_CBOE_DAY = Hours("US/Central", _spans(("0830", "1500")), _spans(("0830", "1500")), holidays=holidays.american)

_AMERICAN_EXCHANGES = (
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
)
_OPTION_EXCHANGES = ("SMART", "AMEX", "CBOE", "PHLX", "PSE", "ISE", "BOX", "BATS", "NASDAQOM", "CBOE2", "MIAX", "EDGX")
_NICKEL_EXCHANGES = ("AMEX", "CBOE", "PHLX", "ISE", "BOX", "BATS", "CBOE2", "MIAX", "EDGX")

NEW_YORK = Venue(_AMERICAN_EXCHANGES, rules.CENTS, _NEW_YORK_DAY, "usfarm")
FRANKFURT = Venue(("SMART", "IBIS", "FWB", "TGATE"), rules.EUROPEAN, _XETRA_DAY, "eufarm")
LONDON = Venue(("SMART", "LSE", "CHIXUK"), rules.PENCE, _LONDON_DAY, "eufarm")
HONG_KONG = Venue(("SEHK",), rules.HONG_KONG_TICKS, _HONG_KONG_DAY, "hfarm")
FOREX = Venue(("IDEALPRO",), rules.HALF_PIPS, _FOREX_DAY, "cashfarm")
FOREX_YEN = Venue(("IDEALPRO",), rules.YEN_HALF_PIPS, _FOREX_DAY, "cashfarm")

# One option, two rules: in cents where the penny pilot is kept, in nickels elsewhere.
OPTIONS = Venue(
    _OPTION_EXCHANGES,
    rules.PENNY_OPTIONS,
    _OPTIONS_DAY,
    "usopt",
    MappingProxyType(dict.fromkeys(_NICKEL_EXCHANGES, rules.NICKEL_OPTIONS)),
)
# Options on the large funds trade in cents at every price and everywhere.
FUND_OPTIONS = Venue(_OPTION_EXCHANGES, rules.CENTS, _OPTIONS_DAY, "usopt")
INDEX_OPTIONS = Venue(("SMART", "CBOE"), rules.NICKEL_OPTIONS, _CBOE_DAY, "usopt")

CBOE_INDEX = Venue(("CBOE",), rules.CENTS, _CBOE_DAY, "usfarm")
NASDAQ_INDEX = Venue(("NASDAQ",), rules.CENTS, _OPTIONS_DAY, "usfarm")
AMERICAN_CFD = Venue(("SMART",), rules.TENTHS, _CHICAGO_DAY, "usfarm")
EUROPEAN_CFD = Venue(("SMART",), rules.TENTHS, _EUREX_DAY, "eufarm")
METALS = Venue(("SMART", "IBCMDTY"), rules.CENTS, _METALS_DAY, "cashfarm")
PAXOS = Venue(("PAXOS",), rules.CRYPTO_CENTS, _CRYPTO_DAY, "usfarm")
PAXOS_BITCOIN = Venue(("PAXOS",), rules.CRYPTO_QUARTERS, _CRYPTO_DAY, "usfarm")
ZERO_HASH = Venue(("ZEROHASH",), rules.SATOSHIS, _CRYPTO_DAY, "usfarm")
BONDS = Venue(("SMART", "BONDDESK", "TRADEWEB"), rules.BOND_TICKS, _NEW_YORK_DAY, "usbond")


def chicago(rule: MarketRule, exchange: str = "CME", former: str = "GLOBEX") -> Venue:
    """IB renamed GLOBEX to CME and ECBOT to CBOT; scripts know both, so both are accepted."""
    return Venue((exchange, former), rule, _CHICAGO_DAY, "usfuture")


CHICAGO_QUARTERS = chicago(rules.QUARTERS)
CHICAGO_QUARTER_OPTIONS = chicago(rules.QUARTER_OPTIONS)
CHICAGO_YEN = chicago(rules.YEN_FUTURE_TICKS)
CBOT_TWO_YEARS = chicago(rules.EIGHTH_THIRTY_SECONDS, "CBOT", "ECBOT")
CBOT_FIVE_YEARS = chicago(rules.QUARTER_THIRTY_SECONDS, "CBOT", "ECBOT")
CBOT_TEN_YEARS = chicago(rules.HALF_THIRTY_SECONDS, "CBOT", "ECBOT")
NYMEX = Venue(("NYMEX",), rules.CENTS, _NYMEX_DAY, "usfuture")
COMEX = Venue(("COMEX", "NYMEX"), rules.TENTHS, _NYMEX_DAY, "usfuture")
EUREX = Venue(("EUREX", "DTB"), rules.WHOLES, _EUREX_DAY, "eufarm")
HONG_KONG_FUTURES = Venue(("HKFE",), rules.WHOLES, _HONG_KONG_FUTURES_DAY, "hfarm")
