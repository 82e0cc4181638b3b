"""The values of a filter's keys, read one by one. Every refusal names the key, the value and what is allowed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from brokers.domain import ComboLeg, OrderSide, Right, SecurityType
from brokers.nearest import meant
from brokers.refusals import FilterRefused

# https://interactivebrokers.github.io/tws-api/classIBApi_1_1Contract.html, SecIdType; FIGI came later.
SECURITY_ID_TYPES = ("ISIN", "CUSIP", "SEDOL", "RIC", "FIGI")

_RIGHTS = {"C": Right.CALL, "CALL": Right.CALL, "P": Right.PUT, "PUT": Right.PUT}
_LEG_KEYS = {
    "conId": "con_id",
    "con_id": "con_id",
    "ratio": "ratio",
    "action": "side",
    "side": "side",
    "exchange": "exchange",
}
_PAIR = re.compile(r"([A-Z]{3})[./ ]?([A-Z]{3})")

Word = TypeVar("Word", bound=StrEnum)


def _text(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise FilterRefused(f"The filter's {key} is a text, and {value!r} is none.")
    if any(unicodedata.category(sign)[0] == "C" for sign in value):
        raise FilterRefused(f"The filter's {key} holds a control character, which can't be sent to IB: {value!r}.")
    return value.strip()


def _one_of(key: str, value: object, words: type[Word]) -> Word:
    try:
        return words(_text(key, value).upper())
    except ValueError:
        if isinstance(value, str) and value.strip().upper() not in set(words):
            allowed = ", ".join(word.value for word in words)
            raise FilterRefused(f"The filter's {key} can't be {value!r}; it is one of {allowed}.") from None
        raise


def _security_type(key: str, value: object) -> SecurityType:
    return _one_of(key, value, SecurityType)


def _right(key: str, value: object) -> Right | None:
    text = _text(key, value).upper()
    found = _RIGHTS.get(text)
    if text and found is None:
        raise FilterRefused(f"The filter's {key} can't be {value!r}; it is C or CALL, P or PUT.")
    return found


def _pair(key: str, value: object) -> str:
    found = _PAIR.fullmatch(_text(key, value).upper())
    if found is None:
        raise FilterRefused(f"The filter's {key} can't be {value!r}; it is two currencies, as in EURUSD or EUR.USD.")
    return f"{found[1]}.{found[2]}"


def _month_or_day(key: str, value: object) -> str:
    if isinstance(value, date):
        return f"{value:%Y%m%d}"
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(key, value)
    if text and not _is_month_or_day(text):
        raise FilterRefused(f"The filter's {key} can't be {value!r}; it is a day, 20180921, or a month, 201809.")
    return text


def _is_month_or_day(text: str) -> bool:
    form = {6: "%Y%m", 8: "%Y%m%d"}.get(len(text)) if text.isdecimal() and text.isascii() else None
    try:
        return form is not None and bool(datetime.strptime(text, form))  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return False


def _number(key: str, value: object) -> Decimal | None:
    """None for 0, which is how IB writes that there is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise FilterRefused(f"The filter's {key} is a number, and {value!r} is none.")
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        raise FilterRefused(f"The filter's {key} is a number, and {value!r} is none.") from None
    if not number.is_finite():
        raise FilterRefused(f"The filter's {key} is a finite number, and {value!r} isn't.")
    return number if number else None


def _amount(key: str, value: object) -> Decimal | None:
    number = None if value == "" else _number(key, value)
    if number is not None and number < 0:
        raise FilterRefused(f"The filter's {key} can't be below 0, as {value!r} is.")
    return number


def _whole(key: str, value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise FilterRefused(f"The filter's {key} is a whole number of 0 or more, and {value!r} is none.")
    return value


def _yes_or_no(key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise FilterRefused(f"The filter's {key} is True or False, and not {value!r}.")
    return value


def _security_id_type(key: str, value: object) -> str:
    text = _text(key, value).upper()
    if text and text not in SECURITY_ID_TYPES:
        raise FilterRefused(f"The filter's {key} can't be {value!r}; it is one of {', '.join(SECURITY_ID_TYPES)}.")
    return text


def _legs(key: str, value: object) -> tuple[ComboLeg, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise FilterRefused(f"The filter's {key} is a list of legs, and {value!r} is none.")
    return tuple(leg if isinstance(leg, ComboLeg) else _leg(key, leg) for leg in value)


def _leg(key: str, value: object) -> ComboLeg:
    if not isinstance(value, Mapping):
        raise FilterRefused(f"A leg of {key} is a dict with conId, ratio, action and exchange, and {value!r} is none.")
    for name in value:
        if name not in _LEG_KEYS:
            raise FilterRefused(f"A leg of {key} has no key {name!r}. {meant(str(name), _LEG_KEYS)}")
    given = {_LEG_KEYS[name]: one for name, one in value.items()}
    con_id, ratio = _whole(f"{key}.conId", given.get("con_id", 0)), _whole(f"{key}.ratio", given.get("ratio", 1))
    if not con_id or not ratio:
        raise FilterRefused(f"A leg of {key} needs a conId and a ratio above 0; this one is {value!r}.")
    return ComboLeg(
        con_id=con_id,
        ratio=ratio,
        side=_one_of(f"{key}.action", given.get("side", ""), OrderSide),
        exchange=_text(f"{key}.exchange", given.get("exchange", "")),
    )


READERS: dict[str, Callable[[str, Any], Any]] = {
    **dict.fromkeys(("symbol", "exchange", "primary_exchange", "currency", "local_symbol", "trading_class"), _text),
    **dict.fromkeys(("sec_id", "issuer_id", "options_chain_exchange"), _text),
    **dict.fromkeys(("include_expired", "build_options_chain", "build_futures_chain"), _yes_or_no),
    **dict.fromkeys(("con_id", "min_expiry_days", "max_expiry_days"), _whole),
    **dict.fromkeys(("min_strike", "max_strike", "strike"), _number),
    "multiplier": _amount,
    "sec_type": _security_type,
    "pair": _pair,
    "right": _right,
    "last_trade_date_or_contract_month": _month_or_day,
    "sec_id_type": _security_id_type,
    "combo_legs": _legs,
}
"""The reader of each key: (the key in IB's words, the value) -> what it means. Raises FilterRefused."""
