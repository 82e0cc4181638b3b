"""The figures of an account between the loop, where the broker says them, and the thread that writes them.

A login says a hundred of them at once, and a tick of a position changes a dozen. Only the newest of each is worth a
row: all that came while the database was busy goes into one statement.
"""

from __future__ import annotations

import threading
from uuid import UUID

from brokers.domain import AccountValue
from webapp.trading import account_values
from workers.database import PASSING_ERRORS

Key = tuple[str, str, str]


class NewestValues:
    """`put` on the loop, `write` in a thread."""

    def __init__(self, account_id: UUID) -> None:
        self._account_id = account_id
        self._lock = threading.Lock()
        self._waiting: dict[Key, AccountValue] = {}

    def put(self, value: AccountValue) -> bool:
        """Whether a `write` has to be asked for: the first that waits needs one, those after it go with it."""
        with self._lock:
            was_empty = not self._waiting
            self._waiting[value.account_code, value.tag, value.currency] = value
        return was_empty

    def write(self) -> None:
        """While the database is away they wait on, and are newer by the next try; what it refuses is dropped."""
        with self._lock:
            values, self._waiting = self._waiting, {}
        try:
            account_values.record(account_id=self._account_id, values=values.values())
        except PASSING_ERRORS:
            with self._lock:
                self._waiting = values | self._waiting
            raise
