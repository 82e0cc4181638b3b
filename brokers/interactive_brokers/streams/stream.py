"""What every stream has: a request at IB, and whether what it told can be relied on."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

from ib_insync import Ticker

from brokers.config import InteractiveBrokersDataClientConfig
from brokers.domain import Instrument, Notice, StreamKind, StreamStatus
from brokers.interactive_brokers.budget import Slots
from brokers.interactive_brokers.connection import InteractiveBrokersConnection
from brokers.interactive_brokers.link.health import FarmKind
from brokers.interactive_brokers.link.session import Session
from brokers.interactive_brokers.retry import Retry
from brokers.listener import LinkState, NodeListener

_RELIABLE = "It comes again."


@dataclass(slots=True)
class Routes:
    """Which stream a word of IB's is for."""

    requests: dict[int, Stream] = field(default_factory=dict)
    tickers: dict[Ticker, Stream] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parts:
    """What each stream of one data client stands on."""

    config: InteractiveBrokersDataClientConfig
    connection: InteractiveBrokersConnection
    listener: NodeListener
    routes: Routes
    lines: Slots


class Stream(ABC):
    """One subscription. `request_id` is None while IB isn't asked for it.

    `open` and `close` may be called again and again: after a reconnect, when IB has dropped it, when nothing comes.
    """

    kind: ClassVar[StreamKind]
    farms: ClassVar[frozenset[FarmKind]] = frozenset({FarmKind.QUOTES})  # the kinds of farms that it comes from

    def __init__(self, parts: Parts, instrument: Instrument) -> None:
        self._parts = parts
        self.instrument = instrument
        self.request_id: int | None = None
        self.opened_at = 0.0
        self.heard_at: float | None = None  # since it was opened
        self.retry = Retry(parts.config.retry_after)
        self.is_stale: bool | None = False
        self._reason = ""

    @property
    @abstractmethod
    def patience(self) -> float:
        """For how many seconds of trading hours it may be quiet and yet be relied on."""

    @property
    def slots(self) -> Sequence[Slots]:
        """What it takes one of."""
        return (self._parts.lines,)

    @abstractmethod
    def open(self) -> None:
        """Raises LinkLost without a connection, ValueError for an instrument that can't be written to IB."""

    @abstractmethod
    def _cancel(self, session: Session, request_id: int) -> None: ...

    def close(self) -> None:
        """Nothing is sent when there is no connection, which carried the subscription away with it."""
        request_id = self.request_id
        self.forget()
        if request_id is not None and self._parts.connection.link is not LinkState.DOWN:
            self._cancel(self._parts.connection.session, request_id)

    def reopen(self) -> None:
        self.close()
        self.open()

    def forget(self) -> None:
        """IB no longer serves it."""
        if self.request_id is not None:
            self._parts.routes.requests.pop(self.request_id, None)
            self.request_id = self.heard_at = None

    def fail(self, reason: str, *, for_good: bool = False) -> None:
        """IB has refused it. Unless `for_good`, it's asked for again later.

        It's cancelled all the same: not every refusal ends a request at IB, and a cancel of none does no harm.
        """
        self.close()
        self.stand(is_stale=True, reason=reason)
        if not for_good:
            self.retry.plan(self.now())

    def hear(self) -> None:
        """IB has said something of it, by itself."""
        self.confirm()
        self.retry.reset()

    def confirm(self) -> None:
        """IB has said how it stands. When that was an answer, whether more comes by itself is still to be seen."""
        self.heard_at = self.now()
        self.retry.withdraw()
        # What still comes of before IB was lost, is old.
        if self.is_stale is not False and self._parts.connection.link is not LinkState.BROKER_LOST:
            self.stand(is_stale=False, reason=_RELIABLE)

    def quiet_since(self) -> float:
        return self.opened_at if self.heard_at is None else self.heard_at

    def start_waiting(self) -> None:
        """Silence up to now is explained."""
        self.opened_at, self.heard_at = self.now(), None

    def stand(self, *, is_stale: bool | None, reason: str) -> None:
        """Tells the listener, once."""
        if is_stale is not self.is_stale:
            self.is_stale, self._reason = is_stale, reason
            self._tell_status()

    def notice(self, code: int, text: str) -> None:
        self._parts.listener.on_notice(
            Notice(code=code, message=text, at=datetime.now(UTC), con_id=self.instrument.con_id)
        )

    def _tell_status(self) -> None:
        self._parts.listener.on_stream_status(self._status())

    def _status(self) -> StreamStatus:
        return StreamStatus(
            con_id=self.instrument.con_id,
            at=datetime.now(UTC),
            is_stale=self.is_stale,
            reason=self._reason,
            stream=self.kind,
        )

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def _bind(self, request_id: int) -> None:
        """IB is asked from here on, so its silence counts from here on."""
        self.start_waiting()
        self.request_id = request_id
        self._parts.routes.requests[request_id] = self


class PromptStream(Stream):
    """One whose request leaves as soon as it's opened."""

    def open(self) -> None:
        self._bind(self._ask(self._parts.connection.session))

    @abstractmethod
    def _ask(self, session: Session) -> int:
        """Sends the request and returns its id."""
