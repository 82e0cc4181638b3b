"""Interactive Brokers as a library: contracts, market data, execution, gateways and a simulated gateway.

It knows nothing of Django, so a script or a notebook can use it alone. Its public names come from here,

    from brokers import TradingNode, TradingNodeConfig

and each is loaded when it's first asked for: the web process uses `brokers.domain`, and must not load `ib_insync` with
it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from brokers.config import (
        InstrumentProviderConfig,
        InteractiveBrokersDataClientConfig,
        InteractiveBrokersExecClientConfig,
        InteractiveBrokersGatewayConfig,
        TradingNodeConfig,
    )
    from brokers.credentials import Credentials
    from brokers.gateway import InteractiveBrokersGateway
    from brokers.interactive_brokers.data import InteractiveBrokersDataClient
    from brokers.interactive_brokers.execution import InteractiveBrokersExecutionClient
    from brokers.interactive_brokers.factories import (
        InteractiveBrokersLiveDataClientFactory,
        InteractiveBrokersLiveExecClientFactory,
    )
    from brokers.interactive_brokers.providers import InteractiveBrokersInstrumentProvider
    from brokers.listener import LinkState, NodeListener
    from brokers.node import TradingNode
    from brokers.refusals import NodeError
    from brokers.resync import Resync, ResyncIncomplete
    from brokers.start_report import StartReport

__all__ = [
    "Credentials",
    "InstrumentProviderConfig",
    "InteractiveBrokersDataClient",
    "InteractiveBrokersDataClientConfig",
    "InteractiveBrokersExecClientConfig",
    "InteractiveBrokersExecutionClient",
    "InteractiveBrokersGateway",
    "InteractiveBrokersGatewayConfig",
    "InteractiveBrokersInstrumentProvider",
    "InteractiveBrokersLiveDataClientFactory",
    "InteractiveBrokersLiveExecClientFactory",
    "LinkState",
    "NodeError",
    "NodeListener",
    "Resync",
    "ResyncIncomplete",
    "StartReport",
    "TradingNode",
    "TradingNodeConfig",
]

_HOMES = {
    "InstrumentProviderConfig": "brokers.config",
    "InteractiveBrokersDataClientConfig": "brokers.config",
    "InteractiveBrokersExecClientConfig": "brokers.config",
    "InteractiveBrokersGatewayConfig": "brokers.config",
    "TradingNodeConfig": "brokers.config",
    "Credentials": "brokers.credentials",
    "InteractiveBrokersGateway": "brokers.gateway",
    "InteractiveBrokersDataClient": "brokers.interactive_brokers.data",
    "InteractiveBrokersExecutionClient": "brokers.interactive_brokers.execution",
    "InteractiveBrokersLiveDataClientFactory": "brokers.interactive_brokers.factories",
    "InteractiveBrokersLiveExecClientFactory": "brokers.interactive_brokers.factories",
    "InteractiveBrokersInstrumentProvider": "brokers.interactive_brokers.providers",
    "LinkState": "brokers.listener",
    "NodeListener": "brokers.listener",
    "TradingNode": "brokers.node",
    "NodeError": "brokers.refusals",
    "Resync": "brokers.resync",
    "ResyncIncomplete": "brokers.resync",
    "StartReport": "brokers.start_report",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'brokers' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
