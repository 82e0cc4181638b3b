"""What an order without a price of its own would come to: at the quote that it would meet now."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from brokers.domain import OrderSide, Quote
from webapp.accounts.models import BrokerAccount
from webapp.bus.quotes import SeenQuote
from webapp.trading.limits.newest_quotes import NoQuote, newest_quote
from webapp.trading.models import Instrument
from webapp.trading.money import worth
from webapp.trading.orders import standing
from webapp.trading.refusals import SessionNotReady

# Seconds. A person waits for the review; what is on a screen has its quote at once.
DEADLINE = 1.5


class NoEstimate(Exception):
    """Nobody can say. The text is a sentence for the user that says why."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """`amount` is in the instrument's currency, `price` what one would cost there, and `met` what that price is."""

    amount: Decimal
    price: Decimal
    met: str
    seen: SeenQuote


def estimate(*, account: BrokerAccount, instrument: Instrument, side: str, quantity: Decimal) -> Estimate:
    """By the newest quote of the worker that would send the order, which limits judge by, too. Raises NoEstimate."""
    seen = _seen(account, instrument)
    met = met_by(side, seen.quote)
    if met is None:
        raise NoEstimate("the newest quote has no price.")
    amount = worth(instrument, quantity=quantity, price=met[1])
    if amount is None:
        raise NoEstimate(f"the multiplier of {instrument.name} is not known.")
    return Estimate(amount=amount, met=met[0], price=met[1], seen=seen)


def met_by(side: str, quote: Quote) -> tuple[str, Decimal] | None:
    """Whoever buys pays the ask, whoever sells gets the bid; where that is missing, the last price says most."""
    name, price = ("bid", quote.bid) if side == OrderSide.SELL else ("ask", quote.ask)
    if price is not None:
        return name, price
    return ("last price", quote.last) if quote.last is not None else None


def _seen(account: BrokerAccount, instrument: Instrument) -> SeenQuote:
    try:
        standing.require_quotes(account)
        return newest_quote(account.pk, instrument, deadline=DEADLINE)
    except (SessionNotReady, NoQuote) as reason:
        raise NoEstimate(str(reason)) from reason
