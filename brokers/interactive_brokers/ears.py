"""What the gateway can say, and who listens."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable
from enum import Enum, auto
from typing import Any

log = logging.getLogger(__name__)


class Word(Enum):
    """What the gateway can say. Its arguments are those of IB's callback of that name."""

    OPEN_ORDER = auto()  # Contract, Order, OrderState
    COMPLETED_ORDER = auto()  # Contract, Order, OrderState
    ORDER_STATUS = auto()  # order id, status, filled, average price, perm id, client id, why held
    EXECUTION = auto()  # Contract, Execution
    COMMISSION = auto()  # CommissionReport
    POSITION = auto()  # account code, Contract, size, average cost
    ACCOUNT_VALUE = auto()  # account code, tag, value, currency
    ERROR = auto()  # request or order id, code, text, whether it answers a request that waits, Contract | None
    TICKERS = auto()  # set of Ticker
    UNREADABLE = auto()  # what it was


_SUBJECTS = {
    Word.OPEN_ORDER: "an order",
    Word.COMPLETED_ORDER: "an order",
    Word.ORDER_STATUS: "an order",
    Word.EXECUTION: "an execution",
    Word.COMMISSION: "a commission",
    Word.POSITION: "a position",
    Word.ACCOUNT_VALUE: "the account",
    Word.TICKERS: "a quote",
}


class Ears:
    """Who listens to which word. Listeners are kept by strong reference; `eventkit` would let a bound method die."""

    def __init__(self) -> None:
        self._listeners: defaultdict[Word, list[Callable[..., None]]] = defaultdict(list)

    def hear(self, word: Word, listener: Callable[..., None]) -> None:
        self._listeners[word].append(listener)

    def tell(self, word: Word, *said: Any) -> None:
        """A listener that fails is logged, and its message told of as unreadable; the next one still hears it."""
        for listener in self._listeners[word]:
            try:
                listener(*said)
            except Exception:
                log.exception("a listener failed on %s %r", word.name, said)
                if word is not Word.UNREADABLE:
                    self.tell(Word.UNREADABLE, f"something about {_SUBJECTS.get(word, 'the session')}")
