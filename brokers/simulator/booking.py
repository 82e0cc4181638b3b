"""One execution's way into the books: the order, the account and the list of executions. Live and at replay alike."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from brokers.simulator.account import Account, commission_currency
from brokers.simulator.orders import Commission, Execution, Order, OrderBook
from brokers.simulator.valuation import Valuation


class Books:
    def __init__(self, *, orders: OrderBook, account: Account, valuation: Valuation) -> None:
        self._orders = orders
        self._account = account
        self._valuation = valuation

    def fill(
        self, order: Order, *, exec_id: str, quantity: Decimal, price: Decimal, exchange: str, at: datetime
    ) -> Execution:
        order.fill(quantity=quantity, price=price, at=at)
        execution = Execution(exec_id, order, quantity, price, exchange, at, order.filled, order.average_price)
        self._orders.executions.append(execution)
        self._orders.track(order)
        return execution

    def charge(self, execution: Execution, amount: Decimal | None = None) -> Commission:
        """Books the money, and what the execution cost: `amount`, or what the tariff says."""
        order = execution.order
        if amount is None:
            amount = self._account.commission_due(order, value=self._worth(order))
        order.commission += amount
        realized = self._account.apply(order, quantity=execution.quantity, price=execution.price, commission=amount)
        commission = Commission(execution.exec_id, amount, commission_currency(order.instrument), realized)
        self._orders.commissions[execution.exec_id] = commission
        return commission

    def _worth(self, order: Order) -> Decimal:
        """What the order traded so far, in the currency that its commission is charged in."""
        value = order.filled * order.average_price
        if not order.instrument.is_currency_pair:
            return value
        return self._valuation.in_base(value, order.instrument.currency)
