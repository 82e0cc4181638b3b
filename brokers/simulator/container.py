"""`python -m brokers.simulator.container`: the simulator under the contract of the common gateway image.

Told by the variables TWS_USERID, TWS_PASSWORD_FILE, TRADING_MODE, READ_ONLY_API and TWS_SETTINGS_PATH, under which its
ledger lies; listens on 4003 for a live login and on 4004 for a paper one; and says what IBC says, in IBC's words.
Arguments are passed on to `python -m brokers.simulator`.
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import FrameType

PORTS = {"live": 4003, "paper": 4004}

# What the simulator says, by its beginning, and what IBC says of the same (https://github.com/IbcAlpha/IBC).
_WORDS = {
    "second factor needed: ": ["Second Factor Authentication initiated"],
    "listening on ": ["Login has completed", "Configuration tasks completed"],
    "login failed: ": ["Unrecognized Username or Password"],
    "second factor missed: ": ["IBC closing after Second Factor Authentication dialog timeout"],
    "login expired: ": ["Re-login is required"],
}


class ContractBroken(Exception):
    """A variable is missing or makes no sense."""


def main() -> int:
    try:
        command = [sys.executable, "-u", "-m", "brokers.simulator", *arguments(os.environ), *sys.argv[1:]]
    except ContractBroken as error:
        _say(str(error))
        return 2
    simulator = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # noqa: S603

    def pass_on(number: int, _frame: FrameType | None) -> None:
        simulator.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, pass_on)
    assert simulator.stdout is not None  # noqa: S101 - a pipe was asked for
    for line in simulator.stdout:
        _translate(line.rstrip("\n"))
    return simulator.wait()


def arguments(variables: Mapping[str, str]) -> list[str]:
    """Raises ContractBroken."""
    mode = variables.get("TRADING_MODE", "paper")
    if mode not in PORTS:
        raise ContractBroken(f"TRADING_MODE is {mode!r}; it must be live or paper")
    username = _required(variables, "TWS_USERID")
    ledger = Path(_required(variables, "TWS_SETTINGS_PATH")) / _ledger_name(username, mode)
    told = ["--host", "0.0.0.0", "--port", str(PORTS[mode]), "--trading-mode", mode]  # noqa: S104 - its own network
    told += ["--username", username, "--password-file", _required(variables, "TWS_PASSWORD_FILE")]
    told += ["--ledger", str(ledger)]
    return [*told, "--read-only"] if variables.get("READ_ONLY_API") == "yes" else told


def _ledger_name(username: str, mode: str) -> str:
    """One for each login: another's orders are no use to it. A username can hold what a file's name can't."""
    login = hashlib.sha256(f"{username}\0{mode}".encode()).hexdigest()
    return f"ledger-{login[:16]}.jsonl"


def _required(variables: Mapping[str, str], name: str) -> str:
    if not variables.get(name):
        raise ContractBroken(f"{name} is not set")
    return variables[name]


def _translate(line: str) -> None:
    sys.stdout.write(line + "\n")
    for said, words in _WORDS.items():
        if line.startswith(said):
            for word in words:
                _say(word)
    sys.stdout.flush()


def _say(words: str) -> None:
    """As IBC writes a line."""
    moment = datetime.now().astimezone()
    sys.stdout.write(f"{moment:%Y-%m-%d %H:%M:%S}:{moment.microsecond // 1000:03} IBC: {words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
