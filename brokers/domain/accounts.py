"""What an account holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Position:
    """`quantity` is negative when short, and zero once closed. `average_cost` is None where IB doesn't say it."""

    account_code: str
    con_id: int
    quantity: Decimal
    average_cost: Decimal | None


@dataclass(frozen=True, slots=True)
class AccountValue:
    """One figure of IB's account summary. Its key is (account_code, tag, currency); BASE is a currency of its own."""

    account_code: str
    tag: str
    currency: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class ProfitAndLoss:
    """Of one account, in its base currency, as of `at`; of one instrument in it when `con_id` is given.

    https://interactivebrokers.github.io/tws-api/pnl.html
    """

    account_code: str
    at: datetime
    daily: Decimal | None
    unrealized: Decimal | None
    realized: Decimal | None
    con_id: int | None = None
    position: Decimal | None = None
    value: Decimal | None = None
