"""Sessions that come to a gateway through its relay, whatever kind of place it runs in."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from brokers.config import TradingNodeConfig
from brokers.gateways.base import Endpoint
from brokers.gateways.relay import words
from brokers.gateways.relay.words import Admission, Verdict
from brokers.interactive_brokers.factories import InteractiveBrokersLiveExecClientFactory
from brokers.node import TradingNode

DEADLINE = 30.0
NAME = "alice-1"
KEY = bytes(range(32))


def node_at(endpoint: Endpoint, fence: int, *, key: bytes = KEY) -> TradingNode:
    config = TradingNodeConfig(
        host=endpoint.host, port=endpoint.port, admission=Admission(NAME, fence, key), data_clients={}
    )
    node = TradingNode(config=config)
    node.add_exec_client_factory("IB", InteractiveBrokersLiveExecClientFactory)
    node.build()
    return node


async def connect(endpoint: Endpoint, fence: int, *, key: bytes = KEY) -> None:
    """A session from its beginning to its end. Raises NodeError."""
    node = node_at(endpoint, fence, key=key)
    try:
        await node.connect()
    finally:
        await node.stop()


@contextmanager
def take_over(endpoint: Endpoint, fence: int) -> Iterator[None]:
    """By a socket that blocks."""
    with (
        socket.create_connection((endpoint.host, endpoint.port), timeout=DEADLINE) as newer,
        newer.makefile("rb") as said,
    ):
        challenge, nonce = words.read_greeting(said.readline()), secrets.token_hex(32)
        newer.sendall(words.preamble(Admission(NAME, fence, KEY), challenge=challenge, nonce=nonce))
        answer = words.read_answer(said.readline(), key=KEY, challenge=challenge, nonce=nonce)
        assert answer.verdict is Verdict.WELCOME
        yield
