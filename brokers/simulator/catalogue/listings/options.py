"""Options on shares, on an index and on futures: every series lists expiries from today on, and strikes around today's
underlying.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from brokers.simulator.catalogue.holidays import third_friday
from brokers.simulator.catalogue.hours import Hours
from brokers.simulator.catalogue.listings import expiries, futures, indices, venues
from brokers.simulator.catalogue.listings.contract_ids import Derived, pack
from brokers.simulator.catalogue.listings.futures import FutureSeries
from brokers.simulator.catalogue.listings.instrument import FUTURE_OPTION, OPTION, Following, Instrument
from brokers.simulator.catalogue.listings.pricing import INTEREST, Option, smile, years_until
from brokers.simulator.catalogue.listings.stocks import BY_SYMBOL
from brokers.simulator.catalogue.listings.venues import Venue

_WEEKS_LISTED = 110
_EVERY_WEEK, _EVERY_MONTH, _EVERY_QUARTER = 6, 26, 65

# Fine steps are listed near the money, and until this many days before the last one.
_FINE_DAYS = 180
_NEAR, _FAR = Decimal("0.05"), Decimal("0.25")


@dataclass(frozen=True, slots=True)
class Strikes:
    """Distances between strikes: near the money, and further away. Both are multiples of `unit`."""

    unit: Decimal
    near: Decimal
    far: Decimal


@cache
def _around(price: Decimal, strikes: Strikes, *, fine: bool) -> tuple[Decimal, ...]:
    listed = set(_multiples(strikes.far, price, _FAR))
    if fine:
        listed.update(_multiples(strikes.near, price, _NEAR))
    return tuple(sorted(listed))


def _multiples(step: Decimal, price: Decimal, share: Decimal) -> list[Decimal]:
    lowest, highest = (int(price * (1 + side * share) / step) for side in (-1, 1))
    return [count * step for count in range(max(lowest, 1), highest + 1)]


def _strikes(unit: str, near: str, far: str) -> Strikes:
    return Strikes(Decimal(unit), Decimal(near), Decimal(far))


def _any(_friday: date) -> bool:
    return True


def _third(friday: date) -> bool:
    return friday == third_friday(friday.year, friday.month)


def _quarterly(friday: date) -> bool:
    return _third(friday) and friday.month in expiries.QUARTERLY


def _between_quarters(friday: date) -> bool:
    """A month's fifth Friday has no weekly of its own."""
    return not _quarterly(friday) and expiries.week_of_month(friday) <= 4


def _is_offered(friday: date, weeks: int) -> bool:
    """The nearer, the more: every week, then every month, every quarter, and every January."""
    if weeks < _EVERY_WEEK:
        return True
    if not _third(friday):
        return False
    return weeks < _EVERY_MONTH or friday.month == 1 or (weeks < _EVERY_QUARTER and _quarterly(friday))


