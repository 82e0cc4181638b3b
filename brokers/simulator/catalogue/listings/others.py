"""Contracts for difference, commodities, cryptocurrencies and bonds."""

from __future__ import annotations

from decimal import Decimal

from brokers.simulator.catalogue.listings import indices, venues
from brokers.simulator.catalogue.listings.instrument import (
    BOND,
    CFD,
    COMMODITY,
    CRYPTO,
    BondTerms,
    Following,
    Instrument,
)
from brokers.simulator.catalogue.listings.pricing import Share
from brokers.simulator.catalogue.listings.venues import Venue


def _cfd(con_id: int, symbol: str, name: str, under: Instrument, venue: Venue) -> Instrument:
    return Instrument(
        con_id=con_id,
        symbol=symbol,
        security_type=CFD,
        currency=under.currency,
        local_symbol=symbol,
        trading_class=symbol,
        long_name=name,
        primary_exchange="",
        venue=venue,
        start_price=venue.market_rule.nearest(under.start_price),
        follows=Following(under, Share()),
        under_con_id=under.con_id,
        under_symbol=under.symbol,
        under_security_type=under.security_type,
    )


def _crypto(con_id: int, symbol: str, price: str, name: str, venue: Venue, *, size: str) -> Instrument:
    return Instrument(
        con_id=con_id,
        symbol=symbol,
        security_type=CRYPTO,
        currency="USD",
        local_symbol=f"{symbol}.USD",
        trading_class=symbol,
        long_name=name,
        primary_exchange="",
        venue=venue,
        start_price=Decimal(price),
        min_size=Decimal(size),
        size_increment=Decimal(size),
        suggested_size=Decimal(size),
    )


_GOLD = Instrument(
    con_id=69067924,
    symbol="XAUUSD",
    security_type=COMMODITY,
    currency="USD",
    local_symbol="XAUUSD",
    trading_class="XAUUSD",
    long_name="London Gold",
    primary_exchange="IBCMDTY",
    venue=venues.METALS,
    start_price=Decimal("2385.42"),
)

# Its maturity is among its terms and not its expiry, so that the example of every guide outlives the bond.
_AMERIS = Instrument(
    con_id=267433117,
    symbol="IBCID267433116",
    security_type=BOND,
    currency="USD",
    local_symbol="IBCID267433117",
    trading_class="ABCB",
    long_name="AMERIS BANCORP",
    primary_exchange="",
    venue=venues.BONDS,
    start_price=Decimal("98.750"),
    isin="US03076KAA60",
    industry="Financial",
    category="Banks",
    last_trade_time="17:00:00",
    multiplier=Decimal(10),  # a price is percent of par, and one bond's par is 1,000 dollars
    bond=BondTerms(
        cusip="03076KAA6",
        coupon=Decimal("5.75"),
        maturity="20270315",
        issued="20170313",
        kind="Corp",
        coupon_type="VARIABLE",
        is_callable=True,
    ),
)

OTHERS = (
    _cfd(111987407, "IBUS30", "IBKR US 30 Index", indices.DOW_JONES, venues.AMERICAN_CFD),
    _cfd(111987469, "IBUS500", "IBKR US 500 Index", indices.SP500, venues.AMERICAN_CFD),
    _cfd(110090206, "IBDE40", "IBKR Germany 40 Index", indices.DAX, venues.EUROPEAN_CFD),
    _GOLD,
    _crypto(479624278, "BTC", "67250.25", "Bitcoin cryptocurrency", venues.PAXOS_BITCOIN, size="0.00000001"),
    _crypto(495759171, "ETH", "3412.48", "Ethereum cryptocurrency", venues.PAXOS, size="0.00000001"),
    _crypto(498989721, "LTC", "71.36", "Litecoin cryptocurrency", venues.PAXOS, size="0.0001"),
    _crypto(731283400, "DOGE", "0.12345678", "Dogecoin cryptocurrency", venues.ZERO_HASH, size="0.0001"),
    _AMERIS,
)
