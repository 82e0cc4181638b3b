"""What a gateway logged, asked of the workers: nothing here reaches its files or its container."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from webapp.bus import questions

LINES = 200


@dataclass(frozen=True, slots=True)
class GatewayLog:
    """The newest lines, oldest first, with the login masked; or a sentence that says why there are none."""

    lines: list[str]
    why_none: str = ""


def read(account_id: uuid.UUID) -> GatewayLog:
    """Blocks for some seconds at most. The caller has checked who asks."""
    try:
        answer = questions.ask(account_id, "log", {"lines": LINES})
    except questions.Refused as refusal:
        return GatewayLog([], str(refusal))
    except questions.NoAnswer as none:
        return GatewayLog([], f"{none} A gateway that doesn't run may have left no log.")
    lines = [str(line) for line in answer["lines"]]
    return GatewayLog(lines, "" if lines else "The gateway has logged nothing yet.")
