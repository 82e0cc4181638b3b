"""The one connection to a gateway: handshake, deadlines, the link's state."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from ib_insync import Contract
from ib_insync.wrapper import RequestError

from brokers.config import TradingNodeConfig
from brokers.domain import Notice
from brokers.interactive_brokers import errors
from brokers.interactive_brokers.ears import Ears, Word
from brokers.interactive_brokers.errors import Context, Meaning
from brokers.interactive_brokers.session import Session
from brokers.listener import LinkState, NodeListener
from brokers.refusals import (
    AccountMissing,
    ClientIdInUse,
    GatewayUnreachable,
    HandshakeTimedOut,
    LinkLost,
    NoAnswer,
    RequestRefused,
)

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
        self._heartbeat: asyncio.Task[None] | None = None
        self._stopping = False
        self._last_error = (0, "")
        self._broker_lost = False
        self._competing = False
        self._farms_down: set[str] = set()
        self._told = LinkState.DOWN
        self._welcome = False  # the handshake was completed, and with the expected account
        self._account_codes: list[str] = []
        self._on_streams_lost: list[Callable[[], None]] = []
        self.hear(Word.ERROR, self._on_error)
        self.hear(Word.UNREADABLE, self._on_unreadable)

    def hear(self, word: Word, listener: Callable[..., None]) -> None:
        self._ears.hear(word, listener)

    def when_streams_are_lost(self, listener: Callable[[], None]) -> None:
        """Called when IB is back but has dropped our streams: they must be asked for again."""
        self._on_streams_lost.append(listener)

    @property
    def client_id(self) -> int:
        return self._config.client_id

    @property
    def account_codes(self) -> list[str]:
        """The accounts behind the login, in IB's order, as of the last handshake."""
        return list(self._account_codes)

    @property
    def link(self) -> LinkState:
        if self._session is None or not self._session.is_ready or not self._welcome:
            return LinkState.DOWN
        if self._broker_lost:
            return LinkState.BROKER_LOST
        if self._competing:
            return LinkState.COMPETING
        return LinkState.DATA_DOWN if self._farms_down else LinkState.UP

    @property
    def session(self) -> Session:
        """Raises LinkLost when there is no connection."""
        if self._session is None or not self._session.is_ready:
            raise LinkLost("There is no connection to the gateway.")
        return self._session

    async def connect(self) -> None:
        """Raises GatewayUnreachable, HandshakeTimedOut, ClientIdInUse or AccountMissing."""
        self.drop()
        session, closed = self._begin()
        try:
            await self._shake_hands(session, closed)
            self._account_codes = session.account_codes
            self._require_account()
            self._welcome = True
        except BaseException:
            self.drop()
            raise
        self._heartbeat = asyncio.create_task(self._keep_watch(session))
        self._tell_link()

    def _begin(self) -> tuple[Session, asyncio.Future[str]]:
        self._stopping = self._welcome = self._broker_lost = self._competing = False
        self._last_error = (0, "")
        self._farms_down.clear()
        self._account_codes = []
        closed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        session = Session(self._ears, gateway_time_zone=self._config.gateway_time_zone)
        session.closed.connect(lambda reason: self._on_closed(closed, reason))
        self._session, self._closed = session, closed
        return session, closed

    async def _shake_hands(self, session: Session, closed: asyncio.Future[str]) -> None:
        handshake = asyncio.create_task(
            session.handshake(self._config.host, self._config.port, self._config.client_id), name="ib-handshake"
        )
        try:
            outcomes: set[asyncio.Future[Any]] = {handshake, closed}
            await asyncio.wait(outcomes, timeout=self._config.connect_deadline, return_when=asyncio.FIRST_COMPLETED)
        finally:
            in_time, hung_up = handshake.done(), closed.done()
            handshake.cancel()
        await asyncio.wait({handshake})
        if in_time:
            self._raise_unreachable(handshake)
        if hung_up or not in_time:
            self._raise_refused(hung_up=hung_up)

    def _raise_unreachable(self, handshake: asyncio.Task[None]) -> None:
        try:
            handshake.result()
        except OSError as error:
            raise GatewayUnreachable(
                f"Nothing answers at {self._config.host}:{self._config.port}. Check that the gateway runs."
            ) from error

    def _raise_refused(self, *, hung_up: bool) -> None:
        code, text = self._last_error
        if code == errors.CLIENT_ID_IN_USE:
            raise ClientIdInUse(
                f"Another session is connected to this gateway with client id {self._config.client_id}. "
                "It has to end before this one can begin."
            )
        if hung_up:
            why = f": {errors.as_reason(code, text)}" if code else "."
            raise GatewayUnreachable(f"The gateway closed the connection during the handshake{why}")
        raise HandshakeTimedOut(f"The gateway did not answer the handshake within {self._config.connect_deadline:g} s.")

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
        """Ends the connection once what was handed to the socket has left, or after two seconds."""
        self._stopping = True
        if self._session is not None and self._closed is not None:
            self._session.close()
            await asyncio.wait({self._closed}, timeout=2)
        self.drop()

    def drop(self) -> None:
        """Ends the connection at once; what still waits in it is not sent. Nothing happens when there is none."""
        self._stopping = True
        self._hang_up("")
        self._session = None

    def note_ticks(self) -> None:
        """Quotes come, so no other session holds the data (any more)."""
        if self._competing:
            self._competing = False
            self._tell_link()

    async def _keep_watch(self, session: Session) -> None:
        """A gateway that hangs keeps its socket open, so silence is the only sign of it."""
        pause = self._config.heartbeat
        while True:
            await asyncio.sleep(pause)
            pause = self._config.heartbeat
            if self._broker_lost:
                continue
            silence = session.silent_for()
            if 0 < silence < self._config.heartbeat:
                pause -= silence  # looks again as soon as the silence is long enough, not a whole round later
            elif (reason := await self._no_sign_of_life(session)) is not None:
                log.warning("giving up on %s:%d: %s", self._config.host, self._config.port, reason)
                self._hang_up(reason)
                return

    async def _no_sign_of_life(self, session: Session) -> str | None:
        """Ask for the time: why the gateway counts as lost, or None.

        Whatever it says meanwhile shows that it lives. The time itself can be late: behind a burst of its own words,
        or of ours that wait for the budget.
        """
        heard = session.last_heard
        try:
            await self.ask(
                lambda session: session.current_time(), what="the time", deadline=self._config.heartbeat_deadline
            )
        except NoAnswer as error:
            return str(error) if session.last_heard == heard else None
        except LinkLost as error:
            return str(error)
        except RequestRefused as error:
            log.info("the gateway answered the heartbeat with a refusal: %s", error)
        return None

    def _hang_up(self, reason: str) -> None:
        if self._heartbeat is not None and self._heartbeat is not asyncio.current_task():
            self._heartbeat.cancel()
        self._heartbeat = None
        if self._session is not None:
            self._session.abort()
        if self._closed is not None and not self._closed.done():
            self._closed.set_result(reason)
        self._tell_link()

    def _on_closed(self, closed: asyncio.Future[str], reason: str) -> None:
        if not closed.done():
            closed.set_result(reason or "The gateway closed it.")
        if self._closed is closed:
            self._tell_link()

    def _on_unreadable(self, what: str) -> None:
        self._notice(0, f"The gateway sent {what} that could not be read.", None)

    def _on_error(self, request_id: int, code: int, text: str, waited_for: bool, contract: Contract | None) -> None:
        if request_id >= 0 or waited_for:
            return
        self._last_error = (code, text)
        meaning = errors.meaning(code, Context.CONNECTION)
        self._apply(meaning, text)
        if meaning in _SMALL_TALK:
            log.info("the gateway says: %s", errors.as_reason(code, text))
        else:
            self._notice(code, text, contract)
        self._tell_link()

    def _apply(self, meaning: Meaning, text: str) -> None:
        if meaning is Meaning.LINK_LOST:
            self._broker_lost = True
        elif meaning is Meaning.BACK:
            self._broker_lost = False
        elif meaning is Meaning.BACK_DATA_LOST:
            self._broker_lost = False
            self._streams_lost()
        elif meaning is Meaning.FARM_DOWN:
            self._farms_down.add(_farm(text))
        elif meaning is Meaning.FARM_BACK and _farm(text) in self._farms_down:
            self._farms_down.discard(_farm(text))
            self._streams_lost()
        elif meaning is Meaning.COMPETING:
            self.note_competing()

    def note_competing(self) -> None:
        """Another session of the same login takes its market data (10197)."""
        self._competing = True
        self._tell_link()

    def _streams_lost(self) -> None:
        for listener in self._on_streams_lost:
            listener()

    def _notice(self, code: int, text: str, contract: Contract | None) -> None:
        con_id = contract.conId if contract is not None else None
        self._listener.on_notice(Notice(code=code, message=text, at=datetime.now(UTC), con_id=con_id))

    def _tell_link(self) -> None:
        if self.link is not self._told:
            self._told = self.link
            self._listener.on_link(self.link)


def _farm(text: str) -> str:
    """The farm's name ends the text: `Market data farm connection is broken:usfarm`."""
    return text.rpartition(":")[2].strip()
