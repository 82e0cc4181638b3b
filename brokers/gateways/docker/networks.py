"""A private network for each gateway: its API asks for no password, so nothing else may stand beside it.

Bridges that reach the outside, since the gateway has to reach IB. The engine's own choice of addresses ends at about
thirty networks, so we choose ours.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from ipaddress import IPv4Network, ip_network

from docker import DockerClient
from docker.errors import APIError, NotFound
from docker.models.networks import Network
from docker.types import IPAMConfig, IPAMPool

from brokers.gateways.base import GatewayError
from brokers.gateways.docker.names import Names

_SUBNET_BITS = 29
_ATTEMPTS = 20


def ensure(client: DockerClient, names: Names, subnets: IPv4Network) -> None:
    """Raises GatewayError when the name is another's, or no subnet is left."""
    network = _find(client, names)
    if network is None:
        _create(client, names, subnets)


def remove(client: DockerClient, names: Names) -> None:
    network = _find(client, names)
    if network is not None:
        network.remove()


def _find(client: DockerClient, names: Names) -> Network | None:
    try:
        network = client.networks.get(names.on_engine)
    except NotFound:
        return None
    if not names.own(network.attrs["Labels"]):
        raise GatewayError(f"The network {names.on_engine} isn't ours, and is left alone.")
    return network


def _create(client: DockerClient, names: Names, subnets: IPv4Network) -> None:
    """The engine refuses a subnet that is in use, also by what we don't see: then the next one is tried."""
    refusal: APIError | None = None
    for _, subnet in zip(range(_ATTEMPTS), _free(client, subnets), strict=False):
        pool = IPAMPool(subnet=str(subnet))
        try:
            client.networks.create(
                names.on_engine,
                driver="bridge",
                labels=names.labels,
                ipam=IPAMConfig(pool_configs=[pool]),
                check_duplicate=True,
            )
        except APIError as error:
            refusal = error
        else:
            return
    raise refusal or GatewayError(f"All of {subnets} is in use: give gateways more addresses.")


def _free(client: DockerClient, subnets: IPv4Network) -> Iterator[IPv4Network]:
    """From a random one onwards, so that two who choose at once seldom choose the same."""
    taken = _taken(client)
    count = 2 ** (_SUBNET_BITS - subnets.prefixlen)
    first = random.randrange(count)  # noqa: S311 - nobody need guess it
    for step in range(count):
        address = subnets.network_address + 8 * ((first + step) % count)
        subnet = IPv4Network((address, _SUBNET_BITS))
        if not any(subnet.overlaps(other) for other in taken):
            yield subnet


def _taken(client: DockerClient) -> list[IPv4Network]:
    configs = [config for network in client.networks.list() for config in network.attrs["IPAM"]["Config"] or []]
    found = [ip_network(config["Subnet"]) for config in configs if "Subnet" in config]
    return [network for network in found if isinstance(network, IPv4Network)]
