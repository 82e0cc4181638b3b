"""Orders that rest away from the market, one of each type and on each kind of instrument, until all are cancelled.

https://interactivebrokers.github.io/tws-api/basic_orders.html. A type that IB keeps until it's elected, or until its
auction, is PreSubmitted; `whyHeld` says what it waits for.
"""

from __future__ import annotations

from typing import Any

from tests.conformance.clients.base import Answer, Fields
from tests.conformance.rows import Row, Stage, meets
from tests.conformance.session.placing import cancel_all, placing, terms
from tests.conformance.session.scenery import (
    APPLE,
    EURO,
    FUTURE,
    FUTURE_OPTION,
    OPTION,
    QUERIES,
    TENCENT,
)

APPLE_AT_190: Fields = {"symbol": "AAPL", "bid": 190, "ask": 190.05, "last": 190, "bid_size": 300, "ask_size": 300}
_SUBMITTED = ("Submitted", "")
_ASLEEP = ("PreSubmitted", "trigger")
_AT_AUCTION = ("PreSubmitted", "")

# Apple stands at 190 here. Each type far from that, and how it rests.
_TYPES: dict[str, tuple[Fields, tuple[str, str]]] = {
    "LMT": (terms("LMT", lmtPrice=150.0), _SUBMITTED),
    "STP": (terms("STP", auxPrice=230.0), _ASLEEP),
    "STP LMT": (terms("STP LMT", auxPrice=230.0, lmtPrice=231.0), _ASLEEP),
    "TRAIL": (terms("TRAIL", action="SELL", auxPrice=20.0, trailStopPrice=170.0), _ASLEEP),
    "TRAIL, percent": (terms("TRAIL", action="SELL", trailingPercent=5.0), _ASLEEP),
    "TRAIL LIMIT": (
        terms("TRAIL LIMIT", action="SELL", auxPrice=20.0, trailStopPrice=170.0, lmtPriceOffset=0.5),
        _ASLEEP,
    ),
    "MIT": (terms("MIT", auxPrice=150.0), _ASLEEP),
    "LIT": (terms("LIT", auxPrice=150.0, lmtPrice=151.0), _ASLEEP),
    "MOC": (terms("MOC"), _AT_AUCTION),
    "LOC": (terms("LOC", lmtPrice=150.0), _AT_AUCTION),
    "MOO": (terms("MKT", tif="OPG"), _AT_AUCTION),
    "LOO": (terms("LMT", lmtPrice=150.0, tif="OPG"), _AT_AUCTION),
}
# A limit on each kind of instrument, far below its market.
_KINDS: dict[str, tuple[Fields, Fields]] = {
    "CASH": (EURO, terms("LMT", lmtPrice=0.95, totalQuantity=25_000)),
    "CFD": (QUERIES["CFD IBUS30"], terms("LMT", lmtPrice=30_000.0, totalQuantity=1)),
    "FUT": (FUTURE, terms("LMT", lmtPrice=5000.25, totalQuantity=1)),
    "OPT": (OPTION, terms("LMT", lmtPrice=0.01, totalQuantity=1)),
    "FOP": (FUTURE_OPTION, terms("LMT", lmtPrice=0.05, totalQuantity=1)),
    "CMDTY": (QUERIES["CMDTY XAUUSD"], terms("LMT", lmtPrice=2000.0, totalQuantity=1)),
    "CRYPTO": (QUERIES["CRYPTO BTC"], terms("LMT", lmtPrice=50_000.0, totalQuantity=0.01, tif="GTC")),
    "BOND": (QUERIES["BOND US03076KAA60"], terms("LMT", lmtPrice=80.0, totalQuantity=1)),
}
_REFERENCES = [*_TYPES, *_KINDS, "closed market"]


def _rests(status: str, held: str, quantity: float = 10) -> Fields:
    """None of it is filled, and it was never anything else."""
    remaining = f"{quantity:g}"
    return {"status": status, "whyHeld": held, "filled": "0", "remaining": remaining, "course": [status], "codes": []}


def _echo(answer: Any) -> bool:
    """Every order is told back to another client with its own terms, under its own client's account."""
    asked = {
        **{name: (asked, status) for name, (asked, (status, _)) in _TYPES.items()},
        **{name: (asked, "Submitted") for name, (_, asked) in _KINDS.items()},
    }
    told = {order["orderRef"]: order for order in answer}
    echoes = all(meets(told[name], _as_told(terms, status)) for name, (terms, status) in asked.items())
    return echoes and sorted(told) == sorted(_REFERENCES) and len(answer) == len(told)


def _as_told(asked: Fields, status: str) -> Fields:
    numbers = {name: f"{value:g}" if isinstance(value, int | float) else value for name, value in asked.items()}
    return {**numbers, "status": status, "account": "DU1000001", "parentId": False, "ocaGroup": False, "orderId": 1}


def trailing_percent(stage: Stage) -> Answer:
    """A stop that trails by a percentage stands that much below the market from the beginning."""
    return next(one for one in stage.observer.orders.all_open() if one["orderRef"] == "TRAIL, percent")


def ended(stage: Stage) -> Answer:
    """How each order stands once all were cancelled, and what is open then."""
    still_open = cancel_all(stage)
    stands = {name: stage.client.orders.told(stage.order_ids[name]) for name in _REFERENCES}
    return {"open": still_open, "status": {one["status"] for one in stands.values()} == {"Cancelled"}}


ROWS: tuple[Row, ...] = (
    *(
        Row(f"place {name}", placing(name, APPLE, asked, market=APPLE_AT_190), _rests(*how))
        for name, (asked, how) in _TYPES.items()
    ),
    *(
        Row(f"place {name}", placing(name, query, asked), _rests(*_SUBMITTED, asked["totalQuantity"]))
        for name, (query, asked) in _KINDS.items()
    ),
    Row(
        "place on a closed market (399)",
        placing("closed market", TENCENT, terms("LMT", lmtPrice=360.0, totalQuantity=100)),
        {**_rests("PreSubmitted", "", 100), "codes": [399]},
        (399,),
    ),
    Row("open orders of everyone", lambda stage: stage.observer.orders.all_open(), _echo),
    Row("open orders of one's own", lambda stage: stage.client.orders.own_open(), _echo),
    Row("open orders of another client", lambda stage: stage.observer.orders.own_open(), []),
    Row("a stop that trails by percent", trailing_percent, {"trailingPercent": "5", "trailStopPrice": "180.5"}),
    Row("cancel all that rests (202)", ended, {"open": [], "status": True}, (202,) * len(_REFERENCES)),
)
