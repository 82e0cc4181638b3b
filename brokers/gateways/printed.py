"""How far a simulated gateway's login is, read from the lines that it prints; its `__main__` lists them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from brokers.gateways.base import LoggingIn, LoginEnded, LoginWord, SecondFactorAsked, SecondFactorUnanswered

_ASKED = re.compile(r"second factor needed: attempt (\d+) of (\d+), until (\S+\+00:00)")
_ANSWERED = re.compile(r"second factor (approved|denied|timed out): attempt (\d+) of (\d+)")


def read_login(lines: Iterable[str]) -> list[LoginWord] | None:
    """The words since it last listened, oldest first; None while it listens."""
    words: list[LoginWord] | None = []
    for line in lines:
        if line.startswith("listening on "):
            words = None
        elif (word := _word(line)) is not None:
            words = [*(words or []), word]
    return words


def _word(line: str) -> LoginWord | None:
    if line.startswith("login expired: "):
        return LoginEnded()
    if asked := _ASKED.fullmatch(line):
        return SecondFactorAsked(int(asked[1]), int(asked[2]), datetime.fromisoformat(asked[3]))
    if answered := _ANSWERED.fullmatch(line):
        confirmed = answered[1] == "approved"
        return LoggingIn() if confirmed else SecondFactorUnanswered(int(answered[2]), int(answered[3]))
    return None
