"""Shares and funds."""

from __future__ import annotations

from decimal import Decimal

from brokers.simulator.catalogue.listings.indices import SP500
from brokers.simulator.catalogue.listings.instrument import STOCK, Following, Instrument
from brokers.simulator.catalogue.listings.pricing import Share
from brokers.simulator.catalogue.listings.venues import FRANKFURT, HONG_KONG, LONDON, NEW_YORK


def _stock(
    con_id: int,
    symbol: str,
    price: str,
    name: str,
    isin: str,
    industry: str,
    category: str,
    *,
    listed: str = "NASDAQ",
    stock_type: str = "COMMON",
    follows: Instrument | None = None,
) -> Instrument:
    """`follows` is the index that a fund holds."""
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
        stock_type="ETF" if listed == "ARCA" else stock_type,
        suggested_size=Decimal(100),
        follows=Following(follows, Share(float(Decimal(price) / follows.start_price))) if follows else None,
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
    suggested_size=Decimal(100),
)

# London quotes its shares in pence: a price of 72.5 is 0.725 pounds.
_VODAFONE = Instrument(
    con_id=29612256,
    symbol="VOD",
    security_type=STOCK,
    currency="GBP",
    local_symbol="VOD",
    trading_class="SET0",
    long_name="VODAFONE GROUP PLC",
    primary_exchange="LSE",
    venue=LONDON,
    start_price=Decimal("72.50"),
    isin="GB00BH4HKS39",
    industry="Communications",
    category="Telecommunications",
    stock_type="COMMON",
    price_magnifier=100,
    suggested_size=Decimal(100),
)

# Hong Kong trades in board lots, each share in one of its own size.
_TENCENT = Instrument(
    con_id=158662091,
    symbol="700",
    security_type=STOCK,
    currency="HKD",
    local_symbol="700",
    trading_class="700",
    long_name="TENCENT HOLDINGS LTD",
    primary_exchange="SEHK",
    venue=HONG_KONG,
    start_price=Decimal("372.4"),
    isin="KYG875721634",
    industry="Communications",
    category="Internet",
    stock_type="COMMON",
    min_size=Decimal(100),
    size_increment=Decimal(100),
    suggested_size=Decimal(100),
)

STOCKS = (
    _stock(265598, "AAPL", "189.95", "APPLE INC", "US0378331005", "Technology", "Computers"),
    _stock(272093, "MSFT", "415.30", "MICROSOFT CORP", "US5949181045", "Technology", "Software"),
    _stock(4391, "AMD", "158.20", "ADVANCED MICRO DEVICES", "US0079031078", "Technology", "Semiconductors"),
    _stock(270639, "INTC", "31.45", "INTEL CORP", "US4581401001", "Technology", "Semiconductors"),
    _stock(4815747, "NVDA", "121.80", "NVIDIA CORP", "US67066G1040", "Technology", "Semiconductors"),
    _stock(76792991, "TSLA", "242.60", "TESLA INC", "US88160R1014", "Consumer, Cyclical", "Auto Manufacturers"),
    _stock(3691937, "AMZN", "184.10", "AMAZON.COM INC", "US0231351067", "Communications", "Internet"),
    _stock(208813719, "GOOGL", "166.75", "ALPHABET INC-CL A", "US02079K3059", "Communications", "Internet"),
    _stock(107113386, "META", "504.20", "META PLATFORMS INC-CLASS A", "US30303M1027", "Communications", "Internet"),
    _stock(
        756733, "SPY", "547.90", "SS SPDR S&P 500 ETF TRUST-US", "US78462F1030", "", "", listed="ARCA", follows=SP500
    ),
    _stock(
        8314, "IBM", "186.40", "INTL BUSINESS MACHINES CORP", "US4592001014", "Technology", "Computers", listed="NYSE"
    ),
    _stock(
        8894, "KO", "63.15", "COCA-COLA CO/THE", "US1912161007", "Consumer, Non-cyclical", "Beverages", listed="NYSE"
    ),
    _stock(1520593, "JPM", "208.55", "JPMORGAN CHASE & CO", "US46625H1005", "Financial", "Banks", listed="NYSE"),
    # Hard to borrow: whoever sells it short waits until shares are found.
    _stock(
        36285627,
        "GME",
        "23.40",
        "GAMESTOP CORP-CLASS A",
        "US36467W1099",
        "Consumer, Cyclical",
        "Retail",
        listed="NYSE",
    ),
    _SAP,
    _VODAFONE,
    _stock(
        137934853,
        "VOD",
        "9.28",
        "VODAFONE GROUP PLC-SP ADR",
        "US92857W3088",
        "Communications",
        "Telecommunications",
        stock_type="ADR",
    ),
    _TENCENT,
)

# Shares with an American listing, which is what options are written on.
BY_SYMBOL = {one.symbol: one for one in STOCKS if one.venue is NEW_YORK}
