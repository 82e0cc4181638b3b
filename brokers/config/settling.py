"""One answer for each setting of a node's connection, from wherever its config gives it."""

from __future__ import annotations

from typing import Any

from brokers import credentials
from brokers.config.reading import put, the_one
from brokers.domain import TradingMode
from brokers.refusals import ConfigRefused

PAPER_PORT, LIVE_PORT = 4002, 4001  # IB Gateway's own defaults
_NUMBERS = {"port": range(1, 65536), "client_id": range(2**31)}
_UNKNOWN = 0  # the port of a gateway that doesn't run yet

# What concerns the connection: its name in the node's config, in a client's, in the gateway's, and its default.
_SHARED: tuple[tuple[str, str, str, Any], ...] = (
    ("username", "username", "username", credentials.USERNAME),
    ("password", "password", "password", credentials.PASSWORD),
    ("trading_mode", "trading_mode", "trading_mode", TradingMode.PAPER),
    ("account", "account", "", credentials.ACCOUNT),
    ("account_code", "account_id", "", None),
    ("client_id", "client_id", "", 1),
    ("host", "gateway_host", "", None),
    ("port", "gateway_port", "", None),
)


def settle(node: Any) -> None:
    """One answer for each of the connection's settings, from wherever it was given."""
    clients: list[tuple[str, Any]] = [
        *((f"data_clients[{name!r}]", client) for name, client in node.data_clients.items()),
        *((f"exec_clients[{name!r}]", client) for name, client in node.exec_clients.items()),
    ]
    put(node, "gateway", the_one("gateway", [("the node", node.gateway), *((w, one.gateway) for w, one in clients)]))
    for name, of_client, of_gateway, default in _SHARED:
        given = [("the node", getattr(node, name)), *((where, getattr(one, of_client)) for where, one in clients)]
        if of_gateway and node.gateway is not None:
            given.append(("its gateway", getattr(node.gateway, of_gateway)))
        found = the_one(name, given, secret=name in credentials.SETTINGS)
        put(node, name, default if found is None else found)
    _check_numbers(node)
    _settle_address(node)


def _check_numbers(node: Any) -> None:
    for name, allowed in _NUMBERS.items():
        given = getattr(node, name)
        if given is None or (name == "port" and given == _UNKNOWN and node.gateway is not None):
            continue
        if type(given) is not int or given not in allowed:
            raise ConfigRefused(
                f"{name} is a whole number from {allowed.start} to {allowed.stop - 1}, and not {given!r}."
            )


def _settle_address(node: Any) -> None:
    if node.gateway is None:
        put(node, "host", node.host or "127.0.0.1")
        by_mode = LIVE_PORT if node.trading_mode is TradingMode.LIVE else PAPER_PORT
        put(node, "port", by_mode if node.port is None else node.port)
    elif node.host or node.port:
        raise ConfigRefused(
            "A gateway that the node starts has an address of its own. Take out its host and port, or the gateway."
        )
    else:
        put(node, "host", "")
        put(node, "port", _UNKNOWN)
