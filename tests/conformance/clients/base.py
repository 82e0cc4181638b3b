"""What the session asks of a client. Every answer is made of plain values, see `facts`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from tests.conformance.clients.accounts import Accounts
    from tests.conformance.clients.heard import Heard, Mark
    from tests.conformance.clients.orders import Orders

Answer = Any
# A contract's or an order's fields by IB's own names.
Fields = dict[str, Any]

DEADLINE = 20.0


class Refused(Exception):
    """The gateway refused a request, with IB's code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"refused with {code}")
        self.code = code


class NoAnswer(Exception):
    """The gateway answered other things, and not this."""


class Link(ABC):
    """One connection, and what was heard over it."""

    heard: Heard

    @abstractmethod
    def connect(self, host: str, port: int, client_id: int) -> Answer:
        """The account codes and the server's version. Raises Refused. May be called again after `close`."""

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def wait_for_notice(self, code: int) -> None:
        """Returns once the gateway has said this about no request."""

    @abstractmethod
    def wait_for_end(self) -> None:
        """Returns once the gateway has hung up."""

    @abstractmethod
    def new_id(self) -> int: ...

    @abstractmethod
    def call(self, request: str, *arguments: Any) -> None:
        """Sends a request, by the name that IB's own client has for it."""

    @abstractmethod
    def current_time(self) -> int:
        """The gateway's, in seconds since 1970."""

    def settle(self) -> None:
        """Returns once everything that the gateway has said so far was read: it answers in order."""
        self.current_time()

    @abstractmethod
    def contract(self, query: Fields) -> Any: ...

    @abstractmethod
    def order(self, terms: Fields) -> Any: ...

    @contextmanager
    def listening(self) -> Iterator[Mark]:
        """What is said while it lasts, and in answer to it."""
        mark = self.heard.mark()
        yield mark
        self.settle()


class Instruments(Protocol):
    """Raise Refused, as `History` does."""

    def search(self, text: str) -> Answer: ...

    def details(self, query: Fields) -> Answer: ...

    def market_rule(self, rule_id: int) -> Answer: ...

    def chains(self, symbol: str, kind: str, con_id: int, exchange: str = "") -> Answer:
        """The option chains on an underlying; on a future, of an exchange."""

    def depth_exchanges(self) -> Answer: ...


class Stream(Protocol):
    def told(self) -> Answer:
        """What it tells by now. None for a stream that never began."""

    def end(self) -> None: ...


class Streams(Protocol):
    """A stream that is refused is told so by a code, and never begins."""

    def take_kind(self, kind: int) -> None:
        """The market data type of what is asked from now on."""

    def quotes(self, query: Fields, *, generic_ticks: str = "") -> Stream: ...

    def snapshot(self, query: Fields) -> Answer: ...

    def depth(self, query: Fields, *, is_smart: bool = False) -> Stream: ...

    def ticks(self, query: Fields, kind: str) -> Stream: ...

    def bars(self, query: Fields, what: str) -> Stream: ...

    def chart(self, query: Fields, *, duration: str, size: str, what: str) -> Stream: ...


class History(Protocol):
    """Times are in UTC, as IB writes them: 20261117-21:00:00."""

    def bars(self, query: Fields, *, end: str, duration: str, size: str, what: str, regular: bool) -> Answer: ...

    def head_timestamp(self, query: Fields, what: str) -> Answer: ...

    def ticks(self, query: Fields, *, start: str, end: str, count: int, what: str) -> Answer: ...

    def schedule(self, query: Fields, *, end: str, days: int) -> Answer: ...


@dataclass(frozen=True)
class Client:
    link: Link
    instruments: Instruments
    streams: Streams
    history: History
    orders: Orders
    accounts: Accounts
