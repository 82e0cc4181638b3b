"""What an account is worth: its holdings at the market's prices, its equity, and how much of that is tied up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from brokers.simulator.accounts.account import BASE_CURRENCY, Account, Position, trading_day
from brokers.simulator.accounts.amounts import ZERO, is_option, is_settled_in_differences, unit_value
from brokers.simulator.accounts.margins import FOREIGN_CASH, NO_MARGIN, Margin, margin
from brokers.simulator.accounts.marks import Marks
from brokers.simulator.catalogue.listings import Instrument

_SECURITIES = frozenset({"STK", "OPT", "BOND"})


@dataclass(frozen=True, slots=True)
class Holding:
    """A position at the market's price. Amounts are money of its instrument's currency.

    What isn't quoted any more is worth nothing, and `is_priced` says so.
    """

    position: Position
    price: Decimal = ZERO
    close: Decimal = ZERO
    is_priced: bool = True

    @property
    def instrument(self) -> Instrument:
        return self.position.instrument

    @property
    def unit(self) -> Decimal:
        return unit_value(self.instrument, self.price)

    @property
    def value(self) -> Decimal:
        """At the market, multiplier and all; a future's too, though nobody paid that."""
        return self.position.quantity * self.unit

    @property
    def unrealized_pnl(self) -> Decimal:
        """Since it was opened, commissions included."""
        return self.value - self.position.quantity * self.position.average_cost

    @property
    def realized_pnl(self) -> Decimal:
        return self.position.realized_pnl or ZERO

    @property
    def daily_pnl(self) -> Decimal:
        """Since yesterday's close, or since it was opened today."""
        began = self.position.overnight * unit_value(self.instrument, self.close)
        return self.value - began - self.position.spent

    @property
    def unsettled(self) -> Decimal:
        """What a future gained since it was opened: money already, though no cash yet."""
        return self.position.quantity * (self.unit - self.position.entry)

    @property
    def is_settled_in_differences(self) -> bool:
        return is_settled_in_differences(self.instrument)

    @property
    def is_owned(self) -> bool:
        """Whether its value is the account's, beside its cash: not a future's, and not a currency's, which is cash."""
        return not (self.is_settled_in_differences or self.instrument.is_currency_pair)


# What may be traded: how much of an instrument (negative for a sale), and its commission in the tariff's currency.
Trade = tuple[Instrument, Decimal, Decimal]


class Worth:
    """One account as it is at one moment. Amounts are in the base currency, unless a method says otherwise."""

    def __init__(self, account: Account, marks: Marks) -> None:
        self.account = account
        self._marks = marks
        self._rates: dict[str, Decimal] = {}
        self.cash = dict(account.cash)
        self.holdings = [_holding(position, marks) for position in account.positions()]

    def rate(self, currency: str) -> Decimal:
        """How much one unit of a currency is in the base currency."""
        if currency not in self._rates:
            self._rates[currency] = self._marks.rate(currency)
        return self._rates[currency]

    def in_base(self, amount: Decimal, currency: str) -> Decimal:
        return amount * self.rate(currency)

    def total(self, amount: Callable[[Holding], Decimal], holdings: Iterable[Holding] | None = None) -> Decimal:
        """An amount of every holding (or of these), converted and added up."""
        chosen = self.holdings if holdings is None else holdings
        return sum((self.in_base(amount(one), one.instrument.currency) for one in chosen), ZERO)

    @property
    def owned(self) -> list[Holding]:
        return [one for one in self.holdings if one.is_owned]

    @cached_property
    def total_cash(self) -> Decimal:
        """Cash in every currency, and what futures gained."""
        cash = sum((self.in_base(amount, currency) for currency, amount in self.cash.items()), ZERO)
        return cash + self.total(
            lambda one: one.unsettled, (one for one in self.holdings if one.is_settled_in_differences)
        )

    @cached_property
    def equity(self) -> Decimal:
        """Net liquidation value. A currency position is cash on both sides, and so not counted again."""
        return self.total_cash + self.total(lambda one: one.value, self.owned)

    @cached_property
    def equity_with_loan(self) -> Decimal:
        """What margin is held against: no option counts, since nobody lends on one."""
        return self.equity - self.total(lambda one: one.value, (one for one in self.owned if is_option(one.instrument)))

    @property
    def gross_position_value(self) -> Decimal:
        return self.total(lambda one: abs(one.value), self.owned)

    @cached_property
    def margin(self) -> Margin:
        positions = (self._margin_of(one) for one in self.holdings)
        foreign = (abs(self.in_base(cash, name)) for name, cash in self.cash.items() if name != BASE_CURRENCY)
        return sum(positions, NO_MARGIN) + FOREIGN_CASH * sum(foreign, ZERO)

    @property
    def securities_margin(self) -> Margin:
        """The part of it that Regulation T is about: of shares, bonds and the options on shares and indices."""
        securities = (one for one in self.holdings if one.instrument.security_type in _SECURITIES)
        return sum(map(self._margin_of, securities), NO_MARGIN)

    def _margin_of(self, holding: Holding) -> Margin:
        if not holding.is_priced:
            return NO_MARGIN
        instrument = holding.instrument
        underlying = self._marks.underlying(instrument) if is_option(instrument) else None
        needed = margin(instrument, holding.position.quantity, holding.price, underlying=underlying)
        return needed * self.rate(instrument.currency)

    @property
    def available_funds(self) -> Decimal:
        return self.equity_with_loan - self.margin.initial

    @property
    def excess_liquidity(self) -> Decimal:
        return self.equity_with_loan - self.margin.maintenance


def _holding(position: Position, marks: Marks) -> Holding:
    quote = marks.quote(position.instrument.con_id)
    if quote is None:
        return Holding(position, is_priced=False)
    return Holding(position, quote.mark, quote.close)


class Valuation:
    """One account at the market as it moves."""

    def __init__(self, account: Account, marks: Marks, *, now: Callable[[], datetime]) -> None:
        self.account = account
        self._marks = marks
        self._now = now

    def worth(self) -> Worth:
        """As it is now; what has to fit together should come from one."""
        self.account.begin_day(trading_day(self._now()))
        return Worth(self.account, self._marks)

    def after(self, trades: Iterable[Trade]) -> Worth:
        """As it would be after trades at the market's prices. Raises LookupError for what isn't quoted."""
        account = self.account.copy()
        account.begin_day(trading_day(self._now()))
        for instrument, change, commission in trades:
            account.book(instrument, change=change, price=self._marks.mark(instrument), commission=commission)
        return Worth(account, self._marks)

    def affords(self, trades: Iterable[Trade]) -> bool:
        """Whether the account can carry trades at the market's prices: what ties up no more than now, it always can.

        Raises LookupError for what isn't quoted.
        """
        return self.after(trades).available_funds >= min(self.worth().available_funds, ZERO)

    def rate(self, currency: str) -> Decimal:
        """How much one unit of a currency is in the base currency. Raises LookupError when no pair says so."""
        return self._marks.rate(currency)

    def mark(self, instrument: Instrument) -> Decimal:
        """The price that it's valued at. Raises LookupError for what isn't quoted."""
        return self._marks.mark(instrument)

    def in_base(self, amount: Decimal, currency: str) -> Decimal:
        return amount * self.rate(currency)
