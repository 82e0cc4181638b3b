"""The answers side by side: a table of request by client, and what differs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tests.conformance.rows import Row

Told = Mapping[str, Any]  # {"answer": ..., "codes": [...]} or {"failed": why}
Answers = Mapping[str, Told]  # by the row's name

AGREES, DIFFERS, WRONG, FAILED = "agrees", "DIFFERS", "WRONG", "FAILED"
_LONGEST = 2000


def verdicts(by_client: Mapping[str, Answers], rows: Iterable[Row]) -> dict[str, dict[str, str]]:
    """Row -> client -> verdict. All but the first client are held against the first that has an answer."""
    return {row.name: _verdicts_on(row, by_client) for row in rows}


def _verdicts_on(row: Row, by_client: Mapping[str, Answers]) -> dict[str, str]:
    told = {client: answers.get(row.name, {"failed": "never asked"}) for client, answers in by_client.items()}
    first = next((one for one in told.values() if "failed" not in one), None)
    return {client: _verdict(row, one, first) for client, one in told.items()}


def _verdict(row: Row, told: Told, first: Told | None) -> str:
    if "failed" in told:
        return FAILED
    if not row.is_met_by(told):
        return WRONG
    return AGREES if told == first else DIFFERS


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
