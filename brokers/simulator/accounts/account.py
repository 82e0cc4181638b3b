"""One account's money and positions, as executions change them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from brokers.simulator.accounts.amounts import ZERO, is_settled_in_differences, unit_value
from brokers.simulator.accounts.tariffs import BASE_CURRENCY, commission_currency
from brokers.simulator.catalogue.listings import Instrument

__all__ = ["BASE_CURRENCY", "STARTING_CASH", "Account", "Position", "account_codes", "starting_cash", "trading_day"]

# What the first account behind a login begins with. It can buy in Frankfurt and London without a loan.
STARTING_CASH: Mapping[str, Decimal] = {
    BASE_CURRENCY: Decimal(1_000_000),
    "CHF": Decimal(25_000),
    "EUR": Decimal(50_000),
    "GBP": Decimal(30_000),
    "JPY": Decimal(4_000_000),
}

_NEW_YORK = ZoneInfo("America/New_York")
_CODE = re.compile(r"(\D*)(\d+)")


def account_codes(first: str, count: int) -> tuple[str, ...]:
    """The codes behind one login: the first, and those that follow it: DU1000001, DU1000002.

    Raises ValueError when there is no following `first`, and for less than one account.
    """
    if count < 1:
        raise ValueError(f"a login has at least one account, not {count}")
    if count == 1:
        return (first,)
    parts = _CODE.fullmatch(first)
    if parts is None:
        raise ValueError(f"no account code follows {first!r}: it should be letters and then digits, as DU1000001")
    letters, digits = parts.groups()
    return tuple(f"{letters}{int(digits) + number:0{len(digits)}}" for number in range(count))


def starting_cash(number: int) -> dict[str, Decimal]:
    """The balances of the n-th account behind a login, from 1: each has its share, so that no two are alike."""
    return {currency: amount // number for currency, amount in STARTING_CASH.items()}


def trading_day(moment: datetime) -> date:
    """The day that profits are counted by: New York's."""
    return moment.astimezone(_NEW_YORK).date()


@dataclass(slots=True)
class Position:
    """What is held of one instrument, and what came of it today. Money is of the instrument's currency.

    `quantity` is negative when short. `average_cost` is one contract's, with its multiplier and, but for a currency
    pair, commissions in it, as IB's; `entry` is the same without commissions. `realized_pnl` is None until it is traded
    today. `overnight` is the quantity that today began with, and `spent` what today's trades paid, less what they got.
    `tells_cost`: IB doesn't say of every position what it cost, one that was transferred to the account for example.
    """

    instrument: Instrument
    quantity: Decimal = ZERO
    average_cost: Decimal = ZERO
    entry: Decimal = ZERO
    realized_pnl: Decimal | None = None
    overnight: Decimal = ZERO
    spent: Decimal = ZERO
    tells_cost: bool = True


@dataclass(frozen=True, slots=True)
class Booking:
    """One execution in the books: `key` is its own, `change` is negative for a sale."""

    key: str
    change: Decimal
    price: Decimal
    commission: Decimal
    day: date | None


