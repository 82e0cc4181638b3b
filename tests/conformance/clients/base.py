"""What the session asks of a client. Every answer is made of plain values, see `facts`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

Answer = Any
# A contract's or an order's fields by IB's own names.
Fields = dict[str, Any]
Step = Callable[[], None]

DEADLINE = 20.0


class Refused(Exception):
    """The gateway refused a request, with IB's code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"refused with {code}")
        self.code = code


class Client(ABC):
    """One connection. Calls block until the answer is whole; `Refused` carries the code of a refusal."""

    @abstractmethod
    def connect(self, host: str, port: int, client_id: int) -> Answer: ...

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def search(self, text: str) -> Answer: ...

    @abstractmethod
    def details(self, query: Fields) -> Answer: ...

    @abstractmethod
    def market_rule(self, rule_id: int) -> Answer: ...

    @abstractmethod
    def option_chain(self, symbol: str, con_id: int) -> Answer: ...

    @abstractmethod
    def quotes(self, query: Fields, step: Step) -> Answer:
        """The quote at once, and again after `step`."""

    @abstractmethod
    def ticks(self, query: Fields, step: Step) -> Answer:
        """Bid and ask, tick by tick, over one `step`."""

    @abstractmethod
    def live_bar(self, query: Fields, step: Step) -> Answer:
        """The first 5-second bar, which the clock makes while the market steps."""

    @abstractmethod
    def depth(self, query: Fields, step: Step) -> Answer:
        """The whole book at once, and again after `step`."""

    @abstractmethod
    def bars(self, query: Fields, *, end: str, duration: str, size: str, what: str) -> Answer: ...

    @abstractmethod
    def head_timestamp(self, query: Fields) -> Answer: ...

    @abstractmethod
    def past_ticks(self, query: Fields, *, end: str, count: int) -> Answer: ...

    @abstractmethod
    def preview(self, query: Fields, terms: Fields) -> Answer: ...

    @abstractmethod
    def place(self, query: Fields, terms: Fields) -> int:
        """The order's id, once the gateway has said all that it says at once."""

    @abstractmethod
    def modify(self, order_id: int, changes: Fields) -> None: ...

    @abstractmethod
    def cancel(self, order_id: int) -> None: ...

    @abstractmethod
    def cancel_all(self) -> None: ...

    @abstractmethod
    def settle(self) -> None:
        """Returns once everything that the gateway has said so far was read."""

    @abstractmethod
    def status(self, order_id: int) -> Answer: ...

    @abstractmethod
    def codes(self, order_id: int) -> Answer:
        """The codes that came about this order, oldest first."""

    @abstractmethod
    def open_orders(self) -> Answer: ...

    @abstractmethod
    def completed_orders(self) -> Answer: ...

    @abstractmethod
    def executions(self) -> Answer: ...

    @abstractmethod
    def positions(self) -> Answer: ...

    @abstractmethod
    def summary(self, tags: list[str]) -> Answer: ...

    @abstractmethod
    def profit_and_loss(self, account: str, con_id: int) -> Answer: ...
