from __future__ import annotations

from uuid import UUID

from ninja import Schema

from brokers.domain import SessionState, TradingMode


class AccountOut(Schema):
    """One broker login. `may_trade` is null while nobody knows. `account_codes` is empty before the first READY."""

    id: UUID
    name: str
    trading_mode: TradingMode
    state: SessionState
    account_codes: list[str]
    may_trade: bool | None
    last_event_number: int


class AccountsOut(Schema):
    items: list[AccountOut]
    next_cursor: str | None


class SecondFactorOut(Schema):
    """What a person is asked for on a phone."""

    attempt: int
    attempts: int
    until: str


class SessionOut(Schema):
    """Where the session stands, since when, why, and what to do.

    `takes_orders` says whether an order could leave now. `alert` is empty while there is none. `worker_lost`: all this
    was said by a worker that has gone silent, and another one takes over; `reason` and `since` tell of that.
    `broker_lost`: the gateway is there, and has no connection to the broker.
    """

    state: SessionState
    desired_state: str
    reason: str
    since: str
    second_factor: SecondFactorOut | None
    alert: str
    account_codes: list[str]
    account_code: str
    may_trade: bool | None
    may_trade_reason: str
    trading_mode: TradingMode
    takes_orders: bool
    worker_lost: bool
    broker_lost: bool
