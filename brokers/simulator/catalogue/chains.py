"""What is listed anew every week: futures, and options on shares, indices and futures.

None of it exists until somebody asks: a contract is made from its id or from its series, and then kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from brokers.simulator.catalogue.hours import Calendar
from brokers.simulator.catalogue.listings.contract_ids import Derived, pack, unpack
from brokers.simulator.catalogue.listings.futures import FUTURES, FutureSeries, continuous
from brokers.simulator.catalogue.listings.instrument import CONTINUOUS_FUTURE, FUTURE, FUTURE_OPTION, OPTION, Instrument
from brokers.simulator.catalogue.listings.options import OPTIONS, OptionSeries

Series = FutureSeries | OptionSeries

SECURITY_TYPES = frozenset({FUTURE, OPTION, FUTURE_OPTION, CONTINUOUS_FUTURE})

_ALL: tuple[Series, ...] = (*FUTURES, *OPTIONS)
_BY_NUMBER: dict[int, Series] = {series.number: series for series in _ALL}


@dataclass(frozen=True, slots=True)
class OptionParameters:
    """The expiries and strikes of one class on one exchange: what reqSecDefOptParams is answered with.

    Not every strike is listed for every expiry, at IB as here.
    """

    exchange: str
    under_con_id: int
    trading_class: str
    multiplier: Decimal
    expirations: tuple[str, ...]
    strikes: tuple[Decimal, ...]


class Chains:
    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._made: dict[int, Instrument] = {}
        self._lists: dict[int, tuple[date, list[Instrument]]] = {}

    def get(self, con_id: int) -> Instrument | None:
        """Any future or option that is, was or will be traded; None for an id that means none."""
        if con_id in self._made:
            return self._made[con_id]
        contract = unpack(con_id)
        if contract is None or contract.series not in _BY_NUMBER:
            return None
        series = _BY_NUMBER[contract.series]
        return self._make(series, contract) if series.knows(contract) else None

    def _make(self, series: Series, contract: Derived) -> Instrument:
        con_id = pack(contract)
        if con_id not in self._made:
            self._made[con_id] = series.instrument(contract, self._calendar.today(series))
        return self._made[con_id]

    def named(
        self, *, security_types: frozenset[str], symbol: str, local_symbol: str, expired: bool
    ) -> Iterator[Instrument]:
        """Everything of these types on `symbol`, or that may be called `local_symbol`; what is empty isn't asked."""
        for series in _ALL:
            if symbol not in ("", series.symbol) or not series.may_list(local_symbol or series.trading_class):
                continue
            if series.security_type in security_types:
                yield from self._list(series)
                if expired:
                    today = self._calendar.today(series)
                    yield from (self._make(series, contract) for contract in series.expired(today))
            if CONTINUOUS_FUTURE in security_types and isinstance(series, FutureSeries):
                yield self.continuous(series)

    def _list(self, series: Series) -> list[Instrument]:
        """What the series lists today, made once a day."""
        today = self._calendar.today(series)
        if self._lists.get(series.number, (None,))[0] != today:
            self._lists[series.number] = today, [self._make(series, contract) for contract in series.listed(today)]
        return self._lists[series.number][1]

    def continuous(self, series: FutureSeries) -> Instrument:
        return continuous(self._make(series, series.front(self._calendar.today(series))))

    def derivatives(self, under: Instrument) -> list[str]:
        """The types of what is written on an underlying, in IB's words."""
        types = {series.security_type for series in _ALL if _index_of(series).con_id == under.con_id}
        return sorted(types)

    def option_parameters(self, under: Instrument, exchange: str) -> list[OptionParameters]:
        """One row for each exchange and class of options on `under`; `exchange` may be empty, for all of them."""
        return [row for series in OPTIONS for row in self._parameters(series, under, exchange)]

    def _parameters(self, series: OptionSeries, under: Instrument, exchange: str) -> Iterator[OptionParameters]:
        today = self._calendar.today(series)
        by_class: dict[str, list[date]] = {}
        for expiry in series.expiries(today):
            if _is_written_on(series, expiry, under):
                by_class.setdefault(series.class_on(expiry), []).append(expiry)
        for trading_class, expiries in by_class.items():
            strikes = {strike for expiry in expiries for strike in series.strikes_on(expiry, today)}
            for where in _exchanges(series, exchange):
                yield OptionParameters(
                    exchange=where,
                    under_con_id=under.con_id,
                    trading_class=trading_class,
                    multiplier=Decimal(series.multiplier),
                    expirations=tuple(f"{expiry:%Y%m%d}" for expiry in expiries),
                    strikes=tuple(sorted(strikes)),
                )


def _index_of(series: Series) -> Instrument:
    """What a series is about in the end: an option on a future is about the future's index."""
    under = series.underlying
    return under.underlying if isinstance(under, FutureSeries) else under


def _is_written_on(series: OptionSeries, expiry: date, under: Instrument) -> bool:
    future = series.future_of(expiry)
    if future is not None:
        return pack(future) == under.con_id
    return isinstance(series.underlying, Instrument) and series.underlying.con_id == under.con_id


def _exchanges(series: OptionSeries, exchange: str) -> tuple[str, ...]:
    """A future's options are on one exchange, under its present name or the one that was asked for."""
    if exchange:
        return (exchange,) if exchange in series.venue.exchanges else ()
    return series.venue.exchanges[:1] if series.security_type == FUTURE_OPTION else series.venue.exchanges
