from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ib_insync import IB, Contract, ExecutionFilter, MarketOrder

from brokers.simulator.accounts.account import starting_cash
from brokers.simulator.catalogue.listings import INSTRUMENTS, Instrument
from brokers.simulator.gateway import Gateway
from brokers.simulator.records.ledger import LedgerError
from tests.brokers.simulator.conftest import (
    Errors,
    RawClient,
    Running,
    answered,
    settled,
    soon,
    started,
    stopped,
    until,
)

FIRST, SECOND, THIRD = CODES = ("DU1000001", "DU1000002", "DU1000003")
IBM = 8314


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    one = await started(tmp_path / "ledger.jsonl", accounts=3)
    yield one
    await stopped(one)


async def bought(ib: IB, contract: Contract, quantity: int, account: str) -> float:
    placed = ib.placeOrder(contract, MarketOrder("BUY", quantity, tif="DAY", account=account))
    await settled(ib, placed, "Filled")
    await until(ib, lambda: all(fill.commissionReport.execId for fill in placed.fills))
    await answered(ib)
    return placed.orderStatus.avgFillPrice


def dollars(running: Running, account: str) -> Decimal:
    return running.gateway.accounts_by_code[account].cash["USD"]


async def test_a_login_lists_every_account_behind_it(raw: RawClient, ib: IB) -> None:
    await raw.greet()
    raw.send(71, 2, 2, "")
    assert await raw.receive() == ["15", "1", "DU1000001,DU1000002,DU1000003,"]
    assert ib.managedAccounts() == list(CODES)


async def test_an_order_trades_for_the_account_that_it_names(running: Running, ib: IB, apple: Contract) -> None:
    price = await bought(ib, apple, 10, SECOND)
    [position] = ib.positions()
    assert (position.account, position.position) == (SECOND, 10.0)
    assert dollars(running, SECOND) == starting_cash(2)["USD"] - 10 * Decimal(str(price)) - 1
    assert dollars(running, FIRST) == starting_cash(1)["USD"]
    assert dollars(running, THIRD) == starting_cash(3)["USD"]
    [fill] = ib.fills()
    assert fill.execution.acctNumber == SECOND
    assert [row["account"] for row in running.rows("execution")] == [SECOND]


async def test_the_same_contract_is_a_position_of_each_account(ib: IB, apple: Contract) -> None:
    await bought(ib, apple, 10, FIRST)
    await bought(ib, apple, 20, SECOND)
    assert {(one.account, one.position) for one in ib.positions()} == {(FIRST, 10.0), (SECOND, 20.0)}
    assert [one.position for one in ib.positions(SECOND)] == [20.0]


async def test_executions_are_filtered_by_account(ib: IB, apple: Contract) -> None:
    await bought(ib, apple, 10, FIRST)
    await bought(ib, apple, 20, SECOND)
    fills = await soon(ib.reqExecutionsAsync(ExecutionFilter(acctCode=SECOND)))
    assert [fill.execution.shares for fill in fills] == [20.0]


async def test_the_means_of_one_account_are_not_anothers(running: Running, ib: IB, apple: Contract) -> None:
    running.gateway.accounts_by_code[SECOND].cash["USD"] = Decimal(0)
    refused = ib.placeOrder(apple, MarketOrder("BUY", 1000, tif="DAY", account=SECOND))
    await settled(ib, refused, "Inactive")
    await bought(ib, apple, 1000, FIRST)


async def test_values_are_keyed_by_account(running: Running, ib: IB, apple: Contract) -> None:
    await bought(ib, apple, 100, THIRD)
    cash = {
        value.account: Decimal(value.value)
        for value in ib.accountValues()
        if (value.tag, value.currency) == ("CashBalance", "USD")
    }
    assert cash == {code: dollars(running, code) for code in CODES}
    gross = {value.account: float(value.value) for value in ib.accountValues() if value.tag == "GrossPositionValue"}
    assert (gross[FIRST], gross[SECOND]) == (0.0, 0.0) != (gross[THIRD], gross[SECOND])


async def test_the_summary_of_all_has_every_account(ib: IB) -> None:
    values = await soon(ib.accountSummaryAsync())
    worth = {value.account: float(value.value) for value in values if value.tag == "NetLiquidation"}
    assert list(worth) == list(CODES)
    assert worth[FIRST] > worth[SECOND] > worth[THIRD]


async def test_the_window_shows_one_account_at_a_time(
    running: Running, ib: IB, apple: Contract, errors: Errors
) -> None:
    await bought(ib, apple, 10, FIRST)
    await bought(ib, apple, 20, SECOND)
    await soon(ib.reqAccountUpdatesAsync(FIRST))
    assert errors.codes(-1) == []
    assert [(one.account, one.position) for one in ib.portfolio()] == [(FIRST, 10.0)]
    await soon(ib.reqAccountUpdatesAsync(SECOND))
    assert errors.codes(-1) == [2100]
    assert {(one.account, one.position) for one in ib.portfolio()} == {(FIRST, 10.0), (SECOND, 20.0)}
    shown: list[str] = []
    ib.updatePortfolioEvent += lambda item: shown.append(item.account)
    await bought(ib, apple, 1, FIRST)
    assert shown == []
    await bought(ib, apple, 1, SECOND)
    assert shown == [SECOND]


async def test_asking_for_the_same_account_again_is_no_replacement(raw: RawClient) -> None:
    await raw.start()
    for _ in range(2):
        raw.send(6, 2, 1, SECOND)
        received = await raw.receive_until(lambda fields: fields[0] == "54")
        assert not [fields for fields in received if fields[0] == "4"]
        assert len(received) > 100


