"""Whether an order is within its account's limits. The first limit that it breaks is named in the refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import NoReturn

from brokers.domain import ORDER_TYPE_RULES, OrderSide, OrderType
from webapp.accounts.models import BrokerAccount
from webapp.bus.quotes import SeenQuote
from webapp.trading import price_steps
from webapp.trading.amounts import EXACT, fitted, plain
from webapp.trading.limits import exposure, rates
from webapp.trading.limits.newest_quotes import NoQuote, newest_quote
from webapp.trading.limits.setting import limits_of
from webapp.trading.models import Instrument, RiskLimits
from webapp.trading.money import worth
from webapp.trading.refusals import LimitExceeded
from webapp.trading.terms import Terms

# How old the newest quote of a market order may be.
LONGEST_AGE = timedelta(minutes=5)
WHAT_IS_LIMITED = {"max_notional": "what an order comes to", "price_band_percent": "prices"}


@dataclass(frozen=True, slots=True)
class Intent:
    """What is about to be asked of the broker."""

    instrument: Instrument
    side: OrderSide
    order_type: OrderType
    terms: Terms


def require_within(account: BrokerAccount, intent: Intent) -> None:
    """Raises LimitExceeded, which names the limit, the value and what is allowed.

    What can't be judged, for want of a quote or of an exchange rate, isn't within.
    """
    case = _Case(account, limits_of(account), intent)
    for judge in _JUDGES:
        judge(case)


class _Case:
    """One intent before one account's limits. The quote is asked for once, and only when a limit needs it."""

    def __init__(self, account: BrokerAccount, limits: RiskLimits, intent: Intent) -> None:
        self.account = account
        self.limits = limits
        self.intent = intent

    @cached_property
    def seen(self) -> SeenQuote:
        """Raises NoQuote."""
        return newest_quote(self.account.pk, self.intent.instrument)

    def price(self) -> Decimal | None:
        """What one is expected to cost, by `exposure`; None when nobody can say."""
        terms = self.intent.terms
        if not exposure.needs_quote(terms):
            return terms.limit_price
        return exposure.price_without_limit(terms, self.intent.side, self.seen.quote)


def _security_type(case: _Case) -> None:
    allowed, instrument = case.limits.security_types, case.intent.instrument
    if allowed and instrument.security_type not in allowed:
        raise LimitExceeded(
            "security_types",
            f"{instrument.name} is of type {instrument.security_type}; this account's limits allow "
            f"{', '.join(allowed)} alone.",
        )


def _instrument(case: _Case) -> None:
    allowed, instrument = case.limits, case.intent.instrument
    if allowed.pk is None or not allowed.instruments.exists():
        return
    if not allowed.instruments.filter(pk=instrument.pk).exists():
        raise LimitExceeded(
            "instruments", f"{instrument.name} is not among the instruments that this account's limits allow."
        )


def _quantity(case: _Case) -> None:
    most, quantity = case.limits.max_quantity, case.intent.terms.quantity
    if most is not None and quantity > most:
        raise LimitExceeded(
            "max_quantity", f"The quantity {plain(quantity)} is over this account's limit of {plain(most)} per order."
        )


def _fresh_quote(case: _Case) -> None:
    intent = case.intent
    if intent.order_type not in exposure.AT_MARKET or not case.limits.fresh_quote:
        return
    doubt = _doubt(case)
    if doubt:
        raise LimitExceeded(
            "fresh_quote",
            f"A {ORDER_TYPE_RULES[intent.order_type].name} needs a quote that can be relied on, and of "
            f"{intent.instrument.name} there is none: {doubt} Use a limit order, or wait for the quote.",
        )


def _doubt(case: _Case) -> str:
    """Why a market order can't rely on the newest quote; empty when it can."""
    try:
        seen = case.seen
    except NoQuote as missing:
        return str(missing)
    if seen.quote.market_data_type != "live":
        return f"the newest one is {seen.quote.market_data_type.replace('_', ' and ')}."
    return _age(seen) or ("" if case.price() is not None else "the newest one has no price.")


