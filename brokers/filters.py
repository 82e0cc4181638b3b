"""What instruments are asked for with: a dict in IB's own field names.

    {"secType": "STK", "symbol": "AMD", "exchange": "SMART", "currency": "USD"}

The fields are those of IB's Contract (https://interactivebrokers.github.io/tws-api/classIBApi_1_1Contract.html), in
IB's spelling or in snake_case. Beside them, `pair` names a currency pair (`EURUSD`), and these ask for whole chains:
`build_options_chain`, `build_futures_chain`, `options_chain_exchange`, `min_expiry_days` and `max_expiry_days` (days
from today, in UTC), `min_strike` and `max_strike`.

A filter may also be the dict's items, in any order: `tuple(filter.items())`, which can be hashed, or a frozenset.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any, TypeAlias

from brokers.domain import ComboLeg, Right, SecurityType
from brokers.filter_values import READERS
from brokers.nearest import meant
from brokers.refusals import FilterRefused


@dataclass(frozen=True, slots=True)
class InstrumentFilter:
    """A filter that was read: an empty text, None or 0 is what isn't asked for.

    `include_expired` is None when the filter leaves it open: then it follows from the expiry that is asked for.
    """

    sec_type: SecurityType | None = None
    symbol: str = ""
    pair: str = ""
    exchange: str = ""
    primary_exchange: str = ""
    currency: str = ""
    last_trade_date_or_contract_month: str = ""
    strike: Decimal | None = None
    right: Right | None = None
    multiplier: Decimal | None = None
    local_symbol: str = ""
    trading_class: str = ""
    sec_id_type: str = ""
    sec_id: str = ""
    con_id: int = 0
    include_expired: bool | None = None
    issuer_id: str = ""
    combo_legs: tuple[ComboLeg, ...] = ()
    build_options_chain: bool = False
    build_futures_chain: bool = False
    options_chain_exchange: str = ""
    min_expiry_days: int | None = None
    max_expiry_days: int | None = None
    min_strike: Decimal | None = None
    max_strike: Decimal | None = None

    @property
    def contract_only(self) -> InstrumentFilter:
        """Without what is asked of chains."""
        plain: dict[str, Any] = {name: _DEFAULTS[name] for name in _CHAIN_FIELDS}
        return replace(self, **plain)

    @property
    def asks_for_chain(self) -> bool:
        return self.build_options_chain or self.build_futures_chain

    def __str__(self) -> str:
        """What was asked, in IB's words: `secType 'STK', symbol 'AMD'`."""
        given = ((name, getattr(self, name)) for name in _DEFAULTS)
        said = [f"{IB_NAMES[name]} {_plain(value)}" for name, value in given if value != _DEFAULTS[name]]
        return ", ".join(said)


Filter: TypeAlias = Mapping[str, Any] | Collection[tuple[str, Any]] | InstrumentFilter
"""A dict, its items, or one that was read."""

Filters: TypeAlias = Filter | Collection[Filter]
"""One filter, or several."""

# The keys in IB's spelling. All are also taken in snake_case, which is this dataclass's own.
IB_NAMES = {
    "sec_type": "secType",
    "primary_exchange": "primaryExchange",
    "last_trade_date_or_contract_month": "lastTradeDateOrContractMonth",
    "local_symbol": "localSymbol",
    "trading_class": "tradingClass",
    "sec_id_type": "secIdType",
    "sec_id": "secId",
    "con_id": "conId",
    "include_expired": "includeExpired",
    "issuer_id": "issuerId",
    "combo_legs": "comboLegs",
    **{
        name: name
        for name in (
            "symbol",
            "pair",
            "exchange",
            "currency",
            "strike",
            "right",
            "multiplier",
            "build_options_chain",
            "build_futures_chain",
            "options_chain_exchange",
            "min_expiry_days",
            "max_expiry_days",
            "min_strike",
            "max_strike",
        )
    },
}
_FIELDS = {**{name: name for name in IB_NAMES}, **{word: name for name, word in IB_NAMES.items()}}
_DEFAULTS = {field.name: field.default for field in fields(InstrumentFilter)}
_CHAIN_FIELDS = (
    "build_options_chain",
    "build_futures_chain",
    "options_chain_exchange",
    "min_expiry_days",
    "max_expiry_days",
    "min_strike",
    "max_strike",
)
_ISIN = re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]")
_NAMING = ("symbol", "pair", "local_symbol", "sec_id", "con_id", "issuer_id", "combo_legs")


