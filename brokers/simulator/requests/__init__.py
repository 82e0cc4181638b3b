"""What clients may ask, topic by topic. To add a request: write it in its topic's module and enter its message id."""

from __future__ import annotations

from brokers.simulator.requests import account, contracts, orders, quotes, session
from brokers.simulator.requests.base import Request

REQUESTS: dict[int, Request] = (
    session.REQUESTS | contracts.REQUESTS | quotes.REQUESTS | orders.REQUESTS | account.REQUESTS
)
