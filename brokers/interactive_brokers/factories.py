"""What a node builds its clients with. A factory is a class with one static `create`, as in NautilusTrader's guide."""

from __future__ import annotations

from brokers.config import InteractiveBrokersDataClientConfig, InteractiveBrokersExecClientConfig
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.data import InteractiveBrokersDataClient
from brokers.interactive_brokers.execution import InteractiveBrokersExecutionClient
from brokers.interactive_brokers.instruments.introductions import Introductions
from brokers.listener import NodeListener


class InteractiveBrokersLiveDataClientFactory:
    """For `node.add_data_client_factory("IB", ...)`."""

    @staticmethod
    def create(
        *,
        config: InteractiveBrokersDataClientConfig,
        connection: InteractiveBrokersConnection,
        introductions: Introductions,
        listener: NodeListener,
    ) -> InteractiveBrokersDataClient:
        """A data client on the node's own connection: nothing is shared between nodes."""
        return InteractiveBrokersDataClient(
            config=config, connection=connection, introductions=introductions, listener=listener
        )


class InteractiveBrokersLiveExecClientFactory:
    """For `node.add_exec_client_factory("IB", ...)`."""

    @staticmethod
    def create(
        *,
        config: InteractiveBrokersExecClientConfig,
        connection: InteractiveBrokersConnection,
        introductions: Introductions,
        listener: NodeListener,
    ) -> InteractiveBrokersExecutionClient:
        """An execution client on the node's own connection: nothing is shared between nodes."""
        return InteractiveBrokersExecutionClient(
            config=config, connection=connection, introductions=introductions, listener=listener
        )
