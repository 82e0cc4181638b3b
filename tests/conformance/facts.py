"""What the clients' answers have in common: plain values that can be compared and printed.

Standard library alone: this runs in the environment of each client.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

_UNSET = (1.7976931348623157e308, 2147483647, 9223372036854775807)
# ibapi's unset Decimal, 2**127 - 1.
_UNSET_DECIMAL = Decimal("170141183460469231731687303715884105727")


def plain(value: Any) -> Any:
    """A number as its shortest decimal text, a time as ISO 8601 in UTC, what is unset as None."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float | Decimal):
        return number(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return str(value)


def number(value: Any) -> str | None:
    """Also of a text, since the libraries differ in what they turn into numbers. None for what is unset."""
    try:
        exact = Decimal(repr(value) if isinstance(value, float) else str(value))
    except InvalidOperation:
        return None
    if not exact.is_finite() or exact == _UNSET_DECIMAL or float(exact) in _UNSET:
        return None
    text = f"{exact:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def sign_of(value: Any) -> int:
    """Of an id that each client counts for itself: 1, 0, or -1 for what has none of its own."""
    return (value > 0) - (value < 0)


def picked(thing: Any, names: Iterable[str]) -> dict[str, Any]:
    return {name: plain(getattr(thing, name)) for name in names}


def numbers(thing: Any, names: Iterable[str]) -> dict[str, Any]:
    return {name: number(getattr(thing, name)) for name in names}


def at(moment: Any) -> str:
    """A time that one library gives as a datetime, another as seconds, and of a whole day as `20260102`."""
    if isinstance(moment, datetime | date):
        return str(plain(moment))
    text = str(moment)
    if len(text) == 8:
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return datetime.fromtimestamp(int(text), UTC).isoformat()


CONTRACT = [
    "conId",
    "symbol",
    "secType",
    "lastTradeDateOrContractMonth",
    "strike",
    "right",
    "multiplier",
    "exchange",
    "primaryExchange",
    "currency",
    "localSymbol",
    "tradingClass",
]
IDENTITY = ["conId", "symbol", "secType", "currency", "localSymbol"]
DETAILS = [
    "marketName",
    "minTick",
    "orderTypes",
    "validExchanges",
    "priceMagnifier",
    "underConId",
    "longName",
    "contractMonth",
    "industry",
    "category",
    "subcategory",
    "timeZoneId",
    "tradingHours",
    "liquidHours",
    "aggGroup",
    "underSymbol",
    "underSecType",
    "marketRuleIds",
    "realExpirationDate",
    "stockType",
    "minSize",
    "sizeIncrement",
    "suggestedSizeIncrement",
    "cusip",
    "bondType",
    "couponType",
    "coupon",
    "maturity",
    "issueDate",
    "callable",
]
DEPTH_EXCHANGE = ["exchange", "secType", "listingExch", "serviceDataType", "aggGroup"]
ORDER = [
    "action",
    "totalQuantity",
    "orderType",
    "lmtPrice",
    "auxPrice",
    "tif",
    "orderRef",
    "outsideRth",
    "allOrNone",
    "goodTillDate",
    "trailStopPrice",
    "trailingPercent",
    "lmtPriceOffset",
    "account",
]
STATUS = ["status", "filled", "remaining", "avgFillPrice", "lastFillPrice", "whyHeld", "mktCapPrice"]
EXECUTION = ["side", "shares", "price", "cumQty", "avgPrice", "exchange", "orderRef", "acctNumber"]
MARGINS = ["initMargin", "maintMargin", "equityWithLoan"]
QUOTE = ["bid", "bidSize", "ask", "askSize", "last", "lastSize", "open", "high", "low", "close", "volume"]
LIVE_BAR = ["open_", "high", "low", "close", "volume", "wap", "count"]
BAR = ["open", "high", "low", "close", "volume", "barCount"]
_PAST_TICK = {
    "TRADES": ["price", "size"],
    "BID_ASK": ["priceBid", "priceAsk", "sizeBid", "sizeAsk"],
    "MIDPOINT": ["price"],
}


def contract(thing: Any) -> dict[str, Any]:
    """What has no strike has 0 in one library and an unset number in another."""
    return {**picked(thing, CONTRACT), "strike": number(thing.strike) or "0"}


def identity(thing: Any) -> dict[str, Any]:
    """Of a contract inside another message, where the libraries fill its other fields from different places."""
    return picked(thing, IDENTITY)


def details(thing: Any) -> dict[str, Any]:
    ids = sorted((pair.tag, pair.value) for pair in thing.secIdList or [])
    return {**contract(thing.contract), **picked(thing, DETAILS), "secIdList": plain(ids)}


def sample(thing: Any) -> dict[str, Any]:
    """One of the instruments that a few typed letters may mean."""
    names = ["conId", "symbol", "secType", "primaryExchange", "currency"]
    return {**picked(thing.contract, names), "derivatives": list(thing.derivativeSecTypes)}


def chains(found: Iterable[tuple[Any, ...]]) -> list[dict[str, Any]]:
    told = [
        {
            "exchange": exchange,
            "underlyingConId": plain(underlying),
            "tradingClass": trading_class,
            "multiplier": plain(multiplier),
            "expirations": sorted(expirations),
            "strikes": sorted(map(number, strikes), key=lambda strike: float(strike or 0)),
        }
        for exchange, underlying, trading_class, multiplier, expirations, strikes in found
    ]
    return sorted(told, key=lambda chain: (chain["exchange"], chain["tradingClass"]))


def bar(thing: Any, *, average: Any) -> dict[str, Any]:
    return {"at": at(thing.date), **numbers(thing, BAR), "average": number(average)}


def past_tick(thing: Any, what: str) -> dict[str, Any]:
    return {"at": at(thing.time), **numbers(thing, _PAST_TICK[what])}


def schedule(zone: str, sessions: Iterable[Any]) -> dict[str, Any]:
    days = [picked(one, ["refDate", "startDateTime", "endDateTime"]) for one in sessions]
    return {"timeZone": zone, "sessions": days}


def order(traded: Any, thing: Any) -> dict[str, Any]:
    """Numbers that each client counts for itself, and groups named after one, are only there or not."""
    attached = {"parentId": thing.parentId != 0, "ocaGroup": bool(thing.ocaGroup), "ocaType": thing.ocaType}
    return {**identity(traded), **picked(thing, ORDER), **attached}


def completed_order(traded: Any, thing: Any) -> dict[str, Any]:
    return {**identity(traded), **picked(thing, ["action", "orderType", "orderRef", "filledQuantity"])}


def preview(state: Any, commission: Any, currency: str) -> dict[str, Any]:
    """Margins and equity before, as they change and after."""
    names = [f"{name}{when}" for name in MARGINS for when in ("Before", "Change", "After")]
    return {**numbers(state, names), "commission": number(commission), "currency": currency}


def fills(found: Iterable[tuple[Any, Any, Any]]) -> list[dict[str, Any]]:
    """Executions, each with what it cost, oldest first. What has no report yet has no commission."""
    return [_fill(*told) for told in sorted(found, key=lambda told: told[1].execId)]


def _fill(traded: Any, execution: Any, report: Any) -> dict[str, Any]:
    """IB's own client calls a commission by another name. The last part of an id counts its corrections."""
    cost = getattr(report, "commissionAndFees", getattr(report, "commission", None))
    is_charged = report is not None and bool(report.execId)
    paid = {"commission": number(cost) if is_charged else None, "currency": report.currency if is_charged else ""}
    version = execution.execId.rpartition(".")[2]
    return {**identity(traded), **picked(execution, EXECUTION), "version": version, **paid}
