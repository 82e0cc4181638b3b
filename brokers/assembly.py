"""What a node is built of, and where it connects, picked out of its config and its factories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypedDict, TypeVar

from brokers import credentials
from brokers.config import InstrumentProviderConfig, InteractiveBrokersGatewayConfig, TradingNodeConfig
from brokers.gateway import InteractiveBrokersGateway
from brokers.interactive_brokers.account import AccountReader
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.data import InteractiveBrokersDataClient
from brokers.interactive_brokers.execution import InteractiveBrokersExecutionClient
from brokers.interactive_brokers.factories import (
    InteractiveBrokersLiveDataClientFactory,
    InteractiveBrokersLiveExecClientFactory,
)
from brokers.interactive_brokers.instruments.introductions import Introductions
from brokers.interactive_brokers.providers import InteractiveBrokersInstrumentProvider
from brokers.listener import NodeListener
from brokers.refusals import GatewayUnreachable
from brokers.resync import Resyncs

Config = TypeVar("Config")
Factory = TypeVar("Factory")


@dataclass(frozen=True, slots=True)
class Parts:
    """One node's own: nothing in them is shared with another."""

    connection: InteractiveBrokersConnection
    introductions: Introductions
    provider: InteractiveBrokersInstrumentProvider
    account: AccountReader
    data: InteractiveBrokersDataClient | None
    execution: InteractiveBrokersExecutionClient | None
    resyncs: Resyncs | None


class _Ground(TypedDict):
    """What each client of a node stands on."""

    connection: InteractiveBrokersConnection
    introductions: Introductions
    listener: NodeListener


def assemble(
    config: TradingNodeConfig,
    *,
    data_factories: Mapping[str, type[InteractiveBrokersLiveDataClientFactory]],
    exec_factories: Mapping[str, type[InteractiveBrokersLiveExecClientFactory]],
    listener: NodeListener,
) -> Parts:
    """Raises ValueError for no client, and for one that has a config and no factory, or a factory and no config."""
    named = config.named_clients
    data = the_one(config.data_clients, data_factories, "data", is_named="data" in named)
    execution = the_one(config.exec_clients, exec_factories, "exec", is_named="exec" in named)
    if data is None and execution is None:
        raise ValueError("A node needs a client: call add_data_client_factory or add_exec_client_factory first.")
    connection = InteractiveBrokersConnection(config=config, listener=listener)
    provider = InteractiveBrokersInstrumentProvider(
        connection=connection,
        config=InstrumentProviderConfig.merged([one[0].instrument_provider for one in (data, execution) if one]),
        on_described=lambda instrument: introductions.introduce(instrument),
    )
    introductions = Introductions(provider=provider, listener=listener)
    connection.when_it_begins(introductions.ask_again)
    ground = _Ground(connection=connection, introductions=introductions, listener=listener)
    account = AccountReader(**ground)
    trading = execution[1].create(config=execution[0], **ground) if execution is not None else None
    return Parts(
        connection=connection,
        introductions=introductions,
        provider=provider,
        account=account,
        data=data[1].create(config=data[0], **ground) if data is not None else None,
        execution=trading,
        resyncs=Resyncs(connection, introductions, account, trading) if trading is not None else None,
    )


def placed(config: TradingNodeConfig, gateway: InteractiveBrokersGateway | None) -> TradingNodeConfig:
    """With what is known only now: the address of a gateway of ours, and the account that a variable names.

    Raises GatewayUnreachable while that gateway doesn't run, and CredentialMissing.
    """
    endpoint = gateway.endpoint if gateway is not None else None
    if gateway is not None and endpoint is None:
        raise GatewayUnreachable("The node's gateway doesn't run: start, serve and run start it.")
    return replace(
        config,
        data_clients={},
        exec_clients={},
        gateway=None,
        account_code=config.account_code or _named_account(config),
        host=endpoint.host if endpoint is not None else config.host,
        port=endpoint.port if endpoint is not None else config.port,
    )


def _named_account(config: TradingNodeConfig) -> str | None:
    return credentials.account_from_environment(config.account) if config.account else None


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
