"""The data farms behind the gateway, and the notices that tell of each one's state (IB's system codes 2103 to 2158)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from brokers.simulator.catalogue.listings import Instrument


class FarmState(Enum):
    OK = "ok"
    BROKEN = "broken"
    ASLEEP = "asleep"


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of farm: what it is called, and its codes. A farm without a code for sleep never sleeps."""

    title: str
    codes: dict[FarmState, int]


_MARKET_DATA = _Kind("Market data farm", {FarmState.OK: 2104, FarmState.BROKEN: 2103, FarmState.ASLEEP: 2108})
_HISTORY = _Kind("HMDS data farm", {FarmState.OK: 2106, FarmState.BROKEN: 2105, FarmState.ASLEEP: 2107})
_DEFINITIONS = _Kind("Sec-def data farm", {FarmState.OK: 2158, FarmState.BROKEN: 2157})

_WORDS = {
    FarmState.OK: "connection is OK:",
    FarmState.BROKEN: "connection is broken:",
    FarmState.ASLEEP: "connection is inactive but should be available upon demand.",
}

# What a fresh gateway tells a client that connects; the other farms are spoken of only when something happens to them.
_TOLD_AT_ONCE = ("usfarm", "cashfarm", "ushmds", "secdefil")

FARMS: dict[str, _Kind] = {
    "usfarm": _MARKET_DATA,
    "cashfarm": _MARKET_DATA,
    "eufarm": _MARKET_DATA,
    "hfarm": _MARKET_DATA,
    "jfarm": _MARKET_DATA,
    "usfuture": _MARKET_DATA,
    "usopt": _MARKET_DATA,
    "usbond": _MARKET_DATA,
    "ushmds": _HISTORY,
    "euhmds": _HISTORY,
    "secdefil": _DEFINITIONS,
}


class Farms:
    def __init__(self) -> None:
        self._states = dict.fromkeys(FARMS, FarmState.OK)
        self._told = list(_TOLD_AT_ONCE)

    def __getitem__(self, name: str) -> FarmState:
        return self._states[name]

    def put(self, name: str, state: FarmState) -> tuple[int, str]:
        """The notice that tells of it. Raises ValueError for a state that this kind of farm doesn't have."""
        notice = _notice(name, state)
        self._states[name] = state
        if name not in self._told:
            self._told.insert(-1, name)
        return notice

    def notices(self) -> list[tuple[int, str]]:
        """What a client that connects now is told; the definitions' farm comes last, as at IB."""
        return [_notice(name, self._states[name]) for name in self._told]

    @property
    def has_definitions(self) -> bool:
        return self._states["secdefil"] is not FarmState.BROKEN

    @property
    def has_history(self) -> bool:
        """Whether anything of the past can be had."""
        return any(self._states[name] is not FarmState.BROKEN for name, kind in FARMS.items() if kind is _HISTORY)

    def has_history_of(self, instrument: Instrument) -> bool:
        """Europe's past comes from a farm of its own."""
        farm = "euhmds" if instrument.farm == "eufarm" else "ushmds"
        return self._states[farm] is not FarmState.BROKEN


def serves_quotes(name: str) -> bool:
    return FARMS[name] is _MARKET_DATA


def _notice(name: str, state: FarmState) -> tuple[int, str]:
    kind = FARMS[name]
    if state not in kind.codes:
        raise ValueError(f"{name} is a {kind.title.lower()}, which is never {state.value}")
    return kind.codes[state], f"{kind.title} {_WORDS[state]}{name}"
