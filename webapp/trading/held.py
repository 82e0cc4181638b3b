"""What an account holds of an instrument, and what it would hold once an order of it is filled."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from brokers.domain import OrderSide, SecurityType
from webapp.accounts.models import BrokerAccount
from webapp.trading.amounts import EXACT
from webapp.trading.models import Instrument, Order, Position
from webapp.trading.models.orders import OPEN_STATUSES
from webapp.trading.orders import standing
from webapp.trading.refusals import SessionNotReady


class NotKnown(Exception):
    """Nobody can say what is held. The text is a sentence for the user that says why."""


@dataclass(frozen=True, slots=True)
class Held:
    """Below zero is short. `has_others` says that other orders in the instrument are open, which `after` leaves out."""

    now: Decimal
    after: Decimal
    has_others: bool

    @property
    def goes_short(self) -> bool:
        return self.after < 0 <= self.now

    @property
    def goes_long(self) -> bool:
        """Out of a short position: opening a long one risks no more than it costs."""
        return self.now < 0 < self.after


def before_and_after(
    *, account: BrokerAccount, instrument: Instrument, side: str, quantity: Decimal, order: Order | None = None
) -> Held:
    """`quantity` is what is still to be filled, and `order` the one that it is of, if that is placed already.

    Raises NotKnown: without a session the broker may have counted on since.
    """
    now = _held(account, instrument)
    after = EXACT.add(now, EXACT.multiply(quantity, Decimal(OrderSide(side).sign)))
    return Held(now=now, after=after, has_others=_has_others(account, instrument, order))


def _held(account: BrokerAccount, instrument: Instrument) -> Decimal:
    if instrument.security_type == SecurityType.BAG:
        raise NotKnown("a combination is held as its legs.")
    try:
        standing.require_positions(account)
    except SessionNotReady as reason:
        raise NotKnown(str(reason)) from reason
    held = Position.objects.filter(account=account, account_code=account.account_code, instrument=instrument).first()
    return held.quantity if held is not None else Decimal(0)


def _has_others(account: BrokerAccount, instrument: Instrument, order: Order | None) -> bool:
    others = Order.objects.filter(account=account, instrument=instrument, status__in=OPEN_STATUSES)
    return (others if order is None else others.exclude(pk=order.pk)).exists()
