"""The command line of `python -m brokers.simulator`."""

from __future__ import annotations

import argparse
import math
import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from brokers.simulator.feeds.quotes import LINES
from brokers.simulator.scenario.verbs import VERBS
from brokers.simulator.scenario.verbs.table import Verb

EXCHANGE, ALWAYS = "exchange", "always"

_LAST_PORT = 65535
_A_MOMENT = "2026-11-18T15:00:00Z"
_LONGEST_LOGIN = 86400

# Contract ids have room for what expires until 2042, and what expires is listed up to some years ahead.
_YEARS = range(2020, 2036)


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Ends the process with status 2 when they can't be understood."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if (options.username is None) != (options.password_file is None):
        parser.error("--username and --password-file belong together")
    if not (math.isfinite(options.speed) and options.speed > 0):
        parser.error(f"--speed must be above 0, not {options.speed:g}")
    if not 0 <= options.login_seconds <= _LONGEST_LOGIN:
        parser.error(f"--login-seconds is from 0 to {_LONGEST_LOGIN}, not {options.login_seconds:g}")
    if not 1 <= options.accounts <= 50:
        parser.error(f"--accounts is from 1 to 50, not {options.accounts}")
    if options.lines < 0:
        parser.error(f"--lines can't be below 0, and {options.lines} is")
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m brokers.simulator",
        description="A simulated IB Gateway.",
        epilog=_verbs(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_place(parser)
    _add_login(parser)
    _add_market(parser)
    _add_scenario(parser)
    return parser


def _port(text: str) -> int:
    """Raises ArgumentTypeError, which argparse says in its own words."""
    number = int(text) if text.isdecimal() and len(text) <= len(str(_LAST_PORT)) else -1
    if not 0 <= number <= _LAST_PORT:
        raise argparse.ArgumentTypeError(f"a port is a whole number from 0 to {_LAST_PORT}, not {text:.20}")
    return number


def _moment(text: str) -> datetime:
    """Raises ArgumentTypeError for what is no time with its offset from UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"a time is like {_A_MOMENT}, not {text:.40}") from error
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"a time has its offset from UTC, as {_A_MOMENT} does, and {text} has none")
    if moment.year not in _YEARS:
        raise argparse.ArgumentTypeError(f"a time is from {_YEARS[0]} to {_YEARS[-1]}, not in {moment.year}")
    return moment.astimezone(UTC)


def _add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=0, help="the port; 0, the default, takes a free one")
    parser.add_argument(
        "--end-with-stdin", action="store_true", help="end when standard input, a pipe, is closed at its other end"
    )
    parser.add_argument("--ledger", type=Path, help="the file to write orders and executions to, and to resume from")


def _add_login(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--username", help="log in as this user; without it the demo user is logged in")
    parser.add_argument(
        "--password-file", type=Path, help="a file with the password; it is accepted when it is the username"
    )
    parser.add_argument("--trading-mode", choices=["paper", "live"], default="paper")
    parser.add_argument("--login-seconds", type=float, default=0.0, help="how long the login takes")
    parser.add_argument(
        "--read-only", action="store_true", help="refuse orders, as a gateway with a read-only API does"
    )
    parser.add_argument("--accounts", type=int, default=1, help="how many accounts are behind the login")


def _add_market(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=1, help="prices repeat with it (default: %(default)s)")
    parser.add_argument("--speed", type=float, default=1.0, help="how much faster than real time the market moves")
    parser.add_argument(
        "--hours",
        choices=[EXCHANGE, ALWAYS],
        default=ALWAYS,
        help="whether markets keep their exchanges' hours, or are open at every hour, which their contracts then say "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--now",
        type=_moment,
        metavar="ISO8601",
        help=f"what time it is when the gateway is logged in, {_A_MOMENT} say. Its clock runs on from there, for "
        "hours, orders, history and clients that ask; new ids, and when the ledger's rows were written, keep to the "
        "machine's",
    )
    parser.add_argument(
        "--lines", type=int, default=LINES, help="market data lines of the login (default: %(default)s)"
    )


def _add_scenario(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scenario", type=Path, metavar="FILE", help="a JSON list of steps to make happen")
    parser.add_argument(
        "--control-port",
        type=_port,
        metavar="PORT",
        help="take verbs on this port of the loopback interface; 0 takes a free one",
    )


def _verbs() -> str:
    listed = "\n\n".join(map(_described, VERBS.values()))
    return f"Verbs of a scenario's file and of the control port, with their arguments:\n\n{listed}"


def _described(verb: Verb) -> str:
    lines = [verb.summary, *(f"{argument.name}: {argument.description}" for argument in verb.arguments)]
    indents = ("    ", *("      " for _ in verb.arguments))
    wrapped = (
        textwrap.fill(line, 110, initial_indent=indent, subsequent_indent=indent + "  ")
        for line, indent in zip(lines, indents, strict=True)
    )
    return "\n".join([f"  {verb.name}", *wrapped])
