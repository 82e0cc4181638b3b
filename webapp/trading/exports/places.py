"""How many exports may go on at once in a process, each with a database connection of its own."""

from __future__ import annotations

from collections.abc import Hashable
from threading import Lock
from weakref import WeakKeyDictionary

MOST = 4
MOST_OF_ONE_USER = 2
# Seconds after which to ask again.
RETRY_AFTER = 30


class TooManyExports(Exception):
    """The user's own exports are still going on."""


class ExportsBusy(Exception):
    """Other people's are."""


class Places:
    """A place is held until it is given back, or until its holder is no more: a response can be lost on its way."""

    def __init__(self) -> None:
        self._users: WeakKeyDictionary[object, Hashable] = WeakKeyDictionary()
        self._lock = Lock()

    def take(self, holder: object, *, user: Hashable) -> None:
        """Raises TooManyExports or ExportsBusy, and then takes none."""
        with self._lock:
            users = list(self._users.values())
            if users.count(user) >= MOST_OF_ONE_USER:
                raise TooManyExports(
                    f"{MOST_OF_ONE_USER} exports of yours are going on. Wait for one to end, or stop it, and ask again."
                )
            if len(users) >= MOST:
                raise ExportsBusy(f"{MOST} exports are going on, and there is room for no more. Ask again in a minute.")
            self._users[holder] = user

    def give_back(self, holder: object) -> None:
        with self._lock:
            self._users.pop(holder, None)

    def taken(self) -> int:
        with self._lock:
            return len(self._users)


places = Places()
