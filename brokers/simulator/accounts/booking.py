"""One execution's way into the books: the order, its account and the list of executions. Live and at replay alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from brokers.simulator.accounts.account import Account, trading_day
from brokers.simulator.accounts.amounts import ZERO, unit_value
from brokers.simulator.accounts.marks import Marks
from brokers.simulator.accounts.tariffs import commission_currency, tariff
from brokers.simulator.orders.book import OrderBook, execution_key
from brokers.simulator.orders.order import Commission, Execution, LegFill, Order

_CENT = Decimal("0.01")


class Books:
    """`accounts` has every account behind the login, by its code: an order's executions go to the order's own."""

    def __init__(self, *, orders: OrderBook, accounts: Mapping[str, Account], marks: Marks) -> None:
        self._orders = orders
        self._accounts = accounts
        self._marks = marks

    def fill(
        self, order: Order, *, exec_id: str, quantity: Decimal, price: Decimal, exchange: str, at: datetime
    ) -> Execution:
        order.fill(quantity=quantity, price=price, at=at)
        execution = Execution(exec_id, order, quantity, price, exchange, at, order.filled, order.average_price)
        self._orders.record(execution)
        self._orders.track(order)
        return execution

    def fill_leg(self, order: Order, fill: LegFill, *, exec_id: str, at: datetime) -> Execution:
        """A leg's part in an execution of its combination, which is booked first."""
        before = [one for one in self._orders.executions_of(order) if one.leg is fill.leg]
        quantity = sum((one.quantity for one in before), fill.quantity)
        value = sum((one.quantity * one.price for one in before), fill.quantity * fill.price)
        execution = Execution(
            exec_id, order, fill.quantity, fill.price, fill.leg.exchange, at, quantity, value / quantity, fill.leg
        )
        self._orders.record(execution)
        return execution

    def charge(self, execution: Execution, amount: Decimal | None = None) -> Commission:
        """Books the money, and what the execution cost: `amount`, or what the tariff says."""
        instrument = execution.instrument
        if amount is None:
            amount = self._commission_due(execution)
        account = self._account(execution.order)
        account.begin_day(trading_day(execution.at))
        key = execution_key(execution.exec_id)
        realized = account.book(instrument, change=execution.change, price=execution.price, commission=amount, key=key)
        commission = Commission(execution.exec_id, amount, commission_currency(instrument), realized)
        self._orders.commissions[execution.exec_id] = commission
        return commission

    def correct(
        self, execution: Execution, *, exec_id: str, price: Decimal, at: datetime
    ) -> tuple[Execution, Commission]:
        """Books an execution anew at another price. What it cost stays; what it realized may not."""
        order, was = execution.order, self._orders.commissions.pop(execution.exec_id)
        average = execution.average_price + (price - execution.price) * execution.quantity / execution.cumulative
        corrected = replace(execution, exec_id=exec_id, price=price, at=at, average_price=average)
        self._orders.record(corrected)
        if execution.leg is None:
            order.correct(quantity=execution.quantity, before=execution.price, after=price)
        account = self._account(order)
        account.begin_day(trading_day(at))
        realized = account.correct(execution.instrument, key=execution_key(execution.exec_id), price=price)
        commission = replace(was, exec_id=exec_id, realized_pnl=realized)
        self._orders.commissions[exec_id] = commission
        return corrected, commission

    def _account(self, order: Order) -> Account:
        """Raises ValueError when there is none: an earlier run had more accounts behind its login."""
        if order.account not in self._accounts:
            raise ValueError(f"no account {order.account} is behind this login")
        return self._accounts[order.account]

    def _commission_due(self, execution: Execution) -> Decimal:
        """What an order's newest execution costs: the tariff on all of them so far, less what they paid already.

        The minimum is an order's, not an execution's: further executions of an order are free until it is used up. The
        legs of a combination are charged each for itself.
        """
        alike = [one for one in self._orders.executions_of(execution.order) if one.leg is execution.leg]
        paid = sum((self._paid(one) for one in alike), ZERO)
        quantity = sum((one.quantity for one in alike), ZERO)
        worth = sum((self._worth(one) for one in alike), ZERO)
        return max(tariff(execution.instrument).commission(quantity, worth) - paid, ZERO).quantize(_CENT, ROUND_HALF_UP)

    def _paid(self, execution: Execution) -> Decimal:
        commission = self._orders.commissions.get(execution.exec_id)
        return ZERO if commission is None else commission.amount

    def _worth(self, execution: Execution) -> Decimal:
        """What was traded, in the currency that its commission is charged in."""
        instrument = execution.instrument
        value = execution.quantity * unit_value(instrument, execution.price)
        if commission_currency(instrument) == instrument.currency:
            return value
        return value * self._marks.rate(instrument.currency)
