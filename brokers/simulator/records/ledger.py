"""What this gateway saw and did, as JSON lines that are only ever added to.

Tests judge by it, and a restarted gateway reads it to know its orders, executions and positions again. A row is
written and flushed before the answer that it stands for leaves. Every row has `kind` and `at` (UTC, ISO
8601); numbers that count money, prices or sizes are strings. What else each kind holds:

    gateway      event (started | stopped), account, seed, read_only
    connection   event (opened | refused | closed), client_id, peer, reason
    order        event (new | modify | doubled | what_if | dropped | elsewhere), order_id, client_id, perm_id,
                 order_ref, account, con_id, symbol, side, order_type, quantity, limit_price, time_in_force, message
                 (every field as received). One row for each placeOrder that could be read, before it is judged; con_id
                 (0 or null for none) and symbol are what the client named. `doubled` is a modify that became an order
                 of its own, `dropped` a new order that got no word and never existed, `elsewhere` one that a person
                 placed by hand.
    refusal      order_id, client_id, perm_id, order_ref, code, text. For a new order and for a modify alike.
    status       order_id, client_id, perm_id, order_ref, account, status and why_held (IB's words), filled, remaining,
                 average_price, completed, done_at, course (how far it has come beyond what was asked: elected, where
                 its stop stands, when it is due or ends; only what is not as at the beginning)
    execution    exec_id, order_id, client_id, perm_id, order_ref, account, con_id, symbol, side, quantity, price,
                 exchange, executed_at, cumulative, average_price, corrects (the id of the execution that was wrong, in
                 a correction alone). A combination has one row, and one for each of its legs.
    commission   exec_id, amount, currency, realized_pnl (null for an opening execution). A run that was killed before
                 it could write one has it written by the next run, first of all.
    cancel       order_id, client_id, perm_id (null when no such order), order_ref. One row for each cancel received;
                 a global cancel is one row with order_id null.
    request      client_id, message_id, name (IB's), request_id (null where it has none), fate (served | waits, for a
                 link that is down | ignored), fields (at most 64 of them, and 80 characters of each). One row for each
                 message of a started client; a served order or cancel has the row above instead, and a
                 served reqCurrentTime, a client's heartbeat, has none.
    unreadable   client_id, message_id, reason. A message that could not be read, is not known here, or came over the
                 rate: nothing was done with it.
    scenario     verb, arguments (as given), by (at once | at 2.5 | after placeOrder 3 | before placeOrder 3 | control |
                 call), error. One row for each step, before it is done, with error null; a step that could not be done
                 has a second row that says why.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from brokers.simulator.wire import plain

log = logging.getLogger(__name__)

Row = dict[str, Any]

# What only tells what was seen changes nothing when it is read back. There is much of it, and `write` puts the kind
# first, so that nothing else of such a line needs to be read.
_ONLY_SEEN = tuple(f'{{"kind": "{kind}", ' for kind in ("request", "scenario", "connection", "unreadable"))

_BLOCK = 64 * 1024


class LedgerError(Exception):
    """The ledger can't be read back or written. Going on without it would lose orders, so the gateway doesn't start."""


class Ledger:
    """Appends rows to a file; without a path it keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def replay(self) -> Iterator[Row]:
        """The rows of earlier runs that say how things stand, oldest first. Raises LedgerError on what is no row."""
        if self._path is None or not self._path.exists():
            return
        try:
            self._drop_torn_line(self._path)
            yield from self._rows(self._path)
        except OSError as error:
            raise LedgerError(f"the ledger {self._path.name} can't be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise LedgerError(
                f"the ledger {self._path.name} is not UTF-8 ({error.reason}); move the file away to begin anew"
            ) from error

    @staticmethod
    def _rows(path: Path) -> Iterator[Row]:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.startswith(_ONLY_SEEN):
                    yield _parse(line, number, path)

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
        with path.open("r+b") as file:
            size = file.seek(0, os.SEEK_END)
            whole = _end_of_last_line(file, size)
            if whole < size:
                log.warning("the ledger's last line was never finished; %d bytes dropped", size - whole)
                file.truncate(whole)


def _end_of_last_line(file: IO[bytes], size: int) -> int:
    """Where the last whole line ends, looked for from the back: the file may be long."""
    end = size
    while end > 0:
        start = max(end - _BLOCK, 0)
        file.seek(start)
        newline = file.read(end - start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


def _parse(line: str, number: int, path: Path) -> Row:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
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
