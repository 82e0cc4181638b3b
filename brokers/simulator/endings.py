"""The exit statuses of `python -m brokers.simulator`; argparse's own, 2, is for a command line that makes no sense."""

from __future__ import annotations

TOLD_TO_END = 0
LOGIN_REFUSED = 3
LEDGER_UNUSABLE = 4
PORT_TAKEN = 5
PASSWORD_UNREADABLE = 6
SECOND_FACTOR_MISSED = 7
SCENARIO_UNUSABLE = 8
