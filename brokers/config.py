"""What a node is told before it starts. Times are in seconds.

A node has one connection. What concerns it can be given to the node or to any of its clients, whichever reads best:
the gateway's host and port, the client id, the account, the credentials, the trading mode, the gateway to start. What
is given twice has to be the same, or the config is refused.

Credentials are never in a config: `username`, `password` and `account` are the names of the environment variables that
hold them, TWS_USERNAME, TWS_PASSWORD and TWS_ACCOUNT by default. No message repeats another name than these three.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from brokers import credentials
from brokers.config_numbers import require_counts, require_seconds
from brokers.config_reading import put, read_config, read_ids
from brokers.config_settling import settle
from brokers.domain import MarketDataType, TradingMode
from brokers.filters import Filter, Filters, InstrumentFilter, frozen, read_filter, read_filters, separate
from brokers.gateways.base import GatewayRuntime
from brokers.gateways.relay.words import Admission
from brokers.refusals import ConfigRefused

Client = TypeVar("Client", bound="ClientConfig")
Word = TypeVar("Word", bound=StrEnum)

if TYPE_CHECKING:
    from brokers.config_types import Read

# A default that depends on the other settings: taken when nothing is given anywhere.
_SETTLED: Any = None
# Defaults of `Read` settings, which a type checker would take for the setting itself.
_NOT_GIVEN: Any = None
_EMPTY: Any = ()
_LIVE: Any = MarketDataType.LIVE
Dict: TypeAlias = Mapping[str, Any]
_Mode: TypeAlias = "Read[TradingMode | str | None, TradingMode | None]"
_Provider: TypeAlias = "Read[InstrumentProviderConfig | Dict, InstrumentProviderConfig]"
_Gateway: TypeAlias = "Read[InteractiveBrokersGatewayConfig | Dict | None, InteractiveBrokersGatewayConfig | None]"


@dataclass(frozen=True, slots=True)
class InstrumentProviderConfig:
    """What is loaded as soon as the node is connected.

    `load_ids` are `con_id`s or names such as `EUR/USD.IDEALPRO`. With `load_all`, all that fits `filters` is loaded: a
    dict, its items, or a list of these (see `brokers.filters`). The last four are for every filter that doesn't say
    otherwise: whether the chains on what fits are loaded too, and which expiries of them, in days from today (UTC).

    Raises FilterRefused, and ConfigRefused for `load_all` without a filter: IB can't list all that it has.
    """

    load_all: bool = False
    load_ids: Read[Iterable[int | str] | None, frozenset[int | str]] = _EMPTY
    filters: Read[Filters | None, tuple[Filter, ...]] = _EMPTY
    build_options_chain: bool | None = None
    build_futures_chain: bool | None = None
    min_expiry_days: int | None = None
    max_expiry_days: int | None = None

    def __post_init__(self) -> None:
        put(self, "load_ids", read_ids(self.load_ids))
        put(self, "filters", () if self.filters is None else tuple(frozen(one) for one in separate(self.filters)))
        if self.load_all and not (self.filters or self.load_ids):
            raise ConfigRefused("load_all needs filters that say what to load: Interactive Brokers can't list it all.")
        read_filters(self.filters)

    @classmethod
    def merged(cls, configs: Iterable[InstrumentProviderConfig]) -> InstrumentProviderConfig:
        """All that any of them wants, each thing once: a node has one provider."""
        several = list(configs)
        loading = [config for config in several if config.load_all]
        filters = dict.fromkeys(one for config in loading or several for one in config.instrument_filters)
        return cls(
            load_all=bool(loading),
            load_ids=frozenset().union(*(config.load_ids for config in several)),
            filters=tuple(filters),
        )

    @property
    def instrument_filters(self) -> tuple[InstrumentFilter, ...]:
        """The filters as they were read, each with this config's wishes for chains."""
        wishes = {
            "build_options_chain": self.build_options_chain,
            "build_futures_chain": self.build_futures_chain,
            "min_expiry_days": self.min_expiry_days,
            "max_expiry_days": self.max_expiry_days,
        }
        given = {name: wish for name, wish in wishes.items() if wish is not None}
        return tuple(read_filter(one, otherwise=given) for one in separate(self.filters))


