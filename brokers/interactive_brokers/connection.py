"""The one connection to a gateway: opened, asked, watched and closed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from ib_insync import Contract
from ib_insync.wrapper import RequestError

from brokers.config import TradingNodeConfig
from brokers.domain import OURS, Notice
from brokers.interactive_brokers import errors
from brokers.interactive_brokers.errors import Context, Meaning
from brokers.interactive_brokers.link.ears import Ears, Word
from brokers.interactive_brokers.link.handshake import LastError, shake_hands
from brokers.interactive_brokers.link.health import FarmKind, LinkHealth, farm_kind, farm_name, new_port
from brokers.interactive_brokers.link.heartbeat import until_silent
from brokers.interactive_brokers.link.leaving import take_leave
from brokers.interactive_brokers.link.reconnecting import Backoff
from brokers.interactive_brokers.link.session import Session
from brokers.listener import LinkState, NodeListener
from brokers.refusals import AccountMissing, GatewayUnreachable, LinkLost, NoAnswer, RequestRefused

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

# What the gateway says all day without meaning anything for the user.
_SMALL_TALK = (Meaning.FARM_BACK, Meaning.FARM_ASLEEP)


class InteractiveBrokersConnection:
    """Owns the `ib_insync` session, which nothing else makes or closes. Can connect again after its link was lost."""

    def __init__(self, *, config: TradingNodeConfig, listener: NodeListener) -> None:
        self._config = config
        self._listener = listener
        self._ears = Ears()
        self._session: Session | None = None
        self._closed: asyncio.Future[str] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._patience: asyncio.TimerHandle | None = None  # with a gateway that has lost IB
        self._stopping = False
        self._last_error: LastError = (0, "")
        self._health = LinkHealth()
        self._moved_to: int | None = None  # the port that a 1300 named
        self._told = LinkState.DOWN
        self._welcome = False  # the handshake was completed, and with the expected account
        self._account_codes: list[str] = []
        self._on_streams_lost: list[Callable[[], None]] = []
        self._on_farm: list[Callable[[FarmKind, str, bool], None]] = []
        self._on_begin: list[Callable[[], None]] = []
        self._on_back: list[Callable[[], None]] = []
        self._on_end: list[Callable[[], None]] = []
        self.hear(Word.ERROR, self._on_error)
        self.hear(Word.UNREADABLE, self._on_unreadable)
        self.hear(Word.BROKEN, self._hang_up)

    def reconfigure(self, config: TradingNodeConfig) -> None:
        """From the next `connect` on: a gateway that was started again can have another address."""
        self._config, self._moved_to = config, None

    def hear(self, word: Word, listener: Callable[..., None]) -> None:
        self._ears.hear(word, listener)

    def when_it_begins(self, listener: Callable[[], None]) -> None:
        """Called when a handshake was completed, before anybody is told that the link is up."""
        self._on_begin.append(listener)

    def when_ib_is_back(self, listener: Callable[[], None]) -> None:
        """Called when the gateway has IB again (1101, 1102): what IB said meanwhile may never be said again."""
        self._on_back.append(listener)

    def when_streams_are_lost(self, listener: Callable[[], None]) -> None:
        """Called when IB is back but has dropped our streams (1101): they must be asked for again."""
        self._on_streams_lost.append(listener)

    def when_a_farm_changes(self, listener: Callable[[FarmKind, str, bool], None]) -> None:
        """Called with the name of a farm that is down (False), or that is there again (True)."""
        self._on_farm.append(listener)

    def when_it_ends(self, listener: Callable[[], None]) -> None:
        """Called when a session is over, whoever ended it; perhaps more than once."""
        self._on_end.append(listener)

    @property
    def client_id(self) -> int:
        return self._config.client_id

    @property
    def gateway_zone(self) -> ZoneInfo:
        """Of the gateway's times that carry no zone."""
        return ZoneInfo(self._config.gateway_time_zone)

    @property
    def account_codes(self) -> list[str]:
        """The accounts behind the login, in IB's order, as of the last handshake."""
        return list(self._account_codes)

    @property
    def is_stopping(self) -> bool:
        """Whether `close` or `drop` was called; until the next `connect`."""
        return self._stopping

    @property
    def link(self) -> LinkState:
        if self._session is None or not self._session.is_ready or not self._welcome:
            return LinkState.DOWN
        return self._health.state

    @property
    def session(self) -> Session:
        """Raises LinkLost when there is no connection."""
        if self._session is None or not self._session.is_ready:
            raise LinkLost("There is no connection to the gateway.")
        return self._session

    def is_request(self, number: int) -> bool:
        """Whether this connection has given that id to something that is no order: a stream, a question, a preview."""
        return self._session is not None and self._session.is_request(number)

    async def connect(self) -> None:
        """Raises GatewayUnreachable, HandshakeTimedOut, ClientIdInUse, FenceRefused or AccountMissing.

        Goes to the port that the gateway has moved to (1300), until nothing answers there.
        """
        self.drop()
        session, closed = self._begin()
        try:
            await self._shake_hands(session, closed)
            self._account_codes = session.account_codes
            self._require_account()
            self._welcome = True
            self._tell(self._on_begin)
        except BaseException:
            self.drop()
            raise
        self._watch = asyncio.create_task(self._keep_watch(session), name="ib-heartbeat")
        self._tell_link()

    def _begin(self) -> tuple[Session, asyncio.Future[str]]:
        self._stopping = self._welcome = False
        self._last_error = (0, "")
        self._health = LinkHealth()
        self._account_codes = []
        closed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        session = Session(
            self._ears, gateway_time_zone=self._config.gateway_time_zone, admission=self._config.admission
        )
        session.closed.connect(lambda reason: self._on_closed(closed, reason))
        self._session, self._closed = session, closed
        return session, closed

    async def _shake_hands(self, session: Session, closed: asyncio.Future[str]) -> None:
        try:
            await shake_hands(
                session,
                host=self._config.host,
                port=self._moved_to or self._config.port,
                client_id=self._config.client_id,
                deadline=self._config.connect_deadline,
                closed=closed,
                last_error=lambda: self._last_error,
            )
        except GatewayUnreachable:
            self._moved_to = None  # a relay or a container can keep its outer port where it was
            raise

    def _require_account(self) -> None:
        expected = self._config.account_code
        if expected is not None and expected not in self.account_codes:
            raise AccountMissing(f"This login holds {', '.join(self.account_codes)}, and not {expected}.")

    async def ask(
        self, request: Callable[[Session], Awaitable[Answer]], *, what: str, deadline: float | None = None
    ) -> Answer:
        """IB's answer. Raises NoAnswer at the deadline (seconds), RequestRefused with IB's code, or LinkLost.

        `what` is the name of the thing asked for, for those messages.
        """
        seconds = self._config.request_deadline if deadline is None else deadline
        try:
            async with asyncio.timeout(seconds):
                return await request(self.session)
        except TimeoutError:
            raise NoAnswer(f"IB did not answer with {what} within {seconds:g} s.") from None
        except RequestError as error:
            refusal = errors.as_reason(error.code, error.message)
            raise RequestRefused(f"IB refused {what}: {refusal}", code=error.code) from error
        except ConnectionError as error:
            raise LinkLost(f"The connection to the gateway ended before IB answered with {what}.") from error

    async def wait_closed(self) -> None:
        """Returns once `close` was called; raises LinkLost when the link ended by itself."""
        if self._closed is None:
            return
        reason = await asyncio.shield(self._closed)
        if not self._stopping:
            raise LinkLost(f"The connection to the gateway was lost. {reason}".strip())

    async def close(self) -> None:
        """Lets waiting cancels leave, withdraws all else, and ends the connection; within four seconds."""
        self._stopping = True
        if self._session is not None and self._closed is not None:
            await take_leave(self._session, self._closed)
        self.drop()

    def drop(self) -> None:
        """Ends the connection at once; what still waits in it is withdrawn. Nothing happens when there is none."""
        self._stopping = True
        self._hang_up("")
        self._session = None

    def note_competing(self, *, competing: bool) -> None:
        """Whether another session of the same login takes its market data (10197)."""
        self._health.competing = competing
        self._tell_link()

    async def _keep_watch(self, session: Session) -> None:
        reason = await until_silent(
            session,
            every=self._config.heartbeat,
            may_be_silent=lambda: self._health.broker_lost,
            ask_time=lambda: self.ask(
                lambda session: session.current_time(), what="the time", deadline=self._config.heartbeat_deadline
            ),
        )
        log.warning("giving up on %s:%d: %s", self._config.host, self._config.port, reason)
        self._hang_up(reason)

    def _hang_up(self, reason: str) -> None:
        if self._watch is not None and self._watch is not asyncio.current_task():
            self._watch.cancel()
        self._watch = None
        if self._session is not None:
            self._session.abort()
        self._end(self._closed, reason)

    def _on_closed(self, closed: asyncio.Future[str], reason: str) -> None:
        """The socket is gone. An earlier connection's may go while the next one stands already."""
        if self._closed is closed:
            self._end(closed, reason or "The gateway closed it.")

    def _end(self, closed: asyncio.Future[str] | None, reason: str) -> None:
        self._lose_patience_no_more()
        if closed is not None and not closed.done():
            closed.set_result(reason)
        for listener in self._on_end:
            listener()
        self._tell_link()

    def _on_unreadable(self, what: str, _may_be_of_orders: bool) -> None:
        """A session whose words make no sense is given up alone: what it still says may be wrong, too."""
        self.remark(f"The gateway sent {what} that could not be read.")
        if self._session is not None and self._session.unreadable_messages >= self._config.unreadable_limit:
            self._hang_up(f"{self._session.unreadable_messages} of the gateway's messages could not be read.")

    def _on_error(self, request_id: int, code: int, text: str, waited_for: bool, contract: Contract | None) -> None:
        if request_id >= 0 or waited_for:
            return
        self._last_error = (code, text)
        meaning = errors.meaning(code, Context.CONNECTION)
        if meaning in _SMALL_TALK:
            log.info("the gateway says: %s", errors.as_reason(code, text))
        else:
            self._notice(code, text, contract)
        self._apply(meaning, code, text)
        self._tell_link()

    def _apply(self, meaning: Meaning, code: int, text: str) -> None:
        self._health.note(meaning)
        match meaning:
            case Meaning.LINK_LOST:
                self._wait_for_ib()
                self._quarantine_orders(is_lost=True)
            case Meaning.BACK | Meaning.BACK_DATA_LOST:
                self._lose_patience_no_more()
                self._quarantine_orders(is_lost=False)  # before streams that are asked for again use up the second
                self._tell(self._on_streams_lost if meaning is Meaning.BACK_DATA_LOST else [])
                self._tell(self._on_back)
            case Meaning.FARM_DOWN:
                if self._health.farm_is_down(farm_name(text)):
                    self._tell(self._on_farm, farm_kind(code), farm_name(text), False)
            case Meaning.FARM_BACK | Meaning.FARM_ASLEEP:
                if self._health.farm_is_there(farm_name(text)):
                    self._tell(self._on_farm, farm_kind(code), farm_name(text), True)
            case Meaning.COMPETING:
                self.note_competing(competing=True)
            case Meaning.TOO_MANY_MESSAGES:
                log.error("IB counts more than 50 messages a second: %s", errors.as_reason(code, text))
            case Meaning.PORT_CHANGED:
                # The new port is not for us when a relay stands before it: that would be a way around the fence.
                self._moved_to = new_port(text) if self._config.admission is None else None
                self._hang_up(errors.as_reason(code, text))
            case Meaning.NOT_CONNECTED:
                self._hang_up(errors.as_reason(code, text))

    def _tell(self, listeners: list[Callable[..., None]], *told: object) -> None:
        for listener in listeners:
            listener(*told)

    def _wait_for_ib(self) -> None:
        """The gateway mends itself; but one that doesn't is given up in the end."""
        if self._patience is None:
            seconds = self._config.broker_lost_deadline
            reason = f"The gateway has been without Interactive Brokers for {seconds:g} s."
            self._patience = asyncio.get_running_loop().call_later(seconds, self._hang_up, reason)

    def _quarantine_orders(self, *, is_lost: bool) -> None:
        if self._session is not None:
            change = self._session.outbox.hold if is_lost else self._session.outbox.release
            change()

    def _lose_patience_no_more(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def backoff(self) -> Backoff:
        """The pauses between the tries of whatever has failed."""
        return Backoff(first=self._config.reconnect_pause, longest=self._config.longest_reconnect_pause)

    def remark(self, sentence: str) -> None:
        """Tells the owner something that isn't IB's: a notice with the code 0."""
        self._notice(OURS, sentence, None)

    def _notice(self, code: int, text: str, contract: Contract | None) -> None:
        con_id = contract.conId if contract is not None else None
        self._listener.on_notice(Notice(code=code, message=text, at=datetime.now(UTC), con_id=con_id))

    def _tell_link(self) -> None:
        if self.link is not self._told:
            self._told = self.link
            self._listener.on_link(self.link)
