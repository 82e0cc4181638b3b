"""Orders that are refused, and those that are taken with a remark:
https://interactivebrokers.github.io/tws-api/message_codes.html.
"""

from __future__ import annotations

from tests.conformance.clients.base import Answer, Fields
from tests.conformance.rows import Expected, Play, Row, Stage
from tests.conformance.session.placing import cancel_all, place, placing, terms, told
from tests.conformance.session.scenery import APPLE, COLA, EURO, GAMESTOP, INTEL, QUERIES, TENCENT, stock

_FORTUNE = 1_000_000
# How many steps of the market IB is simulated to look for shares.
_STEPS_TO_LOCATE = 20

# Refused before they were anything: there is a code, and never a status.
_REFUSED: dict[str, tuple[int, Fields, Fields]] = {
    "a price off the increment": (110, APPLE, terms("LMT", lmtPrice=150.001)),
    "a stop off the increment": (110, APPLE, terms("STP", auxPrice=230.001)),
    "a price that is a slip": (109, APPLE, terms("LMT", lmtPrice=9000.0)),
    "no size": (434, APPLE, terms("LMT", lmtPrice=150.0, totalQuantity=0)),
    "a fraction of a share": (10243, APPLE, terms("LMT", lmtPrice=150.0, totalQuantity=1.5)),
    "less than a lot": (388, TENCENT, terms("LMT", lmtPrice=360.0, totalQuantity=50)),
    "no price to wake at": (107, APPLE, terms("STP")),
    "an unknown contract": (200, stock("NOSUCHTHING", 1), terms("MKT")),
    "an ambiguous contract": (200, {**stock("VOD", 0), "currency": ""}, terms("MKT")),
    "an unknown type": (387, APPLE, terms("NOSUCHTYPE")),
    "a type that isn't offered there": (387, EURO, terms("MOC", totalQuantity=25_000)),
    "an unknown time in force": (10052, APPLE, terms("MKT", tif="SOON")),
    "a date that isn't one": (343, APPLE, terms("LMT", lmtPrice=150.0, tif="GTD", goodTillDate="tomorrow")),
    "another's account": (321, APPLE, terms("MKT", account="DU9999999")),
    "a parent that isn't there": (10006, APPLE, terms("LMT", lmtPrice=150.0, parentId=999_999)),
    "what nobody trades": (203, QUERIES["IND SPX"], terms("MKT")),
}


def forbidden(ask: Play, verb: str, *, now: Fields, later: Fields) -> Play:
    """While the simulator is told to forbid it; what it is told later takes that back."""

    def play(stage: Stage) -> Answer:
        stage.control.do(verb, **now)
        answer = ask(stage)
        stage.control.do(verb, **later)
        return answer

    return play


def _refused(name: str, code: int, ask: Play) -> Row:
    told = {"status": None, "course": [], "codes": [code]}
    return Row(f"order with {name} ({code})", ask, told, (code,))


def _remarked(name: str, code: int, query: Fields, asked: Fields, **facts: Expected) -> Row:
    """It is taken all the same."""
    told = {"status": "Submitted", "filled": "0", **facts, "codes": [code]}
    return Row(f"order with {name} ({code})", placing(name, query, asked), told, (code,))


def sold_short(stage: Stage) -> Answer:
    """IB looks for the shares first, and the order waits as Inactive."""
    stage.market("GME", bid=23.40, ask=23.41, last=23.40)
    held = place(stage, "short", GAMESTOP, terms("LMT", action="SELL", lmtPrice=30.0))
    stage.step(_STEPS_TO_LOCATE)
    return [held, told(stage, "short")]


_WITHOUT_CURRENCIES = forbidden(
    placing("no permission", EURO, terms("MKT", totalQuantity=25_000)),
    "permit",
    now={"security_type": "CASH", "on": False},
    later={"security_type": "CASH", "on": True},
)
_WITHOUT_COLA = forbidden(
    placing("a restriction", COLA, terms("MKT")),
    "restrict",
    now={"instrument": "KO", "on": True},
    later={"instrument": "KO", "on": False},
)

ROWS: tuple[Row, ...] = (
    *(_refused(name, code, placing(name, query, asked)) for name, (code, query, asked) in _REFUSED.items()),
    _refused("no permission", 460, _WITHOUT_CURRENCIES),
    _refused("a restriction", 203, _WITHOUT_COLA),
    # IB takes what can't be paid for, and turns it down.
    Row(
        "order beyond the account's means (201)",
        placing("beyond", INTEL, terms("LMT", lmtPrice=31.0, totalQuantity=_FORTUNE)),
        {"status": "Inactive", "filled": "0", "course": ["Inactive"], "codes": [201]},
        (201,),
    ),
    Row(
        "order too far from the market (202)",
        placing("too far", APPLE, terms("LMT", lmtPrice=500.0)),
        {"status": "Cancelled", "filled": "0", "course": ["Cancelled"], "codes": [202]},
        (202,),
    ),
    Row(
        "order with a price that is capped (2161)",
        placing("capped", APPLE, terms("LMT", lmtPrice=240.0, totalQuantity=1)),
        {"status": "Filled", "avgFillPrice": "190.05", "mktCapPrice": "209.05", "codes": [2161]},
        (2161,),
    ),
    _remarked(
        "hours that are ignored", 2109, APPLE, terms("MIT", auxPrice=150.0, outsideRth=True), status="PreSubmitted"
    ),
    _remarked("an odd lot of currency", 399, EURO, terms("LMT", lmtPrice=0.95, totalQuantity=1000)),
    _remarked("more than is held", 2137, APPLE, terms("LMT", action="SELL", lmtPrice=250.0, totalQuantity=50)),
    Row(
        "order to sell short what has to be found (404)",
        sold_short,
        [{"status": "Inactive", "whyHeld": "locate", "codes": [404]}, {"status": "Submitted", "whyHeld": ""}],
        (404,),
    ),
    Row("cancel all that was taken (202)", cancel_all, [], (202,) * 4),
)
