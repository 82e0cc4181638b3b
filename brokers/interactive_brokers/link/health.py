"""What IB has said of its own side: its link, its data farms, and who holds the market data.

IB's page: https://interactivebrokers.github.io/tws-api/message_codes.html (system messages).
"""

from __future__ import annotations

import re
from enum import Enum, auto

from brokers.interactive_brokers.errors import Meaning
from brokers.listener import LinkState

_FARM = re.compile(r"[:.]\s*([\w-]+)\.?\s*$")
_PORT = re.compile(r"(\d{2,5})\D*$")


class FarmKind(Enum):
    """What a data farm serves. Only the code says it: names differ by region."""

    QUOTES = auto()
    PAST = auto()
    CONTRACTS = auto()


_KINDS = {
    **dict.fromkeys((2103, 2104, 2108), FarmKind.QUOTES),
    **dict.fromkeys((2105, 2106, 2107), FarmKind.PAST),
    **dict.fromkeys((2157, 2158), FarmKind.CONTRACTS),
}


class LinkHealth:
    """Of one connection. `competing` is set by whoever watches the streams."""

    def __init__(self) -> None:
        self.broker_lost = False
        self.competing = False
        self._farms_down: set[str] = set()

    @property
    def state(self) -> LinkState:
        """The worst thing that is true."""
        if self.broker_lost:
            return LinkState.BROKER_LOST
        if self.competing:
            return LinkState.COMPETING
        return LinkState.DATA_DOWN if self._farms_down else LinkState.UP

    def note(self, meaning: Meaning) -> None:
        """What is said of the link as a whole."""
        if meaning is Meaning.LINK_LOST:
            self.broker_lost = True
        elif meaning in (Meaning.BACK, Meaning.BACK_DATA_LOST):
            self.broker_lost = False

    def farm_is_down(self, farm: str) -> bool:
        """Whether that is news."""
        news = farm not in self._farms_down
        self._farms_down.add(farm)
        return news

    def farm_is_there(self, farm: str) -> bool:
        """Whether that is news. One that sleeps (2107, 2108) is there too: it wakes when it's asked."""
        news = farm in self._farms_down
        self._farms_down.discard(farm)
        return news


def farm_kind(code: int) -> FarmKind:
    """Of a code that means that a farm is down, back or asleep."""
    return _KINDS[code]


def farm_name(text: str) -> str:
    """It ends the text: `Market data farm connection is broken:usfarm`, `... available upon demand.ushmds`."""
    found = _FARM.search(text)
    return found[1] if found else text.strip()


def new_port(text: str) -> int | None:
    """Of a 1300: `TWS socket port has been reset ... Please reconnect on the new port -4003`."""
    found = _PORT.search(text)
    port = int(found[1]) if found else 0
    return port if 0 < port < 65536 else None
