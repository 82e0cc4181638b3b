"""What the accounts hold."""

from __future__ import annotations

from datetime import datetime

from ib_insync import Contract

from brokers import domain
from brokers.interactive_brokers.convert.instruments import con_id
from brokers.interactive_brokers.convert.numbers import to_decimal

# What IB says of a profit: daily, unrealized, realized; and of one position also its size and value.
SaidProfit = tuple[float, float, float, float | None, float | None]


def position(account_code: str, contract: Contract, size: float, average_cost: float) -> domain.Position:
    """Raises ValueError when the size is missing."""
    held = to_decimal(size)
    if held is None:
        raise ValueError(f"the position in {contract.localSymbol or contract.symbol} came without its size")
    return domain.Position(
        account_code=account_code,
        con_id=con_id(contract),
        quantity=held,
        average_cost=to_decimal(average_cost),
    )


def account_value(account_code: str, tag: str, value: str, currency: str) -> domain.AccountValue | None:
    """None for a figure that is no number, such as the account's type."""
    number = to_decimal(value)
    if number is None:
        return None
    return domain.AccountValue(account_code=account_code, tag=tag, currency=currency, value=number)


def profit_and_loss(
    said: SaidProfit, *, account_code: str, con_id: int | None, received_at: datetime
) -> domain.ProfitAndLoss:
    daily, unrealized, realized, held, worth = (to_decimal(figure) for figure in said)
    return domain.ProfitAndLoss(
        account_code=account_code,
        at=received_at,
        daily=daily,
        unrealized=unrealized,
        realized=realized,
        con_id=con_id,
        position=held,
        value=worth,
    )
