"""`python -m brokers.simulator`: one simulated gateway, until SIGTERM or SIGINT.

Prints, as bare lines that a runtime can wait for:

    control on HOST:PORT                        with --control-port, before the login
    second factor needed: attempt 1 of 3, until 2026-11-29T06:03:00.000+00:00
                                                and, for each, how it went: second factor approved (denied, timed out):
                                                attempt 1 of 3
    listening on HOST:PORT                      once it is logged in and ready, and whenever its port opens again
    login failed: ...                           the broker refused the username and password
    second factor missed: ...                   nobody approved the login
    login expired: ...                          the weekly end of the login; a second factor is asked for

Ends with status 0 when it was told to end, 2 for a command line that can't be understood, 3 for a refused login, 4 for
a ledger that can't be used, 5 for a port that is taken, 6 for a password file that can't be read, 7 for a second
factor that was missed, 8 for a scenario's file that can't be used.

What a scenario can make happen is described in `brokers.simulator.scenario.scenario`, the control port in
`brokers.simulator.scenario.control`, and every verb by --help.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys

from brokers.simulator import endings, options
from brokers.simulator.login import LoginRefused, PasswordUnreadable, SecondFactorMissed
from brokers.simulator.records.ledger import LedgerError
from brokers.simulator.running import PortTaken, run, say
from brokers.simulator.scenario.steps import ScenarioUnusable, read_steps

# How each end is said, before its own text, and its status.
_ENDS: dict[type[Exception], tuple[str, int]] = {
    LoginRefused: ("login failed: ", endings.LOGIN_REFUSED),
    LedgerError: ("ledger unusable: ", endings.LEDGER_UNUSABLE),
    PortTaken: ("", endings.PORT_TAKEN),
    PasswordUnreadable: ("", endings.PASSWORD_UNREADABLE),
    SecondFactorMissed: ("second factor missed: ", endings.SECOND_FACTOR_MISSED),
    ScenarioUnusable: ("scenario unusable: ", endings.SCENARIO_UNUSABLE),
}


def main() -> int:
    chosen = options.parse()
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        return asyncio.run(_run(chosen))
    except tuple(_ENDS) as error:
        words, status = _ENDS[type(error)]
        say(f"{words}{error}")
        return status


async def _run(chosen: argparse.Namespace) -> int:
    return await run(chosen, read_steps(chosen.scenario) if chosen.scenario else [])


if __name__ == "__main__":
    sys.exit(main())
