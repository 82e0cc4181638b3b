from __future__ import annotations

import math

import pytest
from ib_insync import IB, Contract

from brokers.simulator.wire import UNSET_DOUBLE
from tests.brokers.simulator.conftest import RawClient, Running, answered
from tests.brokers.simulator.trading import bought, sold

ACCOUNT = "DU1000001"
VODAFONE = 29612256
IBM = 8314


async def test_profit_and_loss_is_told_for_the_account_and_for_a_position(ib: IB, apple: Contract) -> None:
    await bought(ib, apple, 10)
    account, single = ib.reqPnL(ACCOUNT), ib.reqPnLSingle(ACCOUNT, "", 265598)
    await answered(ib)
    assert single.position == 10
    assert single.dailyPnL == single.unrealizedPnL == account.unrealizedPnL == account.dailyPnL < 0
    assert (single.realizedPnL, account.realizedPnL) == (0, 0)
    assert single.value > 0
    realized = await sold(ib, apple, 4)
    await answered(ib)
    assert single.realizedPnL == account.realizedPnL == pytest.approx(realized, abs=0.01)
    assert single.dailyPnL == pytest.approx(single.unrealizedPnL + single.realizedPnL, abs=0.01)


async def test_profit_and_loss_comes_at_once_and_then_when_it_changes(running: Running, raw: RawClient, ib: IB) -> None:
    await bought(ib, Contract(conId=IBM), 5)
    await raw.start(2)
    raw.send(92, 4, ACCOUNT, "")
    assert (await raw.receive())[:2] == ["94", "4"]
    running.gateway.accounts.refresh()
    raw.send(49, 1)
    assert (await raw.receive())[0] == "49"
    mark = running.gateway.market.quote(IBM).mark
    while running.gateway.market.quote(IBM).mark == mark:
        running.gateway.market.step()
    running.gateway.accounts.refresh_profits()
    assert (await raw.receive())[:2] == ["94", "4"]
    raw.send(93, 4)
    raw.send(49, 1)
    assert (await raw.receive())[0] == "49"
    assert not next(session for session in running.gateway.sessions if session.client_id == 2).accounts.profits


async def test_what_is_not_known_of_a_profit_is_ibs_largest_number(running: Running, raw: RawClient, ib: IB) -> None:
    await raw.start(2)
    raw.send(94, 5, ACCOUNT, "", IBM)
    assert await raw.receive() == ["95", "5", "0", *[UNSET_DOUBLE] * 4]
    await bought(ib, Contract(conId=IBM), 5)
    told = await raw.receive()
    assert told[:3] == ["95", "5", "5"]
    assert told[5] == "0.00"
    assert UNSET_DOUBLE not in told


async def test_the_library_reads_an_unknown_profit_as_the_largest_float(ib: IB) -> None:
    single = ib.reqPnLSingle(ACCOUNT, "", IBM)
    await answered(ib)
    assert single.unrealizedPnL == single.realizedPnL == math.nextafter(math.inf, 0)


async def test_a_position_abroad_has_its_profit_in_its_own_currency_and_the_account_in_dollars(
    running: Running, ib: IB
) -> None:
    await bought(ib, Contract(conId=14204, exchange="SMART"), 100)
    account, single = ib.reqPnL(ACCOUNT), ib.reqPnLSingle(ACCOUNT, "", 14204)
    await answered(ib)
    rate = float(running.gateway.valuation.rate("EUR"))
    assert account.unrealizedPnL == pytest.approx(single.unrealizedPnL * rate, abs=0.01)
    assert single.value == pytest.approx(float(running.gateway.market.quote(14204).mark) * 100)
