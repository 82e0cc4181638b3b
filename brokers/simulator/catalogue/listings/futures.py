"""Futures: every series lists its next few months, counted from today."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from brokers.simulator.catalogue.hours import Hours
from brokers.simulator.catalogue.listings import expiries, indices, venues
from brokers.simulator.catalogue.listings.contract_ids import Derived, pack
from brokers.simulator.catalogue.listings.instrument import CONTINUOUS_FUTURE, FUTURE, Following, Instrument
from brokers.simulator.catalogue.listings.pricing import Forward, years_until
from brokers.simulator.catalogue.listings.venues import Venue

# How long IB still describes an expired future to a client that asks for expired ones.
_MONTHS_BACK = -24
# Oil's last day is in the month before the one that a contract is named for.
_MONTHS_AHEAD_OF_EXPIRY = 3


@dataclass(frozen=True, slots=True)
class FutureSeries:
    """One kind of future. `number` stands in its contract ids: it is never given to another series."""

    number: int
    underlying: Instrument
    trading_class: str
    venue: Venue
    multiplier: str
    listed_months: int
    last_trade_time: str
    expires: Callable[[int, int, Hours], date]
    cycle: tuple[int, ...] = expiries.QUARTERLY

    security_type = FUTURE

    @property
    def symbol(self) -> str:
        return self.underlying.symbol

    @property
    def hours(self) -> Hours:
        return self.venue.hours

    def may_list(self, local_symbol: str) -> bool:
        return local_symbol.startswith(self.trading_class)

    def listed(self, today: date) -> Iterator[Derived]:
        """What is traded today, the nearest expiry first."""
        ahead = expiries.months(today, 12 * self.listed_months)
        alive = (one for month in ahead if (one := self._in(*month)) is not None and one.expiry >= today)
        for _, one in zip(range(self.listed_months), alive, strict=False):
            yield one

    def expired(self, today: date) -> Iterator[Derived]:
        """What IB remembers for a while, oldest first."""
        for month in [*expiries.months(today, _MONTHS_BACK), *expiries.months(today, 1)]:
            one = self._in(*month)
            if one is not None and one.expiry < today:
                yield one

    def front(self, today: date) -> Derived:
        """The nearest future that hasn't expired on that day."""
        return next(self.listed(today))

    def _in(self, year: int, month: int) -> Derived | None:
        return Derived(self.number, self.expires(year, month, self.hours)) if month in self.cycle else None

    def knows(self, contract: Derived) -> bool:
        """Whether such a future is, was or will be traded."""
        return contract.steps == 0 and not contract.is_put and self._month_of(contract.expiry) is not None

    def _month_of(self, expiry: date) -> tuple[int, int] | None:
        ahead = expiries.months(expiry, _MONTHS_AHEAD_OF_EXPIRY)
        return next((month for month in ahead if (one := self._in(*month)) and one.expiry == expiry), None)

    def instrument(self, contract: Derived, today: date) -> Instrument:
        """The contract as IB describes it, with a price as of `today` to begin at."""
        year, month = self._month_of(contract.expiry) or (contract.expiry.year, contract.expiry.month)
        code = f"{expiries.MONTH_CODES[month - 1]}{year % 10}"
        follows = Following(self.underlying, Forward())
        return replace(
            self.underlying,
            con_id=pack(contract),
            security_type=FUTURE,
            local_symbol=f"{self.trading_class}{code}",
            trading_class=self.trading_class,
            primary_exchange="",
            venue=self.venue,
            start_price=follows.begins_at(self.venue.market_rule, years_until(contract.expiry, today)),
            follows=follows,
            multiplier=Decimal(self.multiplier),
            expiry=f"{contract.expiry:%Y%m%d}",
            contract_month=f"{year}{month:02}",
            under_con_id=self.underlying.con_id,
            under_symbol=self.underlying.symbol,
            under_security_type=self.underlying.security_type,
            last_trade_time=self.last_trade_time,
        )


def continuous(front: Instrument) -> Instrument:
    """The front month under the name of them all. At IB it has the front month's contract id too."""
    return replace(front, security_type=CONTINUOUS_FUTURE)


ES = FutureSeries(
    1, indices.SP500_FUTURES, "ES", venues.CHICAGO_QUARTERS, "50", 6, "08:30:00", expiries.on_third_friday
)
NQ = FutureSeries(
    2, indices.NASDAQ_FUTURES, "NQ", venues.CHICAGO_QUARTERS, "20", 5, "08:30:00", expiries.on_third_friday
)
MES = FutureSeries(
    3, indices.MICRO_SP500_FUTURES, "MES", venues.CHICAGO_QUARTERS, "5", 5, "08:30:00", expiries.on_third_friday
)
ZT = FutureSeries(4, indices.TWO_YEAR_NOTE, "ZT", venues.CBOT_TWO_YEARS, "2000", 3, "12:01:00", expiries.on_last_day)
ZF = FutureSeries(5, indices.FIVE_YEAR_NOTE, "ZF", venues.CBOT_FIVE_YEARS, "1000", 3, "12:01:00", expiries.on_last_day)
ZN = FutureSeries(6, indices.TEN_YEAR_NOTE, "ZN", venues.CBOT_TEN_YEARS, "1000", 3, "12:01:00", expiries.on_last_day)
YEN = FutureSeries(
    7, indices.JAPANESE_YEN, "6J", venues.CHICAGO_YEN, "12500000", 4, "09:16:00", expiries.before_third_wednesday
)
CL = FutureSeries(
    8,
    indices.CRUDE_OIL,
    "CL",
    venues.NYMEX,
    "1000",
    12,
    "14:30:00",
    expiries.before_delivery_of_oil,
    expiries.EVERY_MONTH,
)
GC = FutureSeries(
    9, indices.GOLD, "GC", venues.COMEX, "100", 6, "13:30:00", expiries.before_last_days, (2, 4, 6, 8, 10, 12)
)
DAX = FutureSeries(10, indices.DAX, "FDAX", venues.EUREX, "25", 3, "13:00:00", expiries.on_third_friday)
HSI = FutureSeries(
    11,
    indices.HANG_SENG,
    "HSI",
    venues.HONG_KONG_FUTURES,
    "50",
    4,
    "16:00:00",
    expiries.before_last_days,
    expiries.EVERY_MONTH,
)

FUTURES = (ES, NQ, MES, ZT, ZF, ZN, YEN, CL, GC, DAX, HSI)
