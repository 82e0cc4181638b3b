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
ORDER = [
    "action",
    "totalQuantity",
    "orderType",
    "lmtPrice",
    "auxPrice",
    "tif",
    "ocaGroup",
    "orderRef",
    "outsideRth",
    "goodTillDate",
    "trailStopPrice",
    "trailingPercent",
    "lmtPriceOffset",
    "parentId",
    "account",
]
STATUS = ["status", "filled", "remaining", "avgFillPrice", "lastFillPrice", "whyHeld"]
EXECUTION = ["side", "shares", "price", "cumQty", "avgPrice", "exchange", "orderRef", "acctNumber"]
MARGINS = [
    "initMarginBefore",
    "initMarginChange",
    "initMarginAfter",
    "maintMarginChange",
    "maintMarginAfter",
    "equityWithLoanChange",
    "equityWithLoanAfter",
]
LIVE_BAR = ["open_", "high", "low", "close", "volume", "wap", "count"]
BAR = ["open", "high", "low", "close", "volume"]


def contract(thing: Any) -> dict[str, Any]:
    """What has no strike has 0 in one library and an unset number in another."""
    return {**picked(thing, CONTRACT), "strike": number(thing.strike) or "0"}


def identity(thing: Any) -> dict[str, Any]:
    """Of a contract inside another message, where the libraries fill its other fields from different places."""
    return picked(thing, IDENTITY)


def details(thing: Any) -> dict[str, Any]:
    ids = sorted((pair.tag, pair.value) for pair in thing.secIdList or [])
    return {**contract(thing.contract), **picked(thing, DETAILS), "secIdList": plain(ids)}


def order(thing: Any) -> dict[str, Any]:
    return picked(thing, ORDER)
