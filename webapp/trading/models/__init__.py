"""What is traded, what was ordered and what came of it.

Prices, sizes and money are `numeric` columns wide enough for IB's 5e-08 steps; None means that the broker never said.
"""

from webapp.trading.models.amounts import AmountField
from webapp.trading.models.display import DisplaySettings, Palette
from webapp.trading.models.fills import EarlyCommission, Execution
from webapp.trading.models.holdings import AccountValue, Position
from webapp.trading.models.instruments import Instrument, Watchlist, WatchlistItem
from webapp.trading.models.orders import BrokerOrder, Order, OrderCommand
from webapp.trading.models.protection import KillSwitch, RiskLimits

__all__ = [
    "AccountValue",
    "AmountField",
    "BrokerOrder",
    "DisplaySettings",
    "EarlyCommission",
    "Execution",
    "Instrument",
    "KillSwitch",
    "Order",
    "OrderCommand",
    "Palette",
    "Position",
    "RiskLimits",
    "Watchlist",
    "WatchlistItem",
]
