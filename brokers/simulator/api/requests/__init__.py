"""What clients may ask, topic by topic. To add a request: write it in its topic's module and enter its message id."""

from __future__ import annotations

from brokers.simulator.api.requests import (
    account,
    bars,
    contracts,
    depth,
    history,
    orders,
    quotes,
    session,
    ticks,
)
from brokers.simulator.api.requests.base import Request

REQUESTS: dict[int, Request] = (
    session.REQUESTS
    | contracts.REQUESTS
    | quotes.REQUESTS
    | depth.REQUESTS
    | bars.REQUESTS
    | history.REQUESTS
    | ticks.REQUESTS
    | orders.REQUESTS
    | account.REQUESTS
)