@dataclass(frozen=True, slots=True)
class OptionSeries:
    """One kind of option. `number` stands in its contract ids: it is never given to another series.

    `fits` says on which Fridays it expires; where a Friday is closed, on the trading day before it.
    """

    number: int
    underlying: Instrument | FutureSeries
    trading_class: str
    venue: Venue
    strikes: Strikes
    volatility: float
    multiplier: str = "100"
    fits: Callable[[date], bool] = _any
    last_trade_time: str = "16:00:00"

    @property
    def security_type(self) -> str:
        return FUTURE_OPTION if isinstance(self.underlying, FutureSeries) else OPTION

    @property
    def symbol(self) -> str:
        return self.underlying.symbol

    @property
    def hours(self) -> Hours:
        return self.venue.hours

    @property
    def _centre(self) -> Decimal:
        """Strikes stand around the price that the underlying's own index or share begins at."""
        under = self.underlying
        return under.underlying.start_price if isinstance(under, FutureSeries) else under.start_price

    def may_list(self, local_symbol: str) -> bool:
        return local_symbol.startswith(self.trading_class)

    def class_on(self, expiry: date) -> str:
        """A weekly option on a future is named for its week: EW3."""
        if self.fits is not _between_quarters:
            return self.trading_class
        return f"{self.trading_class}{expiries.week_of_month(expiries.friday_of(expiry))}"

    def expiries(self, today: date) -> list[date]:
        """The expiries that are listed today, the nearest first."""
        fridays = enumerate(expiries.fridays(today, _WEEKS_LISTED))
        offered = (friday for weeks, friday in fridays if self.fits(friday) and _is_offered(friday, weeks))
        days = (expiries.trading_day(friday, self.hours) for friday in offered)
        return [day for day in days if day >= today]

    def strikes_on(self, expiry: date, today: date) -> tuple[Decimal, ...]:
        return _around(self._centre, self.strikes, fine=(expiry - today).days <= _FINE_DAYS)

    def listed(self, today: date) -> Iterator[Derived]:
        for expiry in self.expiries(today):
            for strike in self.strikes_on(expiry, today):
                for is_put in (False, True):
                    yield Derived(self.number, expiry, is_put, int(strike / self.strikes.unit))

    def expired(self, _today: date) -> Iterator[Derived]:
        """IB forgets options on the day after their last."""
        return iter(())

    def knows(self, contract: Derived) -> bool:
        """Whether such an option is, was or will be traded."""
        friday = expiries.friday_of(contract.expiry)
        on_its_day = self.fits(friday) and expiries.trading_day(friday, self.hours) == contract.expiry
        return on_its_day and contract.steps * self.strikes.unit in _around(self._centre, self.strikes, fine=True)

    def future_of(self, expiry: date) -> Derived | None:
        """The future that an option of this expiry turns into; None for an option on anything else."""
        if not isinstance(self.underlying, FutureSeries):
            return None
        return self.underlying.front(expiry)

    def _underlying_on(self, expiry: date, today: date) -> Instrument:
        under = self.underlying
        return under.instrument(under.front(expiry), today) if isinstance(under, FutureSeries) else under

    def instrument(self, contract: Derived, today: date) -> Instrument:
        """The contract as IB describes it, with a price as of `today` to begin at."""
        under = self._underlying_on(contract.expiry, today)
        strike, right = contract.steps * self.strikes.unit, "P" if contract.is_put else "C"
        follows = Following(under, self._relation(strike, right))
        return Instrument(
            con_id=pack(contract),
            symbol=self.symbol,
            security_type=self.security_type,
            currency=under.currency,
            local_symbol=self._local_symbol(contract.expiry, strike, right),
            trading_class=self.class_on(contract.expiry),
            long_name=under.long_name,
            primary_exchange="",
            venue=self.venue,
            start_price=follows.begins_at(self.venue.market_rule, years_until(contract.expiry, today)),
            follows=follows,
            industry=under.industry,
            category=under.category,
            live=under.live,
            multiplier=Decimal(self.multiplier),
            expiry=f"{contract.expiry:%Y%m%d}",
            contract_month=f"{contract.expiry:%Y%m}",
            strike=strike,
            right=right,
            under_con_id=under.con_id,
            under_symbol=under.local_symbol,
            under_security_type=under.security_type,
            last_trade_time=self.last_trade_time,
        )

    def _relation(self, strike: Decimal, right: str) -> Option:
        return Option(
            strike=float(strike),
            right=right,
            volatility=smile(self.volatility, strike, self._centre),
            carry=INTEREST if self.security_type == OPTION else 0.0,
        )

    def _local_symbol(self, expiry: date, strike: Decimal, right: str) -> str:
        """`SPY   170721C00240000` as options are numbered in America; `ESZ6 C5480` on a future."""
        if self.security_type == OPTION:
            return osi_symbol(self.trading_class, expiry, right, strike)
        month = f"{expiries.MONTH_CODES[expiry.month - 1]}{expiry.year % 10}"
        return f"{self.class_on(expiry)}{month} {right}{strike.normalize():f}"


def osi_symbol(trading_class: str, expiry: date, right: str, strike: Decimal) -> str:
    """The Options Symbology Initiative's name: class, day, right and the strike in thousandths."""
    return f"{trading_class:<6}{expiry:%y%m%d}{right}{int(strike * 1000):08}"


_HALVES = _strikes("0.5", "0.5", "2.5")
_ONES = _strikes("0.5", "1", "5")
_TWO_AND_A_HALVES = _strikes("0.5", "2.5", "10")
_TENS = _strikes("5", "10", "50")


def _on_share(number: int, symbol: str, strikes: Strikes, volatility: float = 0.3) -> OptionSeries:
    venue = venues.FUND_OPTIONS if symbol == "SPY" else venues.OPTIONS
    return OptionSeries(number, BY_SYMBOL[symbol], symbol, venue, strikes, volatility)


OPTIONS = (
    _on_share(12, "SPY", _ONES, 0.16),
    _on_share(13, "AAPL", _TWO_AND_A_HALVES),
    _on_share(14, "MSFT", _TWO_AND_A_HALVES),
    _on_share(15, "AMD", _TWO_AND_A_HALVES, 0.45),
    _on_share(16, "INTC", _HALVES, 0.4),
    _on_share(17, "NVDA", _ONES, 0.5),
    _on_share(18, "TSLA", _TWO_AND_A_HALVES, 0.55),
    _on_share(19, "AMZN", _TWO_AND_A_HALVES),
    _on_share(20, "GOOGL", _TWO_AND_A_HALVES),
    _on_share(21, "META", _TWO_AND_A_HALVES),
    _on_share(22, "IBM", _TWO_AND_A_HALVES, 0.2),
    _on_share(23, "KO", _HALVES, 0.16),
    _on_share(24, "JPM", _TWO_AND_A_HALVES, 0.22),
    OptionSeries(25, indices.SP500, "SPX", venues.INDEX_OPTIONS, _TENS, 0.16, fits=_third, last_trade_time="15:00:00"),
    OptionSeries(26, indices.SP500, "SPXW", venues.INDEX_OPTIONS, _TENS, 0.16, last_trade_time="15:00:00"),
    OptionSeries(27, futures.ES, "ES", venues.CHICAGO_QUARTER_OPTIONS, _TENS, 0.16, "50", _quarterly, "08:30:00"),
    OptionSeries(
        28, futures.ES, "EW", venues.CHICAGO_QUARTER_OPTIONS, _TENS, 0.16, "50", _between_quarters, "15:00:00"
    ),
)
