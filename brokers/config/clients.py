"""A node's data client and its execution client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from brokers.config.gateway import InteractiveBrokersGatewayConfig
from brokers.config.login import read_login
from brokers.config.numbers import require_counts, require_seconds
from brokers.config.provider import InstrumentProviderConfig
from brokers.config.reading import put, put_read, read_word
from brokers.domain import MarketDataType, TradingMode

if TYPE_CHECKING:
    from brokers.config.types import Read

# Defaults of `Read` settings, which a type checker would take for the setting itself.
_NOT_GIVEN: Any = None
_LIVE: Any = MarketDataType.LIVE
_PROVIDER: Any = InstrumentProviderConfig
Dict: TypeAlias = Mapping[str, Any]
_Mode: TypeAlias = "Read[TradingMode | str | None, TradingMode | None]"
_Provider: TypeAlias = "Read[InstrumentProviderConfig | Dict, InstrumentProviderConfig]"
_Gateway: TypeAlias = "Read[InteractiveBrokersGatewayConfig | Dict | None, InteractiveBrokersGatewayConfig | None]"


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
        read_login(self, "the client's")
        put_read(self, "instrument_provider", InstrumentProviderConfig)
        put_read(self, "gateway", InteractiveBrokersGatewayConfig)


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
        instrument_provider: _Provider = _NOT_GIVEN
        trading_mode: _Mode = _NOT_GIVEN
        gateway: _Gateway = _NOT_GIVEN

    def __post_init__(self) -> None:
        ClientConfig.__post_init__(self)
        put(self, "market_data_type", read_word("market_data_type", self.market_data_type, MarketDataType))
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
        instrument_provider: _Provider = _NOT_GIVEN
        trading_mode: _Mode = _NOT_GIVEN
        gateway: _Gateway = _NOT_GIVEN

    def __post_init__(self) -> None:
        ClientConfig.__post_init__(self)
        require_counts(self, "first_order_id", least=1)
        if self.look_elsewhere_every is not None:
            require_seconds(self, "look_elsewhere_every")
        require_seconds(self, "order_time_to_live")
