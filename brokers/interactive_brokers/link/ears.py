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
    PROFIT_AND_LOSS = auto()  # request id, convert.SaidProfit
    ERROR = auto()  # request or order id, code, text, whether it answers a request that waits, Contract | None
    TICKERS = auto()  # set of Ticker
    LAST = auto()  # request id, price (None when the tick is of a size alone), size
    LAST_TIME = auto()  # request id, when that was, in seconds since 1970
    TRADE = auto()  # tick by tick: request id, seconds since 1970, price, size, exchange
    DEPTH_ROW = auto()  # request id, position, market maker, operation, side, price, size
    FIVE_SECOND_BAR = auto()  # request id, convert.SaidBar
    BAR_UPDATE = auto()  # request id, BarData
    CAUGHT_UP = auto()  # nothing: all that came in one piece has been told
    UNREADABLE = auto()  # what it was, and whether it may have been about orders, executions or commissions
    BROKEN = auto()  # why nothing more can be read from this connection


_SUBJECTS = {
    Word.OPEN_ORDER: "an order",
    Word.COMPLETED_ORDER: "an order",
    Word.ORDER_STATUS: "an order",
    Word.EXECUTION: "an execution",
    Word.COMMISSION: "a commission",
    Word.POSITION: "a position",
    Word.ACCOUNT_VALUE: "the account",
    Word.PROFIT_AND_LOSS: "profit and loss",
    Word.TICKERS: "a quote",
    Word.LAST: "a trade",
    Word.LAST_TIME: "a trade",
    Word.TRADE: "a trade",
    Word.DEPTH_ROW: "a book",
    Word.FIVE_SECOND_BAR: "a bar",
    Word.BAR_UPDATE: "a bar",
}

# Without one of these the book of orders may be wrong.
_OF_ORDERS = frozenset({Word.OPEN_ORDER, Word.COMPLETED_ORDER, Word.ORDER_STATUS, Word.EXECUTION, Word.COMMISSION})


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
                    self.tell(
                        Word.UNREADABLE, f"something about {_SUBJECTS.get(word, 'the session')}", word in _OF_ORDERS
                    )
