"""`python -m brokers.gateways.keeper --socket PATH`: keeps gateways in containers, until SIGTERM or SIGINT.

The only process that is let near the container engine, which whoever reaches it can make root of its host. What a
container is given is set here, by arguments or by the variables that they name; those who ask can't change it. The
gateways live on when it ends, and the next one finds them.

Prints `keeping at PATH` once it listens. Ends with status 2 when it can't begin.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from ipaddress import IPv4Network
from pathlib import Path

from brokers.gateways.base import GatewayError
from brokers.gateways.docker.engine import Engine
from brokers.gateways.docker.runtime import DockerRuntime
from brokers.gateways.docker.settings import COMMON_IMAGE, ContainerSettings
from brokers.gateways.keeper.peers import Allowed
from brokers.gateways.keeper.server import Keeper, SocketTaken

_SYSTEM_ENGINE = "unix:///var/run/docker.sock"
CANNOT_BEGIN = 2

Parse = Callable[[str], object]


def main() -> int:
    arguments = _parser().parse_args()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    engine = Engine(arguments.engine)
    try:
        keeper = Keeper(DockerRuntime(engine, _settings(arguments)), _allowed(arguments))
        asyncio.run(_run(keeper, arguments.socket, arguments.group))
    except (GatewayError, SocketTaken, OSError) as error:
        sys.stderr.write(f"The keeper can't begin: {error}\n")
        return CANNOT_BEGIN
    finally:
        engine.close()
    return 0


async def _run(keeper: Keeper, path: Path, group: int | None) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    async with keeper.listening(path, group=group):
        sys.stdout.write(f"keeping at {path}\n")
        sys.stdout.flush()
        await ended.wait()


def _settings(arguments: argparse.Namespace) -> ContainerSettings:
    return ContainerSettings(
        image=arguments.image,
        pinned=arguments.pinned,
        relay_image=arguments.relay_image,
        relay_network=arguments.relay_network,
        fleet=arguments.fleet,
        logins=arguments.logins,
        read_only_root=not arguments.writable_root,
        memory_mib=arguments.memory_mib,
        cpus=arguments.cpus,
        pids=arguments.pids,
        subnets=arguments.subnets,
        java_heap_mib=arguments.java_heap_mib,
        auto_restart_time=arguments.auto_restart_time,
        time_zone=arguments.time_zone,
    )


def _allowed(arguments: argparse.Namespace) -> Allowed:
    """Whoever runs the keeper, when nobody is named."""
    if not arguments.allow_uid and not arguments.allow_gid:
        return Allowed(uids=frozenset({os.geteuid()}))
    return Allowed(uids=frozenset(arguments.allow_uid), gids=frozenset(arguments.allow_gid))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m brokers.gateways.keeper", description="Keeps gateways.")
    _add_callers(parser)
    _add_container(parser)
    _add_limits(parser)
    return parser


def _add_callers(parser: argparse.ArgumentParser) -> None:
    _add(parser, "--socket", "GATEHOUSE_KEEPER_SOCKET", None, parse=Path, about="where to listen")
    parser.add_argument("--group", type=int, help="the group that the socket is given to; it has mode 0660")
    parser.add_argument("--allow-uid", type=int, action="append", default=[], help="a user who may ask")
    parser.add_argument("--allow-gid", type=int, action="append", default=[], help="a user's first group that may ask")
    _add(parser, "--engine", "DOCKER_HOST", _SYSTEM_ENGINE, about="the container engine's address")


def _add_container(parser: argparse.ArgumentParser) -> None:
    defaults = ContainerSettings()
    _add(parser, "--image", "GATEHOUSE_GATEWAY_IMAGE", COMMON_IMAGE, about="the gateway's image")
    pinned = os.environ.get("GATEHOUSE_GATEWAY_IMAGE_PINNED") == "1"
    parser.add_argument("--pinned", action="store_true", default=pinned, help="refuse an image without a digest")
    _add(parser, "--relay-image", "GATEHOUSE_RELAY_IMAGE", defaults.relay_image, about="the relays' image")
    _add(
        parser,
        "--relay-network",
        "GATEHOUSE_RELAY_NETWORK",
        None,
        about="shared by relays and workers in containers; none for workers on this host",
    )
    _add(parser, "--fleet", "GATEHOUSE_GATEWAY_FLEET", defaults.fleet, about="tells deployments on one engine apart")
    _add(parser, "--logins", "GATEHOUSE_KEEPER_LOGINS", defaults.logins, parse=Path, about="a folder in memory")
    writable = os.environ.get("GATEHOUSE_GATEWAY_WRITABLE_ROOT") == "1"
    parser.add_argument(
        "--writable-root", action="store_true", default=writable, help="for an image that can't do without"
    )
    _add(parser, "--subnets", "GATEHOUSE_GATEWAY_SUBNETS", defaults.subnets, parse=IPv4Network, about="for networks")
    _add(parser, "--auto-restart-time", "GATEHOUSE_GATEWAY_RESTART_TIME", defaults.auto_restart_time, about="daily")
    _add(parser, "--time-zone", "GATEHOUSE_GATEWAY_TIME_ZONE", defaults.time_zone, about="of that time")


def _add_limits(parser: argparse.ArgumentParser) -> None:
    defaults = ContainerSettings()
    _add(
        parser, "--memory-mib", "GATEHOUSE_GATEWAY_MEMORY_MIB", defaults.memory_mib, parse=int, about="of each gateway"
    )
    _add(parser, "--cpus", "GATEHOUSE_GATEWAY_CPUS", defaults.cpus, parse=_cores, about="of each gateway")
    _add(parser, "--pids", "GATEHOUSE_GATEWAY_PIDS", defaults.pids, parse=int, about="of each gateway")
    _add(
        parser, "--java-heap-mib", "GATEHOUSE_GATEWAY_JAVA_HEAP_MIB", None, parse=int, about="the image's own, if unset"
    )


def _add(
    parser: argparse.ArgumentParser, option: str, variable: str, default: object, *, about: str, parse: Parse = str
) -> None:
    """An option whose default comes from a variable, if that is set."""
    told = os.environ.get(variable, default)
    needed = option == "--socket" and told is None
    parser.add_argument(option, type=parse, default=told, required=needed, help=f"{about} ({variable}; now {told})")


def _cores(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"cores are a number like 0.5, not {text:.20}") from None


if __name__ == "__main__":
    sys.exit(main())
