"""Indices, and what futures are written on: IB lists a future's underlying as an index too."""

from __future__ import annotations

from decimal import Decimal

from brokers.simulator.catalogue.listings import venues
from brokers.simulator.catalogue.listings.instrument import INDEX, Following, Instrument
from brokers.simulator.catalogue.listings.pricing import Share
from brokers.simulator.catalogue.listings.venues import Venue


def _index(
    con_id: int,
    symbol: str,
    price: str,
    name: str,
    venue: Venue,
    *,
    currency: str = "USD",
    same_as: Instrument | None = None,
) -> Instrument:
    """`same_as` is the index that this is another name of."""
    return Instrument(
        con_id=con_id,
        symbol=symbol,
        security_type=INDEX,
        currency=currency,
        local_symbol=symbol,
        trading_class=symbol,
        long_name=name,
        primary_exchange=venue.default_exchange,
        venue=venue,
        start_price=Decimal(price),
        follows=Following(same_as, Share()) if same_as else None,
    )


SP500 = _index(416904, "SPX", "5478.50", "S&P 500 Stock Index", venues.CBOE_INDEX)
NASDAQ_100 = _index(416843, "NDX", "19790.25", "NASDAQ 100 Stock Index", venues.NASDAQ_INDEX)
VOLATILITY = _index(13455763, "VIX", "15.40", "CBOE Volatility Index", venues.CBOE_INDEX)
DOW_JONES = _index(1935181, "INDU", "39120.50", "Dow Jones Industrial Average", venues.CBOE_INDEX)

SP500_FUTURES = _index(11004968, "ES", "5478.50", "E-mini S&P 500", venues.CHICAGO_QUARTERS, same_as=SP500)
NASDAQ_FUTURES = _index(11004958, "NQ", "19790.25", "E-mini NASDAQ 100", venues.CHICAGO_QUARTERS, same_as=NASDAQ_100)
MICRO_SP500_FUTURES = _index(
    362673777, "MES", "5478.50", "Micro E-Mini S&P 500", venues.CHICAGO_QUARTERS, same_as=SP500
)
TWO_YEAR_NOTE = _index(17340717, "ZT", "102.09375", "2 Year US Treasury Note", venues.CBOT_TWO_YEARS)
FIVE_YEAR_NOTE = _index(17340715, "ZF", "106.5078125", "5 Year US Treasury Note", venues.CBOT_FIVE_YEARS)
TEN_YEAR_NOTE = _index(17340718, "ZN", "109.890625", "10 Year US Treasury Note", venues.CBOT_TEN_YEARS)
JAPANESE_YEN = _index(39453424, "JPY", "0.0063595", "Japanese Yen", venues.CHICAGO_YEN)
CRUDE_OIL = _index(17340719, "CL", "78.26", "Light Sweet Crude Oil", venues.NYMEX)
GOLD = _index(17340720, "GC", "2412.6", "Gold", venues.COMEX)
DAX = _index(825711, "DAX", "18310", "DAX 40 Index (Deutsche Aktien Xchange 40)", venues.EUREX, currency="EUR")
HANG_SENG = _index(1328298, "HSI", "17735", "Hang Seng Index", venues.HONG_KONG_FUTURES, currency="HKD")

INDICES = (
    SP500,
    NASDAQ_100,
    VOLATILITY,
    DOW_JONES,
    SP500_FUTURES,
    NASDAQ_FUTURES,
    MICRO_SP500_FUTURES,
    TWO_YEAR_NOTE,
    FIVE_YEAR_NOTE,
    TEN_YEAR_NOTE,
    JAPANESE_YEN,
    CRUDE_OIL,
    GOLD,
    DAX,
    HANG_SENG,
)
