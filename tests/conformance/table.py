"""The answers side by side: a table of request by client, and what differs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

Answers = Mapping[str, Mapping[str, Any]]  # request -> {"answer": ...} or {"failed": why}

AGREES, DIFFERS, WRONG, FAILED = "agrees", "DIFFERS", "WRONG", "FAILED"
Expected = Callable[[str, Any], bool]  # request, answer -> whether it says what it has to
_LONGEST = 2000


def verdicts(by_client: Mapping[str, Answers], is_expected: Expected) -> dict[str, dict[str, str]]:
    """Request -> client -> verdict. All but the first client are held against the first that has an answer."""
    requests = list(dict.fromkeys(request for answers in by_client.values() for request in answers))
    return {request: _verdicts_on(request, by_client, is_expected) for request in requests}


def _verdicts_on(request: str, by_client: Mapping[str, Answers], is_expected: Expected) -> dict[str, str]:
    told = {client: answers.get(request, {"failed": "never asked"}) for client, answers in by_client.items()}
    first = next((one["answer"] for one in told.values() if "answer" in one), None)
    return {client: _verdict(one, first, lambda answer: is_expected(request, answer)) for client, one in told.items()}


def _verdict(told: Mapping[str, Any], first: Any, is_right: Callable[[Any], bool]) -> str:
    if "failed" in told:
        return FAILED
    if not is_right(told["answer"]):
        return WRONG
    return AGREES if told["answer"] == first else DIFFERS


def is_green(found: Mapping[str, Mapping[str, str]]) -> bool:
    return bool(found) and all(verdict == AGREES for row in found.values() for verdict in row.values())


def rendered(found: Mapping[str, Mapping[str, str]], clients: tuple[str, ...]) -> str:
    widths = [max(map(len, [*found, "request"])), *(max(len(client), len(DIFFERS)) for client in clients)]
    rows = [("request", *clients), tuple("-" * width for width in widths)]
    rows += [(request, *(row[client] for client in clients)) for request, row in found.items()]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def differences(found: Mapping[str, Mapping[str, str]], by_client: Mapping[str, Answers]) -> str:
    """What each client got, for each request on which they don't agree."""
    parts: list[str] = []
    for request, row in found.items():
        if any(verdict != AGREES for verdict in row.values()):
            parts.append(f"\n{request}")
            parts += [f"  {client}: {_shown(by_client[client].get(request))}" for client in row]
    return "\n".join(parts)


def _shown(told: Any) -> str:
    text = json.dumps(told, sort_keys=True)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"
