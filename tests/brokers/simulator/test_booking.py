from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from brokers.simulator.accounts.account import Position
from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.gateway import Gateway

APPLE, DOLLAR_YEN, SAP = 265598, 15016059, 14204


class Floor:
    """A gateway whose time stands still, and orders that are executed whole at once."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 23, 15, tzinfo=UTC)
        calendar = Calendar(now=lambda: self.time, always_open=True)
        self.gateway = Gateway(account="DU1", seed=7, ledger=None, read_only=False, calendar=calendar)

    def trade(self, con_id: int, side: str, quantity: int, *, price: str | None = None) -> tuple[Decimal, str]:
        """What it cost, and in which currency."""
        at = None if price is None else Decimal(price)
        before = set(self.gateway.orders.commissions)
        self.gateway.desk.elsewhere.fill(con_id=con_id, side=side, quantity=Decimal(quantity), price=at)
        [exec_id] = set(self.gateway.orders.commissions) - before
        commission = self.gateway.orders.commissions[exec_id]
        return commission.amount, commission.currency

    @property
    def apple(self) -> Position:
        return next(one for one in self.gateway.account.positions() if one.instrument.con_id == APPLE)


@pytest.fixture
def floor() -> Floor:
    return Floor()


def test_a_pairs_commission_is_a_share_of_its_value_in_dollars(floor: Floor) -> None:
    amount, currency = floor.trade(DOLLAR_YEN, "BUY", 1_000_000)
    assert currency == "USD"
    assert amount == pytest.approx(Decimal(20), rel=Decimal("0.01"))


def test_a_stock_abroad_is_charged_in_its_own_currency(floor: Floor) -> None:
    assert floor.trade(SAP, "BUY", 1000, price="190") == (Decimal(95), "EUR")


def test_an_execution_belongs_to_the_day_of_its_time(floor: Floor) -> None:
    floor.trade(APPLE, "BUY", 10, price="100")
    floor.time += timedelta(days=1)
    floor.trade(APPLE, "SELL", 4, price="110")
    assert (floor.apple.quantity, floor.apple.overnight) == (6, 10)
    assert floor.apple.realized_pnl == Decimal("38.6")
    assert floor.apple.spent == -439


def test_a_corrected_execution_moves_cash_and_what_it_realized(floor: Floor) -> None:
    began = floor.gateway.account.cash["USD"]
    floor.trade(APPLE, "BUY", 10, price="100")
    [execution] = floor.gateway.orders.executions
    floor.gateway.desk.correct(execution.exec_id, price=Decimal(101))
    assert floor.gateway.account.cash["USD"] == began - 1011
    assert floor.apple.average_cost == Decimal("101.1")
    floor.trade(APPLE, "SELL", 10, price="110")
    sale = next(one for one in floor.gateway.orders.executions if one.change < 0)
    floor.gateway.desk.correct(sale.exec_id, price=Decimal(105))
    assert floor.gateway.account.cash["USD"] == began - 1011 + 1049
    assert floor.apple.realized_pnl == 38
