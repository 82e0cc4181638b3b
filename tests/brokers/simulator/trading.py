"""Orders that are done before a test goes on."""

from __future__ import annotations

from ib_insync import IB, Contract, MarketOrder

from tests.brokers.simulator.conftest import settled, until


async def bought(ib: IB, contract: Contract, quantity: int) -> float:
    """Buys at the market; the average price."""
    placed = ib.placeOrder(contract, MarketOrder("BUY", quantity, tif="DAY"))
    await settled(ib, placed, "Filled")
    await until(ib, lambda: all(fill.commissionReport.execId for fill in placed.fills))
    return placed.orderStatus.avgFillPrice


async def sold(ib: IB, contract: Contract, quantity: int) -> float:
    """Sells at the market; the profit that it realized."""
    placed = ib.placeOrder(contract, MarketOrder("SELL", quantity, tif="DAY"))
    await settled(ib, placed, "Filled")
    await until(ib, lambda: all(fill.commissionReport.execId for fill in placed.fills))
    return sum(fill.commissionReport.realizedPNL for fill in placed.fills)
