"""Combinations: an order's legs, made into one instrument that can be priced and traded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from zlib import crc32

from brokers.simulator.catalogue.listings import rules
from brokers.simulator.catalogue.listings.contract_ids import FIRST
from brokers.simulator.catalogue.listings.instrument import COMBINATION, Instrument
from brokers.simulator.catalogue.listings.venues import Venue

# The contract id that IB shows for every combination in dollars. Inside of this gateway each has one of its own.
IB_CON_ID = 28812380

_LARGEST_RATIO = 1000
_LEG_FIELDS = 4
# Below the ids of options and futures, above all that IB has given out.
_FIRST_ID = 950_000_000


class CombinationRefused(Exception):
    """Legs that make no combination; the text says which leg, and why."""


@dataclass(frozen=True, slots=True)
class Leg:
    """`ratio` contracts of the instrument for one of the combination; `sign` is 1 where they are bought with it."""

    instrument: Instrument
    ratio: int
    sign: int
    exchange: str

    @property
    def weight(self) -> int:
        return self.sign * self.ratio


@dataclass(frozen=True, slots=True)
class Combination:
    """`instrument` is what an order trades: a BAG, whose price is that of its legs and may well be negative."""

    instrument: Instrument
    legs: tuple[Leg, ...]

    def quote(self, quote_of: Callable[[int], tuple[Decimal, Decimal]]) -> tuple[Decimal, Decimal]:
        """Its bid and ask, from each leg's: to buy it is to buy some legs at the ask and sell the others at the bid.

        `quote_of` takes a leg's contract id.
        """
        bid = ask = Decimal(0)
        for leg in self.legs:
            under, over = quote_of(leg.instrument.con_id)
            bid += leg.weight * (under if leg.sign > 0 else over)
            ask += leg.weight * (over if leg.sign > 0 else under)
        return bid, ask


def combine(
    legs: Sequence[Sequence[str]], get: Callable[[int], Instrument | None], *, symbol: str, exchange: str
) -> Combination:
    """`legs` as messages carry them: contract id, ratio, action and exchange, and whatever more. `get` finds by id.

    Raises CombinationRefused.
    """
    if len(legs) < 2:
        raise CombinationRefused(f"A combination needs two legs at least; {len(legs)} came")
    found = tuple(_leg(leg, get) for leg in legs)
    currencies = sorted({leg.instrument.currency for leg in found})
    if len(currencies) > 1:
        raise CombinationRefused(f"The legs of a combination have one currency; these have {', '.join(currencies)}")
    if len({leg.instrument.con_id for leg in found}) < len(found):
        raise CombinationRefused("A combination names each of its legs once")
    return Combination(_instrument(found, symbol=symbol, exchange=exchange), found)


def _leg(fields: Sequence[str], get: Callable[[int], Instrument | None]) -> Leg:
    con_id, ratio, action, exchange = fields[:_LEG_FIELDS]
    instrument = get(int(con_id)) if con_id.isdecimal() else None
    if instrument is None:
        raise CombinationRefused(f"No instrument has a leg's contract id {con_id!r}")
    if not (ratio.isdecimal() and 0 < int(ratio) <= _LARGEST_RATIO):
        raise CombinationRefused(f"A leg's ratio is 1 to {_LARGEST_RATIO}; {ratio!r} came")
    if action not in ("BUY", "SELL", "SSHORT"):
        raise CombinationRefused(f"A leg's action is BUY or SELL; {action!r} came")
    if exchange not in ("", *instrument.venue.exchanges):
        raise CombinationRefused(f"{instrument.local_symbol} does not trade on {exchange!r}")
    return Leg(instrument, int(ratio), 1 if action == "BUY" else -1, exchange or instrument.venue.default_exchange)


def _instrument(legs: tuple[Leg, ...], *, symbol: str, exchange: str) -> Instrument:
    first = legs[0].instrument
    return Instrument(
        con_id=_con_id(legs),
        symbol=symbol or first.symbol,
        security_type=COMBINATION,
        currency=first.currency,
        local_symbol=str(IB_CON_ID),
        trading_class="COMB",
        long_name=" ".join(f"{leg.weight:+}*{leg.instrument.local_symbol}" for leg in legs),
        primary_exchange="",
        venue=Venue((exchange or "SMART",), rules.CENTS, first.hours, first.farm),
        start_price=sum((leg.weight * leg.instrument.start_price for leg in legs), Decimal(0)),
        multiplier=_multiplier(legs),
    )


def _multiplier(legs: tuple[Leg, ...]) -> Decimal:
    """What one point of its price is worth: its legs' own, where they all have the same."""
    found = {leg.instrument.multiplier for leg in legs}
    return found.pop() if len(found) == 1 else Decimal(1)


def _con_id(legs: tuple[Leg, ...]) -> int:
    """The same legs are the same combination, in whatever order they are named."""
    described = ",".join(sorted(f"{leg.instrument.con_id}:{leg.weight}" for leg in legs))
    return _FIRST_ID + crc32(described.encode()) % (FIRST - _FIRST_ID)
