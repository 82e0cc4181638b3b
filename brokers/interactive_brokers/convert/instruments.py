"""Contract details -> instruments."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from decimal import Decimal

from ib_insync import Contract, ContractDetails, PriceIncrement

from brokers.domain import Instrument, SecurityType
from brokers.interactive_brokers.convert.numbers import positive, positive_text

# The finest step that a row can hold: for a contract whose rules IB doesn't tell, nothing is refused on our guess.
_FINEST_STEP = Decimal("0.00000001")


def instrument(details: ContractDetails, *, increments: Sequence[PriceIncrement]) -> Instrument:
    """A qualified instrument. `increments` is its market rule; when IB gave none, `minTick` stands in.

    `price_increment` is the rule's coarsest step: the one that any price of it meets.
    """
    contract = contract_of(details)
    steps = [step for rule in increments if (step := positive(rule.increment))]
    return Instrument(
        con_id=contract.conId,
        symbol=contract.symbol,
        local_symbol=contract.localSymbol,
        security_type=security_type(contract.secType),
        exchange=contract.exchange,
        primary_exchange=contract.primaryExchange,
        currency=contract.currency,
        long_name=details.longName,
        price_increment=max(steps, default=positive(details.minTick) or _FINEST_STEP),
        size_increment=positive(details.sizeIncrement) or Decimal(1),
        min_size=positive(details.minSize) or Decimal(1),
        multiplier=positive_text(contract.multiplier),
        trading_class=contract.tradingClass,
        valid_exchanges=tuple(name for name in details.validExchanges.split(",") if name),
        time_zone=time_zone(details.timeZoneId),
    )


def undescribed_instrument(contract: Contract) -> Instrument:
    """What a contract says of itself, for one whose details IB would not give (one that has expired, say)."""
    return Instrument(
        con_id=contract.conId,
        symbol=contract.symbol,
        local_symbol=contract.localSymbol,
        security_type=security_type(contract.secType),
        exchange=contract.exchange or "SMART",
        primary_exchange=contract.primaryExchange,
        currency=contract.currency,
        long_name="",
        price_increment=_FINEST_STEP,
        size_increment=_FINEST_STEP,
        min_size=_FINEST_STEP,
        multiplier=positive_text(contract.multiplier),
        trading_class=contract.tradingClass,
    )


def contract_of(details: ContractDetails) -> Contract:
    if details.contract is None:
        raise ValueError("IB sent contract details without a contract")
    return details.contract


def security_type(word: str) -> SecurityType:
    """Raises ValueError for a kind that isn't known here."""
    return SecurityType(word)


def time_zone(name: str) -> str | None:
    """An IANA name, or None for what isn't one (IB also writes `EST5EDT`-like and free-form names)."""
    name = name.split(" (")[0]
    return name if name and name in zoneinfo.available_timezones() else None


def rule_id(details: ContractDetails, exchange: str) -> int | None:
    """The market rule of `exchange`: `marketRuleIds` runs parallel to `validExchanges`."""
    places = dict(zip(details.validExchanges.split(","), details.marketRuleIds.split(","), strict=False))
    chosen = places.get(exchange) or next(iter(places.values()), "")
    return int(chosen) if chosen.isdigit() else None
