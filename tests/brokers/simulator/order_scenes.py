"""What tests of orders need of time and of the market: a clock that stands, and prices known in advance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from ib_insync import Contract, Order

from brokers.simulator.market.quote import Quote
from tests.brokers.simulator.conftest import Running

# Further than any test walks.
MOST_STEPS = 4000


class Clock:
    """A time that moves when a test says so."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def pass_to(self, at: datetime) -> None:
        assert at > self.at
        self.at = at

    def advance(self, **times: float) -> None:
        self.at += timedelta(**times)


def order(order_type: str, side: str = "BUY", quantity: float = 10, **terms: Any) -> Order:
    return Order(**{"action": side, "totalQuantity": quantity, "orderType": order_type, "tif": "GTC", **terms})


def quote(running: Running, con_id: int, steps: int = 0) -> Quote:
    """The market now, or so many steps ahead: it repeats with its seed."""
    market = running.gateway.market
    return market.walk(con_id).quote(market.steps + steps)


def steps_until(running: Running, con_id: int, holds: Callable[[Quote], bool]) -> int:
    """In how many steps the market first looks like this."""
    return next(steps for steps in range(1, MOST_STEPS) if holds(quote(running, con_id, steps)))


def step(running: Running, count: int = 1) -> None:
    for _ in range(count):
        running.gateway.market.step()


def bid_of(running: Running, contract: Contract) -> float:
    return float(running.gateway.market.quote(contract.conId).bid)


def ask_of(running: Running, contract: Contract) -> float:
    return float(running.gateway.market.quote(contract.conId).ask)