class Account:
    def __init__(self, code: str, cash: Mapping[str, Decimal] = STARTING_CASH) -> None:
        self.code = code
        self.cash: dict[str, Decimal] = defaultdict(Decimal, cash)
        self._positions: dict[int, Position] = {}
        self._bookings: dict[int, list[Booking]] = defaultdict(list)
        self._day: date | None = None

    def copy(self) -> Account:
        """An account of its own with the same money and positions, to see what a trade would make of them.

        What was booked before can't be corrected in it.
        """
        other = Account(self.code, self.cash)
        other._positions = {con_id: replace(position) for con_id, position in self._positions.items()}
        other._day = self._day
        return other

    def positions(self) -> list[Position]:
        """Every position that was held at any time today, closed ones with quantity zero."""
        return list(self._positions.values())

    def quantity(self, instrument: Instrument) -> Decimal:
        """What is held of it now, without making a position of what never was one."""
        held = self._positions.get(instrument.con_id)
        return held.quantity if held else ZERO

    def position(self, instrument: Instrument) -> Position:
        return self._positions.setdefault(instrument.con_id, Position(instrument))

    def begin_day(self, day: date) -> None:
        """The day's profits count from nothing again, and what is closed is forgotten. Days only go forward."""
        if self._day is not None and day <= self._day:
            return
        self._day = day
        self._positions = {con_id: held for con_id, held in self._positions.items() if held.quantity}
        for held in self._positions.values():
            held.overnight, held.spent, held.realized_pnl = held.quantity, ZERO, None

    def book(
        self, instrument: Instrument, *, change: Decimal, price: Decimal, commission: Decimal, key: str = ""
    ) -> Decimal | None:
        """Books one execution; returns the profit that it realized, or None when it closed nothing.

        `change` is negative for a sale, `price` is the market's, and `commission` is in the tariff's currency. `key`
        is what a correction names it by.
        """
        booking = Booking(key, change, price, commission, self._day)
        self._bookings[instrument.con_id].append(booking)
        return self._enter(instrument, booking)

    def correct(self, instrument: Instrument, *, key: str, price: Decimal) -> Decimal | None:
        """Makes the books what they would be if an execution had had this price; returns what it then realized.

        Raises LookupError when no execution of this instrument was booked under `key`.
        """
        bookings = self._bookings[instrument.con_id]
        number = next((number for number, booking in enumerate(bookings) if booking.key == key), None)
        if number is None:
            raise LookupError(f"{self.code} booked no execution {key} of {instrument.local_symbol}")
        was, _ = self._booked_again(instrument, bookings)
        bookings[number] = replace(bookings[number], price=price)
        now, realized = self._booked_again(instrument, bookings)
        for currency in now.cash:
            self.cash[currency] += now.cash[currency] - was.cash[currency]
        self._positions.update(now._positions)
        return realized[number]

    def _booked_again(self, instrument: Instrument, bookings: list[Booking]) -> tuple[Account, list[Decimal | None]]:
        """These bookings alone in an account without money, and what each realized."""
        account, realized = Account(self.code, {}), []
        for booking in bookings:
            account._turn_to(booking.day)
            realized.append(account._enter(instrument, booking))
        account._turn_to(self._day)
        return account, realized

    def _turn_to(self, day: date | None) -> None:
        if day is not None:
            self.begin_day(day)

    def _enter(self, instrument: Instrument, booking: Booking) -> Decimal | None:
        position, unit = self.position(instrument), unit_value(instrument, booking.price)
        self._pay(position, booking.change, unit)
        self.cash[commission_currency(instrument)] -= booking.commission
        costs = ZERO if instrument.is_currency_pair else booking.commission
        position.spent += booking.change * unit + costs
        realized = _change(position, booking.change, unit, costs)
        position.realized_pnl = (position.realized_pnl or ZERO) + (realized or ZERO)
        return realized

    def _pay(self, position: Position, change: Decimal, unit: Decimal) -> None:
        instrument = position.instrument
        if is_settled_in_differences(instrument):
            self.cash[instrument.currency] += _closed_by(position, change) * (unit - position.entry)
            return
        self.cash[instrument.currency] -= change * unit
        if instrument.is_currency_pair:
            self.cash[instrument.symbol] += change


def _closed_by(position: Position, change: Decimal) -> Decimal:
    """How much of the position the change closes, with the position's sign."""
    if position.quantity * change >= 0:
        return ZERO
    closed = min(abs(change), abs(position.quantity))
    return closed if position.quantity > 0 else -closed


def _change(position: Position, change: Decimal, unit: Decimal, costs: Decimal) -> Decimal | None:
    """Closes what the change closes, opens what is left of it, and shares the costs between the two."""
    closed = _closed_by(position, change)
    opening = change + closed
    share = costs / abs(change)
    realized = _close(position, closed, unit, abs(closed) * share) if closed else None
    if opening:
        _open(position, opening, unit, abs(opening) * share)
    return realized


def _close(position: Position, closed: Decimal, unit: Decimal, costs: Decimal) -> Decimal:
    realized = (unit - position.average_cost) * closed - costs
    position.quantity -= closed
    if not position.quantity:
        position.average_cost = position.entry = ZERO
    return realized


def _open(position: Position, change: Decimal, unit: Decimal, costs: Decimal) -> None:
    """A buyer's costs raise the average cost; a short seller's lower what he got."""
    before, paid = position.quantity, unit * change
    position.quantity += change
    position.average_cost = (position.average_cost * before + paid + costs) / position.quantity
    position.entry = (position.entry * before + paid) / position.quantity
