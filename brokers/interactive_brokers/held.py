"""What is held, by IB's word.

IB lists no position that is closed: one that closed while nobody listened is known by its absence from a whole answer.
"""

from __future__ import annotations

from collections.abc import Iterator

from ib_insync import Contract

from brokers.interactive_brokers import convert

_Key = tuple[str, int]


class Held:
    """For the life of one node: it outlives a connection."""

    def __init__(self) -> None:
        self._contracts: dict[_Key, Contract] = {}
        self._told: set[_Key] = set()  # since the question

    def begin_question(self) -> None:
        self._told.clear()

    def note(self, account_code: str, contract: Contract, size: float) -> None:
        key = account_code, convert.con_id(contract)
        self._told.add(key)
        if size:
            self._contracts[key] = contract
        else:
            self._contracts.pop(key, None)

    def untold(self) -> Iterator[tuple[str, Contract]]:
        """The accounts and contracts of which a whole answer said nothing: they are closed."""
        for key in self._contracts.keys() - self._told:
            yield key[0], self._contracts[key]
