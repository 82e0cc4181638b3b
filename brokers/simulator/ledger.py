"""What this gateway saw and did, as JSON lines that are only ever added to.

Tests judge by it, and a restarted gateway reads it to know its orders, executions and positions again. A row is
written and flushed before the answer that it stands for leaves. Every row has `kind` and `at` (UTC, ISO
8601); numbers that count money, prices or sizes are strings. What else each kind holds:

    gateway      event (started | stopped), account, seed, read_only
    connection   event (opened | refused | closed), client_id, peer, reason
    order        event (new | modify | what_if), order_id, client_id, perm_id, order_ref, account, con_id, symbol, side,
                 order_type, quantity, limit_price, time_in_force, message (every field as received). One row for each
                 placeOrder that could be read, before it is judged; con_id (0 or null for none) and symbol are
                 what the client named.
    refusal      order_id, client_id, perm_id, order_ref, code, text. For a new order and for a modify alike.
    status       order_id, client_id, perm_id, order_ref, status (IB's word), filled, remaining, average_price
    execution    exec_id, order_id, client_id, perm_id, order_ref, account, con_id, symbol, side, quantity, price,
                 exchange, cumulative, average_price
    commission   exec_id, amount, currency, realized_pnl (null for an opening execution)
    cancel       order_id, client_id, perm_id (null when no such order), order_ref. One row for each cancel received;
                 a global cancel is one row with order_id null.
    unreadable   client_id, message_id, reason. A message that could not be read, is not known here, or came over the
                 rate: nothing was done with it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from brokers.simulator.wire import plain

log = logging.getLogger(__name__)

Row = dict[str, Any]


class LedgerError(Exception):
    """The ledger can't be read back or written. Going on without it would lose orders, so the gateway doesn't start."""


class Ledger:
    """Appends rows to a file; without a path it keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def replay(self) -> Iterator[Row]:
        """The rows of earlier runs, oldest first. Raises LedgerError on a line that is not a row."""
        if self._path is None or not self._path.exists():
            return
        self._drop_torn_line(self._path)
        with self._path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                yield _parse(line, number, self._path)

    def open(self) -> None:
        """Raises LedgerError when the file can't be written."""
        if self._path is None:
            return
        try:
            self._file = self._path.open("a", encoding="utf-8")
        except OSError as error:
            raise LedgerError(f"the ledger {self._path.name} can't be written: {error.strerror}") from error

    def write(self, kind: str, **columns: Any) -> None:
        if self._file is None:
            return
        row = {"kind": kind, "at": datetime.now(UTC).isoformat(), **columns}
        self._file.write(json.dumps(row, default=_plain) + "\n")
        self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    @staticmethod
    def _drop_torn_line(path: Path) -> None:
        """A kill can leave half a row at the end. Its answer never left, so nobody knows of it."""
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            log.warning("the ledger's last line was never finished; %d bytes dropped", len(content) - whole)
            with path.open("r+b") as file:
                file.truncate(whole)


def _parse(line: str, number: int, path: Path) -> Row:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise LedgerError(
            f"line {number} of the ledger {path.name} is not JSON; move the file away to begin anew"
        ) from error
    if not isinstance(row, dict) or "kind" not in row:
        raise LedgerError(f"line {number} of the ledger {path.name} is not a row; move the file away to begin anew")
    return row


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"a ledger row can't hold a {type(value).__name__}")
