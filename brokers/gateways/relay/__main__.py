"""`python -m brokers.gateways.relay`: the relay of one gateway, until SIGTERM or SIGINT.

Prints `listening on HOST:PORT` as a bare line that a runtime can wait for; the key's file is not needed any more then.

Ends with status 0 when it was told to end, 2 for a command line that can't be understood, 3 for a key that can't be
read, 4 for a memory of the fence that can't be used, 5 for a port that is taken.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from brokers.gateways.relay.door import Address
from brokers.gateways.relay.keys import KeyUnusable, read_key
from brokers.gateways.relay.memory import FenceMemory, MemoryUnusable
from brokers.gateways.relay.server import Relay
from brokers.gateways.relay.words import NAME

TOLD_TO_END, KEY_UNUSABLE, MEMORY_UNUSABLE, PORT_TAKEN = 0, 3, 4, 5

_ENDS: dict[type[Exception], int] = {KeyUnusable: KEY_UNUSABLE, MemoryUnusable: MEMORY_UNUSABLE, OSError: PORT_TAKEN}


def main() -> int:
    chosen = _parser().parse_args()
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        relay = Relay(
            name=chosen.name,
            key=read_key(chosen.key_file),
            memory=FenceMemory(chosen.memory),
            upstream=chosen.upstream,
        )
        asyncio.run(_serve(relay, chosen.listen))
    except tuple(_ENDS) as error:
        _say(f"ended: {error}")
        return next(status for kind, status in _ENDS.items() if isinstance(error, kind))
    return TOLD_TO_END


async def _serve(relay: Relay, address: Address) -> None:
    """Until it is told to end. Raises OSError when it can't listen there."""
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    _say(f"listening on {await relay.listen(address)}")
    await asked.wait()
    await relay.close()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m brokers.gateways.relay", description="The fence of one gateway.")
    parser.add_argument("--name", type=_name, required=True, help="the gateway's name, which a client must give")
    parser.add_argument("--listen", type=_address, required=True, metavar="HOST:PORT", help="port 0 takes a free one")
    parser.add_argument("--upstream", type=_address, required=True, metavar="HOST:PORT", help="the gateway's API")
    parser.add_argument("--key-file", type=Path, required=True, help="the gateway's key; read once, at the start")
    parser.add_argument("--memory", type=Path, required=True, help="the file that keeps the newest fence")
    return parser


def _name(text: str) -> str:
    """Raises ArgumentTypeError, which argparse says in its own words."""
    if not NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(f"a name has letters, digits, - and _, and {text:.40} has others")
    return text


def _address(text: str) -> Address:
    """Raises ArgumentTypeError, which argparse says in its own words."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"an address is HOST:PORT, not {text:.60}")
    return Address(host, int(port))


if __name__ == "__main__":
    sys.exit(main())
