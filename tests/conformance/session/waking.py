"""When orders wake, follow the market and fill: https://interactivebrokers.github.io/tws-api/basic_orders.html.

A stop is elected by a trade at its price or beyond, a touched order by one at its price or better; a trailing stop
follows a market that moves the order's way, and never goes back.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.conformance.clients.base import Answer, Fields
from tests.conformance.rows import Play, Row, Stage
from tests.conformance.session.placing import place, told
from tests.conformance.session.placing import terms as bought
from tests.conformance.session.scenery import MICROSOFT

_BEGINNING = {"bid": 415.0, "ask": 415.1, "last": 415.0}


def _asleep(**prices: str) -> Fields:
    return {"status": "PreSubmitted", "whyHeld": "trigger", "filled": "0", **prices}


def _works(**prices: str) -> Fields:
    return {"status": "Submitted", "whyHeld": "", "filled": "0", **prices}


def _filled(price: str) -> Fields:
    return {"status": "Filled", "whyHeld": "", "filled": "10", "avgFillPrice": price}


@dataclass(frozen=True)
class Scene:
    """An order on Microsoft at 415, and how it stands after each move of the market."""

    terms: Fields
    stands: Fields
    moves: tuple[tuple[Fields, Fields], ...]


def _trade(last: float, *, bid: float | None = None, ask: float | None = None) -> Fields:
    """The market at a trade: ten cents between its bid, which is that price when nothing is said, and its ask."""
    below = bid if bid is not None else last if ask is None else round(ask - 0.1, 2)
    return {"bid": below, "ask": ask if ask is not None else round(below + 0.1, 2), "last": last}


def _sold(kind: str, **fields: float) -> Fields:
    return bought(kind, action="SELL", **fields)


_SCENES = {
    "LMT": Scene(
        bought("LMT", lmtPrice=410.0),
        _works(limit="410"),
        (
            (_trade(410.0, ask=410.01), _works()),
            (_trade(410.0, ask=410.0), _filled("410")),
        ),
    ),
    "STP": Scene(
        _sold("STP", auxPrice=410.0),
        _asleep(),
        (
            (_trade(410.01), _asleep()),
            (_trade(410.0, bid=409.95), _filled("409.95")),
        ),
    ),
    "STP LMT": Scene(
        _sold("STP LMT", auxPrice=410.0, lmtPrice=409.9),
        _asleep(limit="409.9"),
        (
            (_trade(409.0), _works(limit="409.9")),
            (_trade(409.5, bid=409.89), _works()),
            (_trade(409.95), _filled("409.95")),
        ),
    ),
    "TRAIL": Scene(
        _sold("TRAIL", auxPrice=5.0),
        _asleep(stop="410"),
        (
            (_trade(420.0), _asleep(stop="415")),
            (_trade(416.0), _asleep(stop="415")),
            (_trade(415.0), _filled("415")),
        ),
    ),
    "TRAIL, percent": Scene(
        _sold("TRAIL", trailingPercent=10.0),
        _asleep(stop="373.5"),
        (
            (_trade(420.0), _asleep(stop="378")),
            (_trade(378.0), _filled("378")),
        ),
    ),
    "TRAIL LIMIT": Scene(
        _sold("TRAIL LIMIT", auxPrice=5.0, trailStopPrice=410.0, lmtPriceOffset=0.1),
        _asleep(stop="410", limit="409.9"),
        (
            (_trade(420.0), _asleep(stop="415", limit="414.9")),
            (_trade(415.0, bid=414.5), _works(limit="414.9")),
            (_trade(414.95), _filled("414.95")),
        ),
    ),
    "MIT": Scene(
        bought("MIT", auxPrice=410.0),
        _asleep(),
        (
            (_trade(410.01), _asleep()),
            (_trade(410.0), _filled("410.1")),
        ),
    ),
    "LIT": Scene(
        bought("LIT", auxPrice=410.0, lmtPrice=409.9),
        _asleep(limit="409.9"),
        (
            (_trade(410.0), _works(limit="409.9")),
            (_trade(409.8, ask=409.9), _filled("409.9")),
        ),
    ),
}


def play(name: str, scene: Scene) -> Play:
    reference = f"waking {name}"

    def played(stage: Stage) -> Answer:
        stage.market("MSFT", **_BEGINNING)
        place(stage, reference, MICROSOFT, scene.terms)
        stands = [_state(stage, reference)]
        for market, _ in scene.moves:
            stage.market("MSFT", **market)
            stands.append(_state(stage, reference))
        return stands

    return played


def _state(stage: Stage, reference: str) -> Answer:
    """Where the order stands; while it is open, also where its stop and its limit do."""
    prices = [
        {"stop": one["trailStopPrice"], "limit": one["lmtPrice"]}
        for one in stage.observer.orders.all_open()
        if one["orderRef"] == reference
    ]
    return {**told(stage, reference), **(prices[0] if prices else {})}


ROWS: tuple[Row, ...] = tuple(
    Row(f"wake {name}", play(name, scene), [scene.stands, *(state for _, state in scene.moves)])
    for name, scene in _SCENES.items()
)
