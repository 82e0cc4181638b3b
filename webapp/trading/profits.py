"""Profit and loss as the broker tells it now. Nothing of it is kept: it moves with every price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from webapp.accounts.models import BrokerAccount
from webapp.bus import questions
from webapp.trading.orders import standing

# Seconds. What isn't subscribed yet needs the broker's first word.
DEADLINE = 4.5


@dataclass(frozen=True, slots=True)
class Profit:
    """In the base currency of its account code, as of `at` (UTC); None is what the broker didn't say."""

    daily: Decimal | None
    unrealized: Decimal | None
    realized: Decimal | None
    at: datetime


# By account code, and con_id or None for the whole account.
Profits = Mapping[tuple[str, int | None], Profit]


def newest(account: BrokerAccount) -> Profits:
    """What the broker has said nothing of is left out. Raises SessionNotReady, and what `questions.ask` raises."""
    standing.require_profits(account)
    answer = questions.ask(account.pk, "profit_and_loss", {}, deadline=DEADLINE)
    return {(said["account_code"], said["con_id"]): _profit(said) for said in answer["profits"]}


def _profit(said: dict[str, Any]) -> Profit:
    daily, unrealized, realized = (
        None if said[name] is None else Decimal(said[name]) for name in ("daily", "unrealized", "realized")
    )
    return Profit(daily, unrealized, realized, datetime.fromisoformat(said["at"]))