def read_filter(given: Filter, *, otherwise: Mapping[str, Any] | None = None) -> InstrumentFilter:
    """`otherwise` is for the fields that the filter leaves out.

    Raises FilterRefused for an unknown key, with the nearest right one, and for a value that makes no sense.
    """
    if isinstance(given, InstrumentFilter):
        return given
    values: dict[str, Any] = {}
    for key, value in _items(given):
        name = _field(key)
        read = READERS[name](IB_NAMES[name], value)
        if name in values and values[name] != read:
            raise FilterRefused(f"The filter gives {IB_NAMES[name]} twice: {values[name]!r} and {read!r}.")
        values[name] = read
    return _sensible(InstrumentFilter(**{**(otherwise or {}), **values}))


def read_filters(given: Filters) -> tuple[InstrumentFilter, ...]:
    """Of one filter or several. Raises FilterRefused."""
    return tuple(read_filter(one) for one in separate(given))


def separate(given: Filters) -> tuple[Filter, ...]:
    """Tells one filter's items from several filters: an item begins with its key. Raises FilterRefused for neither."""
    if isinstance(given, Mapping | InstrumentFilter):
        return (given,)
    if not _is_several(given):
        raise FilterRefused(f"A filter is a dict or its items, or there are several in a list; {given!r} is neither.")
    parts: tuple[Any, ...] = tuple(given)
    return (parts,) if parts and _is_item(parts[0]) else parts


def frozen(given: Filter) -> Filter:
    """As its items, so that nobody changes it afterwards. Raises FilterRefused for what is no filter."""
    return given if isinstance(given, InstrumentFilter) else tuple(_items(given))


def isin(text: str) -> str:
    """Two letters, nine letters or digits and a last digit, in any case; empty for anything else."""
    found = _ISIN.fullmatch(text.strip().upper())
    return found[0] if found is not None else ""


def _is_several(given: object) -> bool:
    return isinstance(given, Collection) and not isinstance(given, str | bytes)


def _is_item(given: object) -> bool:
    return isinstance(given, Sequence) and not isinstance(given, str) and len(given) == 2 and isinstance(given[0], str)


def _items(given: Mapping[str, Any] | Collection[tuple[str, Any]]) -> Iterable[tuple[str, Any]]:
    if isinstance(given, Mapping):
        return given.items()
    if not _is_several(given) or not all(_is_item(item) for item in given):
        raise FilterRefused(f"A filter is a dict or its items, and {given!r} is neither.")
    return given


def _field(key: str) -> str:
    if key in _FIELDS:
        return _FIELDS[key]
    raise FilterRefused(f"A filter has no key {key!r}. {meant(key, [*IB_NAMES.values(), *IB_NAMES])}")


def _sensible(read: InstrumentFilter) -> InstrumentFilter:
    if not any(getattr(read, name) for name in _NAMING):
        raise FilterRefused(
            f"A filter has to name an instrument by symbol, pair, localSymbol, secId or conId; this one says "
            f"{str(read) or 'nothing'}."
        )
    if read.pair and (read.symbol or read.sec_type not in (None, SecurityType.CASH)):
        raise FilterRefused("A pair names a currency pair, so it goes with secType CASH and without a symbol.")
    if read.sec_type is None and not (read.con_id or read.pair):
        allowed = ", ".join(kind.value for kind in SecurityType)
        raise FilterRefused(f"The filter {read} needs a secType, one of {allowed}.")
    if bool(read.sec_id) is not bool(read.sec_id_type):
        raise FilterRefused("secId and secIdType belong together, as in secIdType 'ISIN', secId 'US03076KAA60'.")
    if bool(read.combo_legs) is not (read.sec_type is SecurityType.BAG):
        raise FilterRefused("comboLegs belong to secType BAG, and a BAG is named by them.")
    return read


def _plain(value: object) -> str:
    if isinstance(value, SecurityType | Right):
        return repr(value.value)
    if isinstance(value, tuple):
        return " and ".join(f"{leg.side} {leg.ratio} x {leg.con_id}" for leg in value)
    return repr(value) if isinstance(value, str) else str(value)
