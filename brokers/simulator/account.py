"""One account's money and positions, as executions change them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from brokers.simulator.listings import Instrument
from brokers.simulator.orders import ZERO, Order

BASE_CURRENCY = "USD"
STARTING_CASH = Decimal(1_000_000)

_CENT = Decimal("0.01")


@dataclass(slots=True)
class Position:
    """`quantity` is negative when short. `average_cost` includes a stock's commissions, as IB's does."""

    instrument: Instrument
    quantity: Decimal = ZERO
    average_cost: Decimal = ZERO
    realized_pnl: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Tariff:
    """A fixed commission: a rate (a unit, or of the value), never under `minimum`, never over a share of the value."""

    minimum: Decimal
    per_unit: Decimal = ZERO
    of_value: Decimal = ZERO
    ceiling: Decimal | None = None

    def commission(self, quantity: Decimal, value: Decimal) -> Decimal:
        amount = quantity * self.per_unit + value * self.of_value
        if self.ceiling is not None:
            amount = min(amount, value * self.ceiling)
        return max(amount, self.minimum)


_US_STOCKS = Tariff(minimum=Decimal(1), per_unit=Decimal("0.005"), ceiling=Decimal("0.01"))
_EUROPEAN_STOCKS = Tariff(minimum=Decimal(3), of_value=Decimal("0.0005"))
_CURRENCY_PAIRS = Tariff(minimum=Decimal(2), of_value=Decimal("0.00002"))


def tariff(instrument: Instrument) -> Tariff:
    if instrument.is_currency_pair:
        return _CURRENCY_PAIRS
    return _US_STOCKS if instrument.currency == "USD" else _EUROPEAN_STOCKS


def commission_currency(instrument: Instrument) -> str:
    return BASE_CURRENCY if instrument.is_currency_pair else instrument.currency


class Account:
    def __init__(self, code: str) -> None:
        self.code = code
        self.cash: dict[str, Decimal] = defaultdict(Decimal, {BASE_CURRENCY: STARTING_CASH})
        self._positions: dict[int, Position] = {}

    def positions(self) -> list[Position]:
        """Every position that was ever held today, closed ones with quantity zero."""
        return list(self._positions.values())

    def quantity(self, instrument: Instrument) -> Decimal:
        """What is held of it now, without making a position of what never was one."""
        held = self._positions.get(instrument.con_id)
        return held.quantity if held else ZERO

    def position(self, instrument: Instrument) -> Position:
        return self._positions.setdefault(instrument.con_id, Position(instrument))

    def commission_due(self, order: Order, *, value: Decimal) -> Decimal:
        """What the order's newest execution costs: the tariff on the whole order so far, less what it paid already.

        The minimum is an order's, not an execution's: further executions of an order are free until it is used up.
        `value` is what all its executions are worth so far, in the commission's currency.
        """
        due = tariff(order.instrument).commission(order.filled, value) - order.commission
        return max(due, ZERO).quantize(_CENT, ROUND_HALF_UP)

    def apply(self, order: Order, *, quantity: Decimal, price: Decimal, commission: Decimal) -> Decimal | None:
        """Books one execution; returns the profit that it realized, or None when it closed nothing."""
        instrument, change = order.instrument, order.sign * quantity
        self.cash[instrument.currency] -= change * price
        self.cash[commission_currency(instrument)] -= commission
        if instrument.is_currency_pair:
            self.cash[instrument.symbol] += change
        costs = ZERO if instrument.is_currency_pair else commission
        return _change(self.position(instrument), change, price, costs)


def _change(position: Position, change: Decimal, price: Decimal, costs: Decimal) -> Decimal | None:
    """Closes what the change closes, opens what is left of it, and shares the costs between the two."""
    closing = min(abs(change), abs(position.quantity)) if position.quantity * change < 0 else ZERO
    opening = abs(change) - closing
    share = costs / abs(change)
    realized = _close(position, closing, price, closing * share) if closing else None
    if opening:
        _open(position, opening if change > 0 else -opening, price, opening * share)
    return realized


def _close(position: Position, quantity: Decimal, price: Decimal, costs: Decimal) -> Decimal:
    direction = 1 if position.quantity > 0 else -1
    realized = (price - position.average_cost) * quantity * direction - costs
    position.quantity -= quantity * direction
    position.realized_pnl += realized
    if not position.quantity:
        position.average_cost = ZERO
    return realized


def _open(position: Position, change: Decimal, price: Decimal, costs: Decimal) -> None:
    """A buyer's costs raise the average cost; a short seller's lower what he got."""
    spent = position.average_cost * position.quantity + price * change + costs
    position.quantity += change
    position.average_cost = spent / position.quantity
