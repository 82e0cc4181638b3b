"""Messages about executions and what they cost."""

from __future__ import annotations

from decimal import Decimal

from brokers.simulator.messages.orders import Clock, traded_contract
from brokers.simulator.orders.order import Commission, Execution
from brokers.simulator.wire import UNSET_DOUBLE, Value


def execution_data(request_id: int, execution: Execution, clock: Clock) -> list[Value]:
    """`request_id` is -1 for one that happens now, else that of the request that asked for it."""
    order = execution.order
    return [
        11,
        request_id,
        order.order_id,
        *traded_contract(execution.instrument, exchange=execution.leg.exchange if execution.leg else order.exchange),
        execution.exec_id,
        clock(execution.at),
        order.account,
        execution.exchange,
        "BOT" if execution.sign > 0 else "SLD",
        execution.quantity,
        execution.price,
        order.perm_id,
        order.client_id,
        0,  # liquidation
        execution.cumulative,
        round(execution.average_price, 8),
        order.order_ref,
        "",  # economic value rule
        "",  # economic value multiplier
        "",  # model
        2,  # liquidity: removed
    ]


def execution_data_end(request_id: int) -> list[Value]:
    return [55, 1, request_id]


def commission_report(commission: Commission) -> list[Value]:
    realized: Value = UNSET_DOUBLE if commission.realized_pnl is None else _cents(commission.realized_pnl)
    return [59, 1, commission.exec_id, commission.amount, commission.currency, realized, UNSET_DOUBLE, ""]


def _cents(amount: Decimal) -> Decimal:
    return round(amount, 6)
