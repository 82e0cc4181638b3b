from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from ib_insync import IB, ComboLeg, Contract, MarketOrder, Option
from ib_insync.wrapper import RequestError

from brokers.simulator.catalogue.hours import Calendar
from tests.brokers.simulator.conftest import Running, settled, soon, started, stopped

BEFORE, AFTER = datetime(2026, 11, 23, 18, tzinfo=UTC), datetime(2026, 11, 30, 18, tzinfo=UTC)


def call(strike: int) -> Option:
    return Option("SPY", "20261127", strike, "C", "SMART", currency="USD")


async def on(moment: datetime, ledger: Path) -> Running:
    return await started(ledger, calendar=Calendar(lambda: moment))


async def spread(ib: IB) -> Contract:
    low, high = await soon(ib.qualifyContractsAsync(call(545), call(550)))
    legs = [ComboLeg(one.conId, 1, action, "SMART") for one, action in ((low, "BUY"), (high, "SELL"))]
    return Contract(secType="BAG", symbol="SPY", exchange="SMART", currency="USD", comboLegs=legs)


async def test_a_gateway_starts_again_after_what_it_traded_has_expired(tmp_path: Path) -> None:
    first = await on(BEFORE, tmp_path / "ledger.jsonl")
    ib = await first.connect()
    await settled(ib, ib.placeOrder(call(545), MarketOrder("BUY", 1, tif="DAY")), "Filled")
    await settled(ib, ib.placeOrder(await spread(ib), MarketOrder("BUY", 1, tif="DAY")), "Filled")
    await stopped(first)
    again = await on(AFTER, first.ledger)
    held = {one.instrument.strike: one.quantity for one in again.gateway.account.positions()}
    assert held == {Decimal(545): 2, Decimal(550): -1}
    await stopped(again)


async def test_what_has_expired_takes_no_order(tmp_path: Path) -> None:
    first = await on(BEFORE, tmp_path / "ledger.jsonl")
    [bought] = await soon((await first.connect()).qualifyContractsAsync(call(545)))
    await stopped(first)
    again = await on(AFTER, tmp_path / "another.jsonl")
    ib = await again.connect()
    for contract in (bought, call(545)):
        trade = ib.placeOrder(contract, MarketOrder("BUY", 1, tif="DAY"))
        await settled(ib, trade, "Cancelled")
        assert [entry.errorCode for entry in trade.log if entry.errorCode] == [200]
    with pytest.raises(RequestError, match="200"):
        await soon(ib.reqContractDetailsAsync(Contract(conId=bought.conId)))
    await stopped(again)