_PROVIDER: Any = InstrumentProviderConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractiveBrokersGatewayConfig:
    """A gateway that is started for the node and stopped with it.

    `runtime` is where it runs: `simulator` (a process of this machine), or any GatewayRuntime. `name` is how it's found
    again, and is its own in `folder`, where a simulator keeps what it knows of its account; without a folder it
    forgets. `login_deadline` covers a prompt for a second factor, which lasts 180 s.
    """

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    trading_mode: _Mode = _NOT_GIVEN
    read_only_api: bool = False
    runtime: str | GatewayRuntime = "simulator"
    name: str = "gateway"
    folder: Read[Path | str | None, Path | None] = _NOT_GIVEN
    login_deadline: float = 300.0

    def __post_init__(self) -> None:
        _check_login(self, "the gateway's")
        put(self, "folder", Path(self.folder) if self.folder is not None else None)
        require_seconds(self, "login_deadline")
        if isinstance(self.runtime, str) and self.runtime != "simulator":
            raise ConfigRefused(
                f"The gateway's runtime can't be {self.runtime!r}; it is 'simulator' or a GatewayRuntime. A gateway "
                "that somebody else runs needs none: give its host and port."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientConfig:
    """What each client's config has. `account_id` is an account's code itself, `account` the variable that holds it.

    In a dict, `host`, `port`, `ibg_host`, `ibg_port`, `ibg_client_id` and `account_code` are understood too.
    """

    instrument_provider: _Provider = field(default_factory=_PROVIDER)
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    account: str | None = None
    account_id: str | None = None
    trading_mode: _Mode = _NOT_GIVEN
    gateway_host: str | None = None
    gateway_port: int | None = None
    client_id: int | None = None
    gateway: _Gateway = _NOT_GIVEN

    def __post_init__(self) -> None:
        _check_login(self, "the client's")
        _put_read(self, "instrument_provider", InstrumentProviderConfig)
        _put_read(self, "gateway", InteractiveBrokersGatewayConfig)


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractiveBrokersDataClientConfig(ClientConfig):
    """`market_data_type` is what is asked for; each quote says what came.

    `market_data_lines` is what the login is entitled to (IB's default is 100): one more is refused here, before IB.
    Each stream of quotes, of bars and of trades tick by tick takes one. `depth_streams` and `tick_by_tick_streams` are
    how many of those IB serves at a time, and `depth_rows` how many rows of a book are asked for on each side.

    `delayed_when_not_subscribed`: what the login doesn't pay for is asked for as delayed data, and labelled so.
    In trading hours quotes and books that don't come for `stale_after` are stale, and so are trades after
    `trades_stale_after` and 5-second bars after `bars_stale_after` (by default, when three are missing). What IB has
    refused for now, and data that a competing session holds, is asked for again every `retry_after`, and less often
    each time. After a data farm has failed or come back, ticks must show within `farm_grace`. `history_deadline` is for
    a whole answer of past bars or ticks, with all its pages and the waiting that IB's pacing asks for; after IB has
    called a request too fast, none is sent for `history_pause`.
    """

    market_data_type: Read[MarketDataType | str, MarketDataType] = _LIVE
    market_data_lines: int = 100
    depth_streams: int = 3
    depth_rows: int = 10
    tick_by_tick_streams: int = 3
    delayed_when_not_subscribed: bool = False
    stale_after: float = 60.0
    trades_stale_after: float = 300.0
    bars_stale_after: float = 20.0
    retry_after: float = 60.0
    farm_grace: float = 5.0
    history_deadline: float = 300.0
    history_pause: float = 15.0

    if TYPE_CHECKING:  # said again, or else mypy reads what a frozen class inherits as what may be given
        instrument_provider: _Provider = _SETTLED
        trading_mode: _Mode = _SETTLED
        gateway: _Gateway = _SETTLED

    def __post_init__(self) -> None:
        ClientConfig.__post_init__(self)
        put(self, "market_data_type", _word("market_data_type", self.market_data_type, MarketDataType))
        require_counts(self, "market_data_lines", "depth_streams", "depth_rows", "tick_by_tick_streams")
        require_seconds(self, "stale_after", "trades_stale_after", "bars_stale_after")
        require_seconds(self, "retry_after", "farm_grace", "history_deadline")
        require_seconds(self, "history_pause", or_none_at_all=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractiveBrokersExecClientConfig(ClientConfig):
    """`first_order_id`: no order gets a lower id.

    A gateway can hand out an order id again after a restart, so the owner passes its high-water mark plus one.
    `look_elsewhere_every`: so often (in seconds) IB is asked for orders that were placed elsewhere, which it doesn't
    tell by itself; None leaves that to the resyncs. An order, or a change of one, that can't leave within
    `order_time_to_live`, for IB's 50 messages a second or because the gateway has lost IB, is refused and never sent
    late.
    """

    first_order_id: int = 1
    look_elsewhere_every: float | None = 60.0
    order_time_to_live: float = 3.0

    if TYPE_CHECKING:  # said again, or else mypy reads what a frozen class inherits as what may be given
        instrument_provider: _Provider = _SETTLED
        trading_mode: _Mode = _SETTLED
        gateway: _Gateway = _SETTLED

    def __post_init__(self) -> None:
        ClientConfig.__post_init__(self)
        require_counts(self, "first_order_id", least=1)
        if self.look_elsewhere_every is not None:
            require_seconds(self, "look_elsewhere_every")
        require_seconds(self, "order_time_to_live")


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
    gateway: _Gateway = _NOT_GIVEN
    admission: Admission | None = None
    named_clients: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        named = {"data": self.data_clients, "exec": self.exec_clients}
        put(self, "named_clients", frozenset(kind for kind, given in named.items() if given))
        _check_login(self, "the node's")
        require_seconds(self, "connect_deadline", "request_deadline", "broker_lost_deadline")
        require_seconds(self, "heartbeat", "heartbeat_deadline")
        require_seconds(self, "start_deadline", "reconnect_pause", "longest_reconnect_pause", or_none_at_all=True)
        require_counts(self, "unreadable_limit", least=1)
        _put_read(self, "gateway", InteractiveBrokersGatewayConfig)
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


def _check_login(config: Any, whose: str) -> None:
    for setting in ("username", "password", "account"):
        name = getattr(config, setting, None)
        if name is not None and not (setting == "account" and name == ""):
            credentials.require_variable_name(f"{whose} {setting}", name)
    if config.trading_mode is not None:
        put(config, "trading_mode", _word("trading_mode", config.trading_mode, TradingMode))


def _word(setting: str, given: object, words: type[Word]) -> Word:
    try:
        return words(str(given).lower())
    except ValueError:
        raise ConfigRefused(f"{setting} can't be {given!r}; it is one of {', '.join(words)}.") from None


def _put_read(config: Any, name: str, kind: type[Any]) -> None:
    if getattr(config, name) is not None:
        put(config, name, read_config(kind, getattr(config, name), where=name, aliases={}))
