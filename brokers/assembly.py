"""What a node is built of, picked out of its config and its factories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from brokers.config import InteractiveBrokersGatewayConfig, TradingNodeConfig
from brokers.gateway import InteractiveBrokersGateway

Config = TypeVar("Config")
Factory = TypeVar("Factory")


def gateway_of(config: TradingNodeConfig) -> InteractiveBrokersGateway | None:
    """The one to start, with what the node's config says of the login; None when somebody else runs the gateway."""
    if config.gateway is None:
        return None
    login: InteractiveBrokersGatewayConfig = replace(
        config.gateway, username=config.username, password=config.password, trading_mode=config.trading_mode
    )
    return InteractiveBrokersGateway(login)


def the_one(
    configs: Mapping[str, Config], factories: Mapping[str, Factory], kind: str, *, is_named: bool
) -> tuple[Config, Factory] | None:
    """The config and the factory of the client `IB`. None when there is no factory, and the config doesn't name one.

    Raises ValueError for a client that has a config and no factory, or a factory and no config.
    """
    for name in {**configs, **factories}:
        if name != "IB":
            raise ValueError(f"There is no {kind} client {name!r}; the one that exists is 'IB'.")
    if "IB" in factories:
        if "IB" not in configs:
            raise ValueError(f"The config names no {kind} client 'IB'.")
        return configs["IB"], factories["IB"]
    if is_named:
        raise ValueError(f"The {kind} client 'IB' has no factory: call add_{kind}_client_factory before build.")
    return None
