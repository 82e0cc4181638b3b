"""Combinations: https://interactivebrokers.github.io/tws-api/spread_contracts.html.

A combination is priced as its legs are together, may cost less than nothing, and is executed leg by leg.
"""

from __future__ import annotations

from decimal import Decimal

from tests.conformance.clients.base import Answer, Fields
from tests.conformance.rows import Row, Stage
from tests.conformance.session.placing import cancel_all, place, placing, terms
from tests.conformance.session.resting import APPLE_AT_190
from tests.conformance.session.scenery import OPTION, PAIR, bag

_SINGLE = bag("AAPL", (265598, 1, "BUY"))
_MIXED = bag("AAPL", (265598, 1, "BUY"), (14204, 1, "SELL"))


def fill(stage: Stage) -> Answer:
    """At 380.10 less 415: who buys it is paid."""
    stage.market(**APPLE_AT_190)
    stage.market("MSFT", bid=415, ask=415.10, last=415, bid_size=300, ask_size=300)
    now = place(stage, "pair", PAIR, terms("LMT", lmtPrice=-34.9, totalQuantity=3))
    fills = stage.observer.orders.executions()
    return {**now, "asked": [fill for fill in fills if fill["orderRef"] == "pair"]}


def vertical(stage: Stage) -> Answer:
    """Of two options, whose contract ids are looked up."""
    legs = [stage.client.instruments.details({**OPTION, "strike": strike}) for strike in (550, 560)]
    (bought,), (sold,) = legs
    spread = bag("SPY", (int(bought["conId"]), 1, "BUY"), (int(sold["conId"]), 1, "SELL"))
    return place(stage, "vertical", spread, terms("LMT", lmtPrice=0.01, totalQuantity=1))


def _charged(cost: str) -> bool:
    return Decimal(cost) > 0


_EXECUTED = {
    "status": "Filled",
    "avgFillPrice": "-34.9",
    # The whole, at its price and without a cost, then each leg with its own.
    "executions": [
        ["BAG", "BOT", "3", "-34.9", False],
        ["STK", "BOT", "6", "190.05", True],
        ["STK", "SLD", "3", "415", True],
    ],
    "asked": [
        {"secType": "BAG", "commission": None},
        {"secType": "STK", "symbol": "AAPL", "commission": _charged},
        {"secType": "STK", "symbol": "MSFT", "commission": _charged},
    ],
}
_RESTS = {"status": "Submitted", "filled": "0", "codes": []}


def _refused(name: str, query: Fields) -> Row:
    told = {"status": None, "codes": [321]}
    return Row(f"place BAG {name} (321)", placing(name, query, terms("LMT", lmtPrice=1.0)), told, (321,))


ROWS: tuple[Row, ...] = (
    Row("place BAG of shares", placing("far pair", PAIR, terms("LMT", lmtPrice=-100.0)), _RESTS),
    Row("place BAG of options", vertical, _RESTS),
    _refused("of one leg", _SINGLE),
    _refused("of two currencies", _MIXED),
    Row("fill BAG", fill, _EXECUTED),
    Row("cancel all combinations (202)", cancel_all, [], (202, 202)),
)
