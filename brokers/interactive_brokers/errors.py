"""IB's message codes, as data: code x context -> meaning.

From IB's message code page and the threads of the projects that went before. A code that isn't here is a notice: it is
shown, the order is looked at again, and no status changes.
"""

from __future__ import annotations

from enum import Enum, auto

from brokers.domain import Attempt


class Context(Enum):
    """What the message is about."""

    NEW = auto()  # an order that IB has not yet said is alive
    LIVE = auto()  # an order that is alive
    MODIFY = auto()  # a live order with a change on its way
    CANCEL = auto()  # an order with a cancel on its way
    DATA = auto()  # a stream or another request that isn't an order
    CONNECTION = auto()  # nothing in particular (IB's id -1)


class Meaning(Enum):
    NOTICE = auto()  # unknown: show it, look at the order again, change no status

    REJECTED = auto()
    MODIFY_REJECTED = auto()  # the order lives on
    CANCELLED = auto()
    CANCEL_REJECTED = auto()  # ask again what the order is
    ALREADY_FILLED = auto()
    RETRY_LATER = auto()
    NOTE = auto()  # about an order, and never a status

    LINK_LOST = auto()  # the gateway lost IB; it mends itself
    BACK_DATA_LOST = auto()  # subscribe again
    BACK = auto()  # streams were kept
    FARM_DOWN = auto()
    FARM_BACK = auto()
    FARM_ASLEEP = auto()
    PORT_CHANGED = auto()
    NOT_CONNECTED = auto()
    CLIENT_ID_IN_USE = auto()
    READ_ONLY = auto()

    COMPETING = auto()
    NOT_SUBSCRIBED = auto()  # delayed data may be had
    DELAYED = auto()  # delayed data comes
    TOO_MANY_MESSAGES = auto()
    OUT_OF_LINES = auto()
    HISTORY_REFUSED = auto()  # pacing, no data, or cancelled: its text says which
    BOOK_RESET = auto()  # empty the book
    STREAM_ENDED = auto()  # IB has stopped serving it: subscribe again
    STREAM_REFUSED = auto()  # IB will not serve it, now or later
    NOTHING_THERE = auto()  # what was cancelled was over already
    NO_SUCH_CONTRACT = auto()  # may be temporary at night: never purge an instrument on it


READ_ONLY_API = 321
CLIENT_ID_IN_USE = 326

# IB's own range of warnings, of which none ends a request.
WARNINGS = range(2100, 2200)

# The codes and their texts: https://interactivebrokers.github.io/tws-api/message_codes.html. 103: an order id that was
# used; 107: an order that isn't complete; 109: a price out of range; 110: off its increment; 200: no such contract;
# 201: rejected for a reason in its text; 203: not available to this account; 321: not valid, or a read-only API;
# 388: below the least size; 434: a size of zero; 460: no trading permissions.
REJECTING_CODES = frozenset({103, 107, 109, 110, 200, 201, 203, READ_ONLY_API, 388, 434, 460})
# 399: a message about the order, such as when it will be sent on; 404: held while shares are located; 2109: outside
# regular hours is ignored; 2137: it would cross an order of one's own; 2161: a price cap; 10349: a preset has set its
# time in force; 10167: delayed data. 161 and 10349 have been taken for cancels by the library's followers; on a live
# order they are not.
_NOTES = frozenset({399, 404, 2109, 2137, 2161, 10349, 10167})

_ON_ANY_ORDER = {202: Meaning.CANCELLED, 2102: Meaning.RETRY_LATER, **dict.fromkeys(_NOTES, Meaning.NOTE)}
_ALREADY_FILLED = {104: Meaning.ALREADY_FILLED}
# 135, 10147: no order of that id; 136, 161, 10148: it can't be cancelled as it stands.
_CANCEL_REJECTED = dict.fromkeys((135, 136, 161, 10147, 10148), Meaning.CANCEL_REJECTED)
_NO_DATA = dict.fromkeys((354, 10089, 10168, 10186), Meaning.NOT_SUBSCRIBED)
_TOO_MUCH = {100: Meaning.TOO_MANY_MESSAGES, 101: Meaning.OUT_OF_LINES}
# Besides 101, lines: 309 is one book too many, 10190 one instrument's trades tick by tick.
_ON_A_STREAM = {
    **dict.fromkeys((309, 10190), Meaning.OUT_OF_LINES),
    **dict.fromkeys((300, 310, 366), Meaning.NOTHING_THERE),
    **dict.fromkeys((10092, 10189), Meaning.STREAM_REFUSED),
    317: Meaning.BOOK_RESET,
    10225: Meaning.STREAM_ENDED,
}

_LINK = {
    1100: Meaning.LINK_LOST,
    2110: Meaning.LINK_LOST,
    1101: Meaning.BACK_DATA_LOST,
    1102: Meaning.BACK,
    1300: Meaning.PORT_CHANGED,
    **dict.fromkeys((502, 504, 507), Meaning.NOT_CONNECTED),
    **dict.fromkeys((2103, 2105, 2157), Meaning.FARM_DOWN),
    **dict.fromkeys((2104, 2106, 2158), Meaning.FARM_BACK),
    **dict.fromkeys((2107, 2108), Meaning.FARM_ASLEEP),
    CLIENT_ID_IN_USE: Meaning.CLIENT_ID_IN_USE,
    READ_ONLY_API: Meaning.READ_ONLY,
    10197: Meaning.COMPETING,
}

_CHANGE_REFUSED = frozenset({Meaning.MODIFY_REJECTED, Meaning.ALREADY_FILLED, Meaning.RETRY_LATER})

_TABLE: dict[Context, dict[int, Meaning]] = {
    Context.NEW: {**dict.fromkeys(REJECTING_CODES, Meaning.REJECTED), **_ALREADY_FILLED, **_ON_ANY_ORDER},
    Context.LIVE: _ON_ANY_ORDER,
    Context.MODIFY: {
        **dict.fromkeys(REJECTING_CODES, Meaning.MODIFY_REJECTED),
        **_ALREADY_FILLED,
        **_ON_ANY_ORDER,
    },
    Context.CANCEL: {**_CANCEL_REJECTED, **_ON_ANY_ORDER},
    Context.DATA: {
        **_NO_DATA,
        **_TOO_MUCH,
        10167: Meaning.DELAYED,
        10197: Meaning.COMPETING,
        **_ON_A_STREAM,
        **dict.fromkeys((162, 420), Meaning.HISTORY_REFUSED),
        200: Meaning.NO_SUCH_CONTRACT,
        READ_ONLY_API: Meaning.READ_ONLY,
    },
    Context.CONNECTION: {**_LINK, **_TOO_MUCH},
}


def meaning(code: int, context: Context) -> Meaning:
    """What `code` means there; NOTICE for any that isn't known there."""
    return _TABLE[context].get(code, Meaning.NOTICE)


def refused(code: int) -> Attempt | None:
    """What `code` refuses, if a change or a cancel of the order is under way."""
    if meaning(code, Context.CANCEL) is Meaning.CANCEL_REJECTED:
        return Attempt.CANCEL
    answer = meaning(code, Context.MODIFY)
    return Attempt.CHANGE if answer in _CHANGE_REFUSED else None


def is_read_only(code: int, text: str) -> bool:
    """Whether IB refuses because the API may only read. By its words too: 321 is any request that IB finds wrong."""
    return code == READ_ONLY_API and "read-only" in text.lower()


def as_reason(code: int, text: str) -> str:
    """IB's text with its code, as it's shown to the user."""
    return f"{text.strip()} (IB {code})"