@pytest.mark.parametrize(("named", "told"), [(SECOND, [SECOND]), ("", [FIRST, SECOND]), ("All", [FIRST, SECOND])])
async def test_positions_of_several_are_those_of_the_account_that_is_named_or_of_all(
    ib: IB, apple: Contract, raw: RawClient, named: str, told: list[str]
) -> None:
    await bought(ib, apple, 10, FIRST)
    await bought(ib, apple, 20, SECOND)
    await raw.start(2)
    raw.send(74, 1, 3, named, "")
    received = await raw.receive_until(lambda fields: fields[0] == "72")
    assert [fields[3] for fields in received[:-1]] == told
    await bought(ib, apple, 5, FIRST)
    raw.send(49, 1)
    news = (await raw.receive_until(lambda fields: fields[0] == "49"))[:-1]
    assert [fields[3] for fields in news] == ([FIRST] if FIRST in told else [])


@pytest.mark.parametrize(("named", "told"), [(SECOND, {SECOND}), ("", set(CODES)), ("All", set(CODES))])
async def test_updates_of_several_are_those_of_the_account_that_is_named_or_of_all(
    raw: RawClient, named: str, told: set[str]
) -> None:
    await raw.start()
    raw.send(76, 1, 3, named, "", 0)
    received = await raw.receive_until(lambda fields: fields[0] == "74")
    assert {fields[3] for fields in received[:-1]} == told


async def test_profit_and_loss_is_each_accounts_own(ib: IB, apple: Contract) -> None:
    await bought(ib, apple, 10, FIRST)
    first, second = ib.reqPnL(FIRST), ib.reqPnL(SECOND)
    singles = ib.reqPnLSingle(FIRST, "", apple.conId), ib.reqPnLSingle(SECOND, "", apple.conId)
    await answered(ib)
    assert first.unrealizedPnL < 0 == second.unrealizedPnL == second.dailyPnL
    assert [one.position for one in singles] == [10, 0]
    await bought(ib, apple, 10, SECOND)
    assert second.unrealizedPnL < 0
    assert [one.position for one in singles] == [10, 10]


@pytest.mark.parametrize("fields", [(92, 4, "", ""), (94, 4, "", "", IBM)])
async def test_profit_and_loss_needs_an_account_where_there_are_several(
    raw: RawClient, fields: tuple[object, ...]
) -> None:
    await raw.start()
    raw.send(*fields)
    assert (await raw.receive())[:4] == ["4", "2", "4", "321"]


async def test_family_codes_list_every_account(raw: RawClient) -> None:
    await raw.start()
    raw.send(80)
    assert await raw.receive() == ["78", "3", FIRST, "", SECOND, "", THIRD, ""]


async def test_a_restarted_gateway_knows_each_accounts_positions_again(
    running: Running, ib: IB, apple: Contract
) -> None:
    await bought(ib, apple, 10, FIRST)
    await bought(ib, apple, 20, SECOND)
    again = await started(running.ledger, accounts=3)
    for code in CODES:
        before, after = running.gateway.accounts_by_code[code], again.gateway.accounts_by_code[code]
        assert (after.cash, after.positions()) == (before.cash, before.positions())
    await stopped(again)


async def test_a_ledger_with_more_accounts_than_the_login_has_is_refused_by_name(
    running: Running, ib: IB, apple: Contract
) -> None:
    await bought(ib, apple, 10, SECOND)
    gateway = Gateway(account=FIRST, seed=7, ledger=running.ledger, read_only=False)
    with pytest.raises(LedgerError, match="no account DU1000002 is behind this login"):
        gateway.open()


fills = st.lists(
    st.tuples(
        st.sampled_from(CODES),
        st.sampled_from([one for one in INSTRUMENTS if one.is_orderable]),
        st.sampled_from(["BUY", "SELL"]),
        st.integers(1, 500),
    ),
    max_size=12,
)


@given(fills)
@settings(deadline=None, max_examples=40)
def test_what_one_account_does_is_nothing_to_the_others(done: list[tuple[str, Instrument, str, int]]) -> None:
    """Three accounts side by side end as three that each traded alone."""
    together = Gateway(account=FIRST, seed=7, ledger=None, read_only=False, accounts=3)
    alone = {code: Gateway(account=FIRST, seed=7, ledger=None, read_only=False, accounts=3) for code in CODES}
    for code, instrument, side, quantity in done:
        for gateway in (together, alone[code]):
            gateway.desk.elsewhere.fill(con_id=instrument.con_id, side=side, quantity=Decimal(quantity), account=code)
    for code in CODES:
        account, expected = together.accounts_by_code[code], alone[code].accounts_by_code[code]
        assert account.cash == expected.cash
        assert account.positions() == expected.positions()
        assert together.valuations[code].worth().equity == alone[code].valuations[code].worth().equity
    _check_totals(together, done)


def _check_totals(gateway: Gateway, done: list[tuple[str, Instrument, str, int]]) -> None:
    held: defaultdict[tuple[str, int], int] = defaultdict(int)
    for code, instrument, side, quantity in done:
        held[code, instrument.con_id] += quantity if side == "BUY" else -quantity
    for code, account in gateway.accounts_by_code.items():
        assert {(code, one.instrument.con_id): one.quantity for one in account.positions()} == {
            key: quantity for key, quantity in held.items() if key[0] == code
        }
