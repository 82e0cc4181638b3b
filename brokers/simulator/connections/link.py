"""The gateway's own way to IB, which can be down while its API port still answers.

While it is down, requests that only IB can answer wait, quotes are lost, and what IB has to say of orders comes when
it is up again (IB's page on connectivity, codes 1100 to 1102). A session of the same user elsewhere (10197) takes the
market data alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from brokers.simulator.messages.names import ANSWER_IDS, REQUEST_IDS

LOST = 1100
BROKEN = 2110
COMPETING = 10197
COMPETING_TEXT = "No market data during competing live session"
_TEXTS = {
    LOST: "Connectivity between IB and Trader Workstation has been lost.",
    BROKEN: "Connectivity between Trader Workstation and server is broken. It will be restored automatically.",
}
DATA_LOST = (1101, "Connectivity between IB and Trader Workstation has been restored - data lost.")
DATA_KEPT = (1102, "Connectivity between IB and Trader Workstation has been restored - data maintained.")

_ANSWERED_HERE = frozenset(
    REQUEST_IDS[name]
    for name in ("reqIds", "setServerLogLevel", "reqManagedAccts", "reqCurrentTime", "reqMarketDataType", "reqUserInfo")
)
_SAID_HERE = frozenset(
    f"{ANSWER_IDS[name]}".encode() for name in ("nextValidId", "managedAccounts", "currentTime", "userInfo")
)
_MARKET_DATA = frozenset(
    f"{ANSWER_IDS[name]}".encode()
    for name in (
        "tickPrice",
        "tickSize",
        "updateMktDepth",
        "updateMktDepthL2",
        "tickOptionComputation",
        "tickGeneric",
        "tickString",
        "tickEFP",
        "realtimeBar",
        "historicalDataUpdate",
        "tickByTick",
    )
)
# An error about no request at all is the gateway's own word on its state.
_NOTICE = b"4\x002\x00-1\x00"

STREAM_REQUESTS = frozenset(
    REQUEST_IDS[name] for name in ("reqMktData", "reqMktDepth", "reqRealTimeBars", "reqTickByTickData")
)
_ORDER_REQUESTS = frozenset(REQUEST_IDS[name] for name in ("placeOrder", "cancelOrder", "reqGlobalCancel"))


class Passage(Enum):
    """What becomes of a message on its way to a client."""

    GOES = "goes"
    WAITS = "waits"
    IS_LOST = "is lost"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that came while the link was down. `is_gone` says whether its client has left since."""

    message_id: int
    serve: Callable[[], None] = field(repr=False)
    is_gone: Callable[[], bool] = field(repr=False)

    @property
    def is_about_an_order(self) -> bool:
        return self.message_id in _ORDER_REQUESTS


class Link:
    def __init__(self) -> None:
        self.down_code: int | None = None
        self.has_competitor = False
        self._waiting: list[Waiting] = []

    @property
    def is_up(self) -> bool:
        return self.down_code is None

    @property
    def is_clear(self) -> bool:
        """Whether every message goes through; the quick question before each."""
        return self.down_code is None and not self.has_competitor

    def notice(self) -> tuple[int, str] | None:
        """What a client is told of a link that is down."""
        return None if self.down_code is None else (self.down_code, _TEXTS[self.down_code])

    def go_down(self, code: int) -> None:
        self.down_code = code

    def come_up(self) -> list[Waiting]:
        """The requests that waited, oldest first, to be served now."""
        self.down_code = None
        waited, self._waiting = self._waiting, []
        return [one for one in waited if one.is_about_an_order or not one.is_gone()]

    def keeps(self, message_id: int) -> bool:
        """Whether a request has to wait for IB."""
        return not self.is_up and message_id not in _ANSWERED_HERE

    def keep(self, request: Waiting) -> None:
        self._waiting.append(request)

    def passage(self, frame: bytes) -> Passage:
        """By what the frame says; its first four bytes are its length."""
        message_id = frame[4 : frame.find(b"\0", 4)]
        if message_id in _MARKET_DATA:
            return Passage.IS_LOST
        if self.is_up or message_id in _SAID_HERE or frame.startswith(_NOTICE, 4):
            return Passage.GOES
        return Passage.WAITS
