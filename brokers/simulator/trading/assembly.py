"""Puts together all that takes an order from its client to the market and back."""

from __future__ import annotations

from collections.abc import Mapping

from brokers.simulator.accounts.booking import Books
from brokers.simulator.accounts.valuation import Valuation
from brokers.simulator.catalogue.catalogue import Catalogue
from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.market.market import Market
from brokers.simulator.orders.book import OrderBook
from brokers.simulator.records.identity import Identity
from brokers.simulator.records.ledger import Ledger
from brokers.simulator.trading.desk import Desk
from brokers.simulator.trading.elsewhere import Elsewhere
from brokers.simulator.trading.floor import Floor
from brokers.simulator.trading.journal import Journal, OrderListener
from brokers.simulator.trading.marketplace import Marketplace
from brokers.simulator.trading.reader import OrderReader


def trading_desk(
    *,
    catalogue: Catalogue,
    market: Market,
    calendar: Calendar,
    valuations: Mapping[str, Valuation],
    orders: OrderBook,
    books: Books,
    ledger: Ledger,
    identity: Identity,
    listener: OrderListener,
    read_only: bool,
) -> Desk:
    journal = Journal(
        calendar=calendar, orders=orders, books=books, ledger=ledger, identity=identity, listener=listener
    )
    marketplace = Marketplace(market, catalogue)
    floor = Floor(market=market, marketplace=marketplace, calendar=calendar, orders=orders, journal=journal)
    elsewhere = Elsewhere(
        catalogue=catalogue,
        market=market,
        valuations=valuations,
        orders=orders,
        floor=floor,
        journal=journal,
        ledger=ledger,
        identity=identity,
        listener=listener,
    )
    reader = OrderReader(catalogue=catalogue, marketplace=marketplace, calendar=calendar, accounts=valuations)
    return Desk(
        reader=reader,
        marketplace=marketplace,
        calendar=calendar,
        valuations=valuations,
        orders=orders,
        floor=floor,
        journal=journal,
        elsewhere=elsewhere,
        ledger=ledger,
        identity=identity,
        listener=listener,
        read_only=read_only,
    )
