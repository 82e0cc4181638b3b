"""What a node is told before it starts. Times are in seconds.

A node has one connection. What concerns it can be given to the node or to any of its clients, whichever reads best:
the gateway's host and port, the client id, the account, the credentials, the trading mode, the gateway to start. What
is given twice has to be the same, or the config is refused.

Credentials are never in a config: `username`, `password` and `account` are the names of the environment variables that
hold them, TWS_USERNAME, TWS_PASSWORD and TWS_ACCOUNT by default. No message repeats another name than these three.
"""

from __future__ import annotations

from brokers.config.clients import (
    ClientConfig,
    InteractiveBrokersDataClientConfig,
    InteractiveBrokersExecClientConfig,
)
from brokers.config.gateway import InteractiveBrokersGatewayConfig
from brokers.config.node import TradingNodeConfig
from brokers.config.provider import InstrumentProviderConfig

__all__ = [
    "ClientConfig",
    "InstrumentProviderConfig",
    "InteractiveBrokersDataClientConfig",
    "InteractiveBrokersExecClientConfig",
    "InteractiveBrokersGatewayConfig",
    "TradingNodeConfig",
]