def _age(seen: SeenQuote) -> str:
    """Why it says nothing of now; empty when it does. At night silence isn't called stale: hence the age."""
    if seen.is_stale is not False:
        return seen.stale_reason or "nobody knows whether the newest one is stale."
    old = datetime.now(UTC) - seen.quote.at
    return f"the newest one is {old.total_seconds() / 60:.0f} minutes old." if old > LONGEST_AGE else ""


def _notional(case: _Case) -> None:
    most = case.limits.max_notional
    if most is None:
        return
    amount, currency = _amount(case), case.limits.notional_currency
    if amount > most:
        raise LimitExceeded(
            "max_notional",
            f"This order comes to {plain(fitted(amount))} {currency}, over this account's limit of {plain(most)} "
            f"{currency} per order.",
        )


def _amount(case: _Case) -> Decimal:
    """In the limit's currency. Raises LimitExceeded for what can't be worked out."""
    instrument, currency = case.intent.instrument, case.limits.notional_currency
    price = _priced(case, "max_notional")
    money = worth(instrument, quantity=case.intent.terms.quantity, price=price)
    rate = rates.between(case.account, instrument.currency, currency)
    if money is None:
        _cannot_judge(case, "max_notional", f"the multiplier of {instrument.name} is not known")
    if rate is None:
        _cannot_judge(case, "max_notional", f"the broker gave no exchange rate of {instrument.currency} to {currency}")
    return abs(EXACT.multiply(money, rate))


def _price_band(case: _Case) -> None:
    if case.limits.price_band_percent is None:
        return
    terms = case.intent.terms
    for name, price in exposure.named_prices(terms):
        reference = _reference(case)
        away = exposure.percent_of(EXACT.subtract(price, reference), reference)
        _within_band(
            case, away, f"The {name} {_shown(case, price)} is {_rounded(away)} % away from {_quote(case, reference)}"
        )
    for name, distance in exposure.named_distances(terms):
        part = exposure.percent_of(distance, _reference(case))
        of = _quote(case, _reference(case))
        _within_band(case, part, f"The {name} {_shown(case, distance)} is {_rounded(part)} % of {of}")
    if terms.trailing_percent is not None:
        _within_band(case, terms.trailing_percent, f"The trailing percent is {plain(terms.trailing_percent)}")


def _within_band(case: _Case, percent: Decimal, what: str) -> None:
    band = case.limits.price_band_percent
    if band is not None and percent > band:
        raise LimitExceeded("price_band_percent", f"{what}; this account's limit is {plain(band)} %.")


def _rounded(percent: Decimal) -> str:
    return plain(percent.quantize(Decimal("0.01")))


def _quote(case: _Case, reference: Decimal) -> str:
    return f"the newest quote, {_shown(case, fitted(reference))}"


def _shown(case: _Case, price: Decimal) -> str:
    return price_steps.in_words(case.intent.instrument, price)


def _reference(case: _Case) -> Decimal:
    reference = _quoted(case, "price_band_percent").quote.mark
    if not reference:
        _cannot_judge(case, "price_band_percent", "the newest quote has no price")
    return reference


def _priced(case: _Case, limit: str) -> Decimal:
    if exposure.needs_quote(case.intent.terms):
        _quoted(case, limit)
    price = case.price()
    if price is None:
        _cannot_judge(case, limit, "the newest quote has no price")
    return price


def _quoted(case: _Case, limit: str) -> SeenQuote:
    """One that says something of now; a delayed one may be judged by."""
    try:
        seen = case.seen
    except NoQuote as missing:
        _cannot_judge(case, limit, str(missing))
    if doubt := _age(seen):
        _cannot_judge(case, limit, doubt)
    return seen


def _cannot_judge(case: _Case, limit: str, why: str) -> NoReturn:
    raise LimitExceeded(
        limit,
        f"Whether this order of {case.intent.instrument.name} is within the account's limit on "
        f"{WHAT_IS_LIMITED[limit]} can't be worked out: {why.rstrip('.')}. Try again in a moment, or change the limit.",
    )


_JUDGES: tuple[Callable[[_Case], None], ...] = (
    _security_type,
    _instrument,
    _quantity,
    _fresh_quote,
    _notional,
    _price_band,
)
