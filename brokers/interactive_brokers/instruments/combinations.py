"""Combinations (BAG): instruments that are made of their legs, since IB doesn't describe them.

https://interactivebrokers.github.io/tws-api/spread_contracts.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from brokers.domain import ComboLeg, Instrument, SecurityType, TradingInterval, name_of
from brokers.interactive_brokers import convert


def combination(
    legs: Sequence[ComboLeg], parts: Sequence[Instrument], *, symbol: str, exchange: str, currency: str
) -> Instrument:
    """`parts` are the legs' instruments, in the legs' order.

    What the legs have in common is the combination's; its price can be as fine as the finest of theirs. An empty
    `symbol` or `currency` follows from the legs; IB writes several symbols with commas between them.
    """
    zones = {part.time_zone for part in parts}
    multipliers = {part.multiplier for part in parts}
    return Instrument(
        con_id=convert.con_id_of_legs(legs),
        symbol=symbol or ",".join(dict.fromkeys(part.symbol for part in parts)),
        local_symbol=_local_symbol(legs, parts),
        security_type=SecurityType.BAG,
        exchange=exchange,
        primary_exchange="",
        currency=currency or parts[0].currency,
        long_name=" ".join(f"{leg.side} {leg.ratio} {part.long_name}" for leg, part in zip(legs, parts, strict=True)),
        price_increment=min(part.price_increment for part in parts),
        size_increment=Decimal(1),
        min_size=Decimal(1),
        multiplier=multipliers.pop() if len(multipliers) == 1 else None,
        time_zone=zones.pop() if len(zones) == 1 else None,
        expiry=min((part.expiry for part in parts if part.expiry is not None), default=None),
        order_types=_common_order_types(parts),
        trading_hours=_common_hours([part.trading_hours for part in parts]),
        liquid_hours=_common_hours([part.liquid_hours for part in parts]),
        hours_until=_common_reach([part.hours_until for part in parts]),
        legs=tuple(legs),
    )


def _local_symbol(legs: Sequence[ComboLeg], parts: Sequence[Instrument]) -> str:
    """`+1 AAPL -1 SPY`: IB gives a combination no symbol, so its legs' names make one."""
    said = zip(legs, parts, strict=True)
    return " ".join(f"{'+' if leg.side.sign > 0 else '-'}{leg.ratio} {name_of(part)}" for leg, part in said)


def _common_order_types(parts: Sequence[Instrument]) -> tuple[str, ...]:
    return tuple(name for name in parts[0].order_types if all(name in part.order_types for part in parts))


def _common_hours(hours: Sequence[tuple[TradingInterval, ...]]) -> tuple[TradingInterval, ...]:
    """When all legs trade; empty, which is unknown, when any of theirs are."""
    common = list(hours[0])
    for other in hours[1:]:
        common = [overlap for one in common for two in other if (overlap := _overlap(one, two)) is not None]
    return tuple(common)


def _common_reach(reaches: Sequence[datetime | None]) -> datetime | None:
    """Unknown when that of any leg is."""
    known = [reach for reach in reaches if reach is not None]
    return min(known) if len(known) == len(reaches) else None


def _overlap(one: TradingInterval, two: TradingInterval) -> TradingInterval | None:
    start, end = max(one.start, two.start), min(one.end, two.end)
    return TradingInterval(start=start, end=end) if start < end else None
