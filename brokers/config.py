"""What a node is told before it starts. Times are in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from brokers.domain import MarketDataType


@dataclass(frozen=True, slots=True)
class InstrumentProviderConfig:
    """`load_ids`: the `con_id`s to describe as soon as the node is connected."""

    load_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class InteractiveBrokersDataClientConfig:
    """`market_data_type` is what is asked for; each quote says what came.

    `market_data_lines` is what the login is entitled to (IB's default is 100): one more is refused here, before IB.
    """

    instrument_provider: InstrumentProviderConfig = field(default_factory=InstrumentProviderConfig)
    market_data_type: MarketDataType = MarketDataType.LIVE
    market_data_lines: int = 100


@dataclass(frozen=True, slots=True)
class InteractiveBrokersExecClientConfig:
    """`first_order_id`: no order gets a lower id.

    A gateway can hand out an order id again after a restart, so the owner passes its high-water mark plus one.
    """

    instrument_provider: InstrumentProviderConfig = field(default_factory=InstrumentProviderConfig)
    first_order_id: int = 1


def _one_data_client() -> Mapping[str, InteractiveBrokersDataClientConfig]:
    return {"IB": InteractiveBrokersDataClientConfig()}


def _one_exec_client() -> Mapping[str, InteractiveBrokersExecClientConfig]:
    return {"IB": InteractiveBrokersExecClientConfig()}


@dataclass(frozen=True, slots=True)
class TradingNodeConfig:
    """One account's session.

    `client_id` stays the same for the life of an account: orders can be changed only by the client id that placed them.
    `account_code`, when given, must be among the accounts behind the login, or `connect` fails. `gateway_time_zone` is
    an IANA name, for the gateway's times that carry no zone. A gateway that is silent for `heartbeat` seconds is asked
    for the time, and counts as lost when it says nothing at all for another `heartbeat_deadline`.
    """

    host: str = "127.0.0.1"
    port: int = 4002
    client_id: int = 1
    account_code: str | None = None
    gateway_time_zone: str = "UTC"
    connect_deadline: float = 15.0
    request_deadline: float = 10.0
    heartbeat: float = 5.0
    heartbeat_deadline: float = 5.0
    data_clients: Mapping[str, InteractiveBrokersDataClientConfig] = field(default_factory=_one_data_client)
    exec_clients: Mapping[str, InteractiveBrokersExecClientConfig] = field(default_factory=_one_exec_client)
