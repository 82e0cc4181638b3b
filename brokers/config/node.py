"""One account's session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from brokers.config.clients import (
    ClientConfig,
    InteractiveBrokersDataClientConfig,
    InteractiveBrokersExecClientConfig,
)
from brokers.config.gateway import InteractiveBrokersGatewayConfig
from brokers.config.login import read_login
from brokers.config.numbers import require_counts, require_seconds
from brokers.config.reading import put, put_read, read_config
from brokers.config.settling import settle
from brokers.domain import TradingMode
from brokers.gateways.relay.words import Admission
from brokers.refusals import ConfigRefused

if TYPE_CHECKING:
    from brokers.config.types import Read

Client = TypeVar("Client", bound=ClientConfig)
Dict: TypeAlias = Mapping[str, Any]

# The default of `Read` settings: taken when nothing is given anywhere, and settled from the other settings.
_SETTLED: Any = None


@dataclass(frozen=True, slots=True)
class TradingNodeConfig:
    """One account's session.

    `client_id` stays the same for the life of an account: orders can be changed only by the client id that placed them.
    `account_code`, when given, must be among the accounts behind the login, or `connect` fails; otherwise the variable
    named by `account` says which it is; any will do when TWS_ACCOUNT isn't set, or `account` is empty.
    `gateway_time_zone` is an IANA name, for the gateway's times that carry no zone. A gateway that is silent for
    `heartbeat` seconds is asked for the time, and counts as lost when it says nothing at all for another
    `heartbeat_deadline`. So does one that stays without IB (1100) for `broker_lost_deadline`, and one of whose messages
    `unreadable_limit` could not be read.

    A start waits up to `start_deadline` for what passes by itself: a client id that another connection still holds
    (326), and what IB left unanswered in the first resync. What failed is tried again after `reconnect_pause`, and less
    often each time, up to `longest_reconnect_pause`.

    By default the gateway is at 127.0.0.1:4002 (4001 when `trading_mode` is live), the client id is 1, and there is one
    data client and one execution client; `{}` means that there is none. Clients are configs or dicts, by name: "IB".
    With a `gateway` to start, its address is its own, and known once it runs: until then the host is empty.
    With an `admission`, host and port are those of the gateway's relay, which wants to hear it first.

    Raises ConfigRefused for what nobody could mean, with the nearest right name.
    """

    host: Read[str | None, str] = _SETTLED
    port: Read[int | None, int] = _SETTLED
    client_id: Read[int | None, int] = _SETTLED
    account_code: str | None = None
    gateway_time_zone: str = "UTC"
    connect_deadline: float = 15.0
    request_deadline: float = 10.0
    heartbeat: float = 5.0
    heartbeat_deadline: float = 5.0
    broker_lost_deadline: float = 600.0
    unreadable_limit: int = 5
    start_deadline: float = 120.0
    reconnect_pause: float = 1.0
    longest_reconnect_pause: float = 60.0
    data_clients: Read[
        Mapping[str, InteractiveBrokersDataClientConfig | Dict] | None, Mapping[str, InteractiveBrokersDataClientConfig]
    ] = _SETTLED
    exec_clients: Read[
        Mapping[str, InteractiveBrokersExecClientConfig | Dict] | None, Mapping[str, InteractiveBrokersExecClientConfig]
    ] = _SETTLED
    username: Read[str | None, str] = _SETTLED
    password: Read[str | None, str] = field(default=_SETTLED, repr=False)
    account: Read[str | None, str] = _SETTLED
    trading_mode: Read[TradingMode | str | None, TradingMode] = _SETTLED
    gateway: Read[InteractiveBrokersGatewayConfig | Dict | None, InteractiveBrokersGatewayConfig | None] = _SETTLED
    admission: Admission | None = None
    named_clients: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        named = {"data": self.data_clients, "exec": self.exec_clients}
        put(self, "named_clients", frozenset(kind for kind, given in named.items() if given))
        read_login(self, "the node's")
        require_seconds(self, "connect_deadline", "request_deadline", "broker_lost_deadline")
        require_seconds(self, "heartbeat", "heartbeat_deadline")
        require_seconds(self, "start_deadline", "reconnect_pause", "longest_reconnect_pause", or_none_at_all=True)
        require_counts(self, "unreadable_limit", least=1)
        put_read(self, "gateway", InteractiveBrokersGatewayConfig)
        if self.admission is not None and self.gateway is not None:
            raise ConfigRefused("A gateway that the node starts has no relay: take out its admission, or the gateway.")
        put(self, "data_clients", _clients(InteractiveBrokersDataClientConfig, self.data_clients, "data_clients"))
        put(self, "exec_clients", _clients(InteractiveBrokersExecClientConfig, self.exec_clients, "exec_clients"))
        settle(self)


def _clients(kind: type[Client], given: object, where: str) -> Mapping[str, Client]:
    if given is None:
        return {"IB": kind()}
    if not isinstance(given, Mapping):
        raise ConfigRefused(f"{where} is a dict of configs by name, as in {{'IB': ...}}.")
    return {name: read_config(kind, config, where=f"{where}[{name!r}]") for name, config in given.items()}
