"""`python -m brokers.simulator`: one simulated gateway, until SIGTERM or SIGINT.

Prints `listening on HOST:PORT` once it is logged in and ready. A refused login prints a line that begins with
`login failed` and ends with status 3, without ever listening. Status 4 is a ledger that can't be used, 5 a port that
is taken, 6 a password file that can't be read.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from brokers.simulator.gateway import Gateway
from brokers.simulator.ledger import LedgerError
from brokers.simulator.login import DEMO, Login, LoginRefused, PasswordUnreadable, log_in
from brokers.simulator.market import STEP_SECONDS
from brokers.simulator.server import Server

LOGIN_REFUSED = 3
LEDGER_UNUSABLE = 4
PORT_TAKEN = 5
PASSWORD_UNREADABLE = 6

# How often subscribers hear what their account is worth, in market steps.
_STEPS_PER_REFRESH = 12

log = logging.getLogger("brokers.simulator")


def main() -> int:
    options = _options()
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        return asyncio.run(_run(options))
    except LoginRefused as refused:
        _say(f"login failed: {refused}")
        return LOGIN_REFUSED
    except PasswordUnreadable as error:
        _say(str(error))
        return PASSWORD_UNREADABLE
    except LedgerError as error:
        _say(f"ledger unusable: {error}")
        return LEDGER_UNUSABLE


def _options() -> argparse.Namespace:
    parser = _parser()
    options = parser.parse_args()
    if (options.username is None) != (options.password_file is None):
        parser.error("--username and --password-file belong together")
    if options.speed <= 0:
        parser.error("--speed must be above 0")
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m brokers.simulator", description="A simulated IB Gateway.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="the port; 0, the default, takes a free one")
    parser.add_argument("--seed", type=int, default=1, help="prices repeat with it (default: %(default)s)")
    parser.add_argument("--ledger", type=Path, help="the file to write orders and executions to, and to resume from")
    parser.add_argument("--username", help="log in as this user; without it the demo user is logged in")
    parser.add_argument(
        "--password-file", type=Path, help="a file with the password; it is accepted when it is the username"
    )
    parser.add_argument("--trading-mode", choices=["paper", "live"], default="paper")
    parser.add_argument("--login-seconds", type=float, default=0.0, help="how long the login takes")
    parser.add_argument(
        "--read-only", action="store_true", help="refuse orders, as a gateway with a read-only API does"
    )
    parser.add_argument("--speed", type=float, default=1.0, help="how much faster than real time the market moves")
    return parser


async def _run(options: argparse.Namespace) -> int:
    ended = _until_told_to_end()
    login = await _log_in(options, ended)
    if login is None:
        return 0
    gateway = Gateway(account=login.account, seed=options.seed, ledger=options.ledger, read_only=options.read_only)
    gateway.open()
    server = Server(gateway)
    try:
        port = await server.listen(options.host, options.port)
    except OSError as error:
        _say(f"can't listen on {options.host}:{options.port}: {error.strerror}")
        return PORT_TAKEN
    _say(f"listening on {options.host}:{port}")
    await _move_market(gateway, ended, STEP_SECONDS / options.speed)
    await server.close()
    gateway.close()
    log.info("ended")
    return 0


def _until_told_to_end() -> asyncio.Event:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    return ended


async def _log_in(options: argparse.Namespace, ended: asyncio.Event) -> Login | None:
    """The login, or None when the gateway was told to end while it was under way. Raises LoginRefused."""
    if options.username is None:
        return Login(DEMO, options.trading_mode)
    log.info("logging in to a %s account", options.trading_mode)
    if await _is_set_within(ended, options.login_seconds):
        return None
    login = log_in(options.username, options.password_file, options.trading_mode)
    log.info("login has completed")
    return login


async def _move_market(gateway: Gateway, ended: asyncio.Event, seconds: float) -> None:
    while not await _is_set_within(ended, seconds):
        gateway.market.step()
        if gateway.market.steps % _STEPS_PER_REFRESH == 0:
            gateway.accounts.refresh()


async def _is_set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


def _say(line: str) -> None:
    """A line that whoever started this process waits for: bare, and at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
