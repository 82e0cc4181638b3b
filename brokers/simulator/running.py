"""A gateway's life as a process: the login, the port, the market's steps, the end."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Coroutine
from itertools import count
from typing import Any, TypeVar

from brokers.simulator.api.server import Server
from brokers.simulator.catalogue.hours import Calendar, clock_from
from brokers.simulator.endings import TOLD_TO_END
from brokers.simulator.feeds.accounts import AccountFeed
from brokers.simulator.gateway import Gateway
from brokers.simulator.login import DEMO, Login, log_in
from brokers.simulator.market.market import STEP_SECONDS
from brokers.simulator.options import ALWAYS
from brokers.simulator.scenario.control import LOOPBACK, Control
from brokers.simulator.scenario.scenario import Scenario
from brokers.simulator.scenario.steps import Step

# How often subscribers hear what their account is worth, in market steps: each second of profits, and every three
# minutes of the rest, as IB does (https://interactivebrokers.github.io/tws-api/account_summary.html).
_STEPS_PER_PROFIT = round(1 / STEP_SECONDS)
_STEPS_PER_REFRESH = round(180 / STEP_SECONDS)

T = TypeVar("T")

log = logging.getLogger("brokers.simulator")


class PortTaken(Exception):
    """A port can't be listened on; the text says which and why."""


class Ending:
    """When the process is to end, and with which status."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()
        self.status = TOLD_TO_END

    def ask(self, status: int = TOLD_TO_END) -> None:
        self.status = self.status or status
        self._asked.set()

    def hear_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.ask)

    def hear_the_end_of_stdin(self) -> None:
        """However whoever holds its other end comes to its own end: the kernel closes it."""
        loop = asyncio.get_running_loop()

        def read() -> None:
            if not os.read(sys.stdin.fileno(), 4096):
                loop.remove_reader(sys.stdin.fileno())
                self.ask()

        loop.add_reader(sys.stdin.fileno(), read)

    async def comes_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._asked.wait()
        except TimeoutError:
            return False
        return True

    async def or_else(self, work: Coroutine[Any, Any, T]) -> T | None:
        """What the work comes to, or None when the end came first. Raises what the work raises."""
        task = asyncio.ensure_future(work)
        asked = asyncio.ensure_future(self._asked.wait())
        await asyncio.wait([task, asked], return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if task.done():
            return task.result()
        task.cancel()
        return None


def say(line: str) -> None:
    """A line that whoever started this process waits for: bare, and at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def run(options: argparse.Namespace, steps: list[Step]) -> int:
    """Until SIGTERM, SIGINT or a verb's end. Raises LoginRefused, SecondFactorMissed, PortTaken and others."""
    ending = Ending()
    ending.hear_signals()
    if options.end_with_stdin:
        ending.hear_the_end_of_stdin()
    scenario = Scenario(say=say, end=ending.ask)
    scenario.plan(steps)
    control = Control(scenario)
    try:
        await _open_control(control, options)
        login = await ending.or_else(_log_in(scenario, options))
        if login is not None:
            await _serve(scenario, login, options, ending, control)
    finally:
        await _end_steps(control, scenario)
    return ending.status


async def _end_steps(control: Control, scenario: Scenario) -> None:
    """Nothing more is made to happen: a restart under way would open the port again."""
    await control.close()
    await scenario.close()


async def _open_control(control: Control, options: argparse.Namespace) -> None:
    if options.control_port is None:
        return
    try:
        port = await control.listen(options.control_port)
    except OSError as error:
        raise PortTaken(f"can't listen on {LOOPBACK}:{options.control_port}: {error.strerror}") from error
    say(f"control on {LOOPBACK}:{port}")


async def _log_in(scenario: Scenario, options: argparse.Namespace) -> Login:
    if options.username is None:
        login = Login(DEMO, options.trading_mode)
    else:
        log.info("logging in to a %s account", options.trading_mode)
        await asyncio.sleep(options.login_seconds)
        login = log_in(options.username, options.password_file, options.trading_mode)
    await scenario.broker.admit()
    log.info("login has completed")
    return login


async def _serve(
    scenario: Scenario, login: Login, options: argparse.Namespace, ending: Ending, control: Control
) -> None:
    gateway = _gateway(login, options)
    gateway.open()
    gateway.market.begin(step_seconds=STEP_SECONDS / options.speed)
    server = Server(gateway)
    scenario.begin(gateway, server)
    try:
        port = await server.listen(options.host, options.port)
    except OSError as error:
        raise PortTaken(f"can't listen on {options.host}:{options.port}: {error.strerror}") from error
    say(f"listening on {options.host}:{port}")
    scenario.start_clock()
    await move_market(gateway, ending, STEP_SECONDS / options.speed)
    await _end_steps(control, scenario)
    await server.close()
    gateway.close()
    log.info("ended")


def _gateway(login: Login, options: argparse.Namespace) -> Gateway:
    gateway = Gateway(
        account=login.account,
        seed=options.seed,
        ledger=options.ledger,
        read_only=options.read_only,
        calendar=_calendar(options),
        accounts=options.accounts,
    )
    gateway.quotes.lines = options.lines
    return gateway


def _calendar(options: argparse.Namespace) -> Calendar:
    always_open = options.hours == ALWAYS
    if options.now is None:
        return Calendar(always_open=always_open)
    return Calendar(clock_from(options.now), always_open=always_open)


async def move_market(gateway: Gateway, ending: Ending, seconds: float) -> None:
    """A step every so many seconds until the end. Raises OSError when the ledger can't be written."""
    for number in count(1):
        if await ending.comes_within(seconds):
            return
        try:
            _step(gateway, number)
        except OSError:
            # The ledger can't be written any more: going on without it would lose orders.
            raise
        except Exception:
            # One client's stream that can't be told must not take the gateway away from all the others.
            log.exception("step %d of the market was not told to everyone", number)


def _step(gateway: Gateway, number: int) -> None:
    gateway.market.step()
    if gateway.link.is_up:
        _tell_worth(gateway.accounts, number)


def _tell_worth(accounts: AccountFeed, steps: int) -> None:
    if steps % _STEPS_PER_REFRESH == 0:
        accounts.refresh()
    elif steps % _STEPS_PER_PROFIT == 0:
        accounts.refresh_profits()
