"""What happened to orders."""

from __future__ import annotations

from ib_insync import CommissionReport as IbCommissionReport
from ib_insync import Contract, Execution

from brokers import domain
from brokers.domain import OrderSide
from brokers.interactive_brokers.convert.numbers import perm_id, to_decimal, to_utc

_SIDES = {"BUY": OrderSide.BUY, "BOT": OrderSide.BUY, "SELL": OrderSide.SELL, "SLD": OrderSide.SELL}


def side(word: str) -> OrderSide:
    """BUY or BOT, SELL or SLD. Raises ValueError on any other word: a guessed direction is worse than none."""
    try:
        return _SIDES[word.upper()]
    except KeyError:
        raise ValueError(f"IB named a side that is neither a purchase nor a sale: {word!r}") from None


def execution(execution: Execution, contract: Contract) -> domain.ExecutionReport:
    """Raises ValueError when the side, the size or the price is missing."""
    shares, paid = to_decimal(execution.shares), to_decimal(execution.price)
    if shares is None or paid is None:
        raise ValueError(f"execution {execution.execId} came without its size or its price")
    return domain.ExecutionReport(
        exec_id=execution.execId,
        order_ref=execution.orderRef,
        perm_id=perm_id(execution.permId),
        account_code=execution.acctNumber,
        con_id=contract.conId,
        side=side(execution.side),
        quantity=abs(shares),
        price=paid,
        exchange=execution.exchange,
        at=to_utc(execution.time),
    )


def commission(report: IbCommissionReport) -> domain.CommissionReport | None:
    """None when IB left the commission itself unset: unknown is not zero."""
    cost = to_decimal(report.commission)
    if cost is None:
        return None
    return domain.CommissionReport(
        exec_id=report.execId,
        commission=cost,
        currency=report.currency,
        realized_pnl=to_decimal(report.realizedPNL),
    )
