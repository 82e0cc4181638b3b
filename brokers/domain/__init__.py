"""The words that cross between the broker and everything else.

Money, prices and sizes are `Decimal`; times are aware and in UTC; what the broker left unset is `None`, never a
sentinel and never zero. Instances are frozen, so a value that was handed over can't change behind its reader.
Standard library alone: the web process imports this package and nothing else of `brokers`.
"""

from __future__ import annotations

from brokers.domain.accounts import AccountValue, Position, ProfitAndLoss
from brokers.domain.instruments import (
    ComboLeg,
    Instrument,
    OptionSeries,
    OrderSide,
    PriceIncrement,
    PriceRule,
    Right,
    SecurityType,
    TradingInterval,
)
from brokers.domain.market_data import (
    Bar,
    BarSize,
    BidAskTick,
    Depth,
    DepthLevel,
    HistoricalTick,
    MarketDataType,
    MidpointTick,
    Quote,
    StreamKind,
    StreamStatus,
    Trade,
    TradeTick,
    WhatToShow,
)
from brokers.domain.naming import name_of
from brokers.domain.order_types import (
    BRIEF,
    DISTANCES,
    LASTING,
    ORDER_TYPE_RULES,
    PRICE_NAMES,
    PRICES_ON_THE_SCALE,
    OrderTypeRules,
)
from brokers.domain.orders import (
    Attempt,
    BracketRequest,
    CommissionReport,
    ExecutionReport,
    OcaType,
    OrderChange,
    OrderPreview,
    OrderRequest,
    OrderStatus,
    OrderType,
    OrderUpdate,
    TimeInForce,
    Unsent,
)
from brokers.domain.sessions import OURS, Notice, SessionState, TradingMode, TradingPermission

__all__ = [
    "BRIEF",
    "DISTANCES",
    "LASTING",
    "ORDER_TYPE_RULES",
    "OURS",
    "PRICES_ON_THE_SCALE",
    "PRICE_NAMES",
    "AccountValue",
    "Attempt",
    "Bar",
    "BarSize",
    "BidAskTick",
    "BracketRequest",
    "ComboLeg",
    "CommissionReport",
    "Depth",
    "DepthLevel",
    "ExecutionReport",
    "HistoricalTick",
    "Instrument",
    "MarketDataType",
    "MidpointTick",
    "Notice",
    "OcaType",
    "OptionSeries",
    "OrderChange",
    "OrderPreview",
    "OrderRequest",
    "OrderSide",
    "OrderStatus",
    "OrderType",
    "OrderTypeRules",
    "OrderUpdate",
    "Position",
    "PriceIncrement",
    "PriceRule",
    "ProfitAndLoss",
    "Quote",
    "Right",
    "SecurityType",
    "SessionState",
    "StreamKind",
    "StreamStatus",
    "TimeInForce",
    "Trade",
    "TradeTick",
    "TradingInterval",
    "TradingMode",
    "TradingPermission",
    "Unsent",
    "WhatToShow",
    "name_of",
]
