"""What an order comes to, in words: at its own price, or at the quote that it would meet (`js/order_value.js` too)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from webapp.accounts.models import BrokerAccount
from webapp.bus.quotes import SeenQuote
from webapp.pages import formats, words
from webapp.trading import estimates, price_steps
from webapp.trading.models import Instrument
from webapp.trading.money import worth

KINDS = {"live": "Live", "frozen": "Frozen", "delayed": "Delayed", "delayed_frozen": "Delayed, frozen"}


@dataclass(frozen=True, slots=True)
class ComesTo:
    """`text` is None while nobody can say; `why_unknown` is then a sentence.

    An estimate is its `amount`, as of the quote's moment `at`, UTC: it ages on the page. A price of one's own doesn't.
    """

    text: str | None
    why_unknown: str = ""
    amount: str = ""
    at: datetime | None = None


def comes_to(account: BrokerAccount, instrument: Instrument, *, side: str, quantity: str, price: str | None) -> ComesTo:
    """`price` is the order's own; without one the account's worker is asked for the newest quote."""
    return _at_own_price(instrument, quantity, price) if price else _by_quote(account, instrument, side, quantity)


def _at_own_price(instrument: Instrument, quantity: str, price: str) -> ComesTo:
    amount = worth(instrument, quantity=Decimal(quantity), price=Decimal(price))
    if amount is None:
        return ComesTo(None, f"the multiplier of {instrument.name} is not known.")
    return ComesTo(f"{_money(amount)} {instrument.currency}")


def _by_quote(account: BrokerAccount, instrument: Instrument, side: str, quantity: str) -> ComesTo:
    try:
        found = estimates.estimate(account=account, instrument=instrument, side=side, quantity=Decimal(quantity))
    except estimates.NoEstimate as reason:
        return ComesTo(None, str(reason))
    met = met_words(found.met, found.price, price_steps.as_text(instrument))
    amount = f"{_money(found.amount)} {instrument.currency} {met}"
    when = when_words(found.seen, datetime.now(UTC))
    return ComesTo(f"{amount}, {when}", amount=amount, at=found.seen.quote.at)


def _money(amount: Decimal) -> str | None:
    return formats.number(formats.rounded(amount, 2), 2)


def met_words(met: str, price: Decimal, steps: str) -> str:
    """`at the ask of 189.93`."""
    return f"at the {met} of {formats.number(price, formats.decimals_at(steps, price))}"


def when_words(seen: SeenQuote, now: datetime) -> str:
    """`2 s ago`, or `Delayed, 2 s ago`: that a quote is live goes without saying."""
    kind, age = _kind(seen), words.ago(max(now - seen.quote.at, timedelta()))
    when = "just now" if age == "now" else f"{age} ago"
    return when if kind == KINDS["live"] else f"{kind}, {when}"


def _kind(seen: SeenQuote) -> str:
    """As `quality.js` says it."""
    if seen.is_stale is None:
        return "Quiet, not known why"
    return "Stale" if seen.is_stale else KINDS[seen.quote.market_data_type]
