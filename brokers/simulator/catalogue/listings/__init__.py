"""What can be traded here, as IB describes it.

Contract ids, names and exchanges are IB's own where they are known; hours and market rules have the shape of IB's.
Long names are ASCII, since the client libraries read them as escaped text.
"""

from __future__ import annotations

from brokers.simulator.catalogue.listings.indices import INDICES
from brokers.simulator.catalogue.listings.instrument import CURRENCY_PAIR, STOCK, Instrument
from brokers.simulator.catalogue.listings.others import OTHERS
from brokers.simulator.catalogue.listings.pairs import PAIRS
from brokers.simulator.catalogue.listings.rules import MARKET_RULES, MarketRule
from brokers.simulator.catalogue.listings.stocks import STOCKS
from brokers.simulator.catalogue.listings.venues import Venue

# What is always listed, and whose prices always move. Options and futures come and go: the catalogue makes them.
INSTRUMENTS = (*STOCKS, *PAIRS, *INDICES, *OTHERS)

__all__ = ["CURRENCY_PAIR", "INSTRUMENTS", "MARKET_RULES", "STOCK", "Instrument", "MarketRule", "Venue"]
