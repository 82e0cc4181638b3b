"""Contract details -> instruments."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from ib_insync import Contract, ContractDetails, OptionChain
from ib_insync import PriceIncrement as IbPriceIncrement

from brokers.domain import ComboLeg, Instrument, OptionSeries, PriceIncrement, PriceRule, Right, SecurityType
from brokers.interactive_brokers.convert.hours import listed_until, time_zone, trading_intervals
from brokers.interactive_brokers.convert.numbers import positive, positive_text, to_decimal
from brokers.interactive_brokers.convert.sides import side

# The finest step that a row can hold: for a contract whose rules IB doesn't tell, nothing is refused on our guess.
_FINEST_STEP = Decimal("0.00000001")

Rules = Mapping[int, Sequence[IbPriceIncrement]]


def instrument(details: ContractDetails, *, rules: Rules) -> Instrument:
    """A qualified instrument. `rules` holds what IB answered on the details' `rule_ids`.

    `price_increment` is IB's `minTick`; the rules say what an order's price has to meet.
    """
    contract = contract_of(details)
    zone = time_zone(details.timeZoneId)
    return Instrument(
        con_id=contract.conId,
        symbol=contract.symbol,
        local_symbol=contract.localSymbol,
        security_type=security_type(contract.secType),
        exchange=contract.exchange,
        primary_exchange=contract.primaryExchange,
        currency=contract.currency,
        long_name=_long_name(details),
        price_increment=positive(details.minTick) or _FINEST_STEP,
        size_increment=positive(details.sizeIncrement) or Decimal(1),
        min_size=positive(details.minSize) or Decimal(1),
        multiplier=positive_text(contract.multiplier),
        trading_class=contract.tradingClass,
        valid_exchanges=_names(details.validExchanges),
        time_zone=zone,
        price_rules=_price_rules(details, rules),
        price_magnifier=details.priceMagnifier or 1,
        contract_month=details.contractMonth,
        expiry=_expiry(details),
        strike=positive(contract.strike),
        right=right(contract.right),
        under_con_id=details.underConId or None,
        isin=_isin(details),
        order_types=_names(details.orderTypes),
        trading_hours=trading_intervals(details.tradingHours, time_zone=zone),
        liquid_hours=trading_intervals(details.liquidHours, time_zone=zone),
        hours_until=listed_until(details.liquidHours or details.tradingHours, time_zone=zone),
    )


def undescribed_instrument(contract: Contract) -> Instrument:
    """What a contract says of itself, for one whose details IB would not give (one that has expired, say)."""
    return Instrument(
        con_id=con_id(contract),
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
        expiry=day(contract.lastTradeDateOrContractMonth),
        strike=positive(contract.strike),
        right=right(contract.right),
        legs=legs(contract),
        is_described=False,
    )


def contract_of(details: ContractDetails) -> Contract:
    if details.contract is None:
        raise ValueError("IB sent contract details without a contract")
    return details.contract


def con_id(contract: Contract) -> int:
    """IB's own; for a combination, whose id at IB says nothing of its legs, the one that is made of them."""
    made_of = legs(contract)
    return con_id_of_legs(made_of) if made_of else contract.conId


def con_id_of_legs(combo_legs: Iterable[ComboLeg]) -> int:
    """Negative, and the same for the same legs in any order. Of 48 bits, so that no two are ever likely to meet."""
    text = ";".join(sorted(f"{leg.con_id} {leg.ratio} {leg.side} {leg.exchange}" for leg in combo_legs))
    return -1 - int.from_bytes(hashlib.sha256(text.encode()).digest()[:6])


def legs(contract: Contract) -> tuple[ComboLeg, ...]:
    """Empty for anything that isn't a combination."""
    return tuple(
        ComboLeg(con_id=leg.conId, ratio=leg.ratio, side=side(leg.action), exchange=leg.exchange)
        for leg in contract.comboLegs or ()
    )


def security_type(word: str) -> SecurityType:
    """Raises ValueError for a kind that isn't known here."""
    return SecurityType(word)


def right(word: str) -> Right | None:
    """C or CALL, P or PUT. IB fills the field with `0` or `?` for what is no option."""
    return {"C": Right.CALL, "CALL": Right.CALL, "P": Right.PUT, "PUT": Right.PUT}.get(word.upper())


def day(text: str) -> date | None:
    """`20180921`, also with a time after it; None for a month alone or nothing."""
    try:
        return datetime.strptime(text[:8], "%Y%m%d").date() if len(text) >= 8 else None  # noqa: DTZ007 - a day
    except ValueError:
        return None


def option_series(chain: OptionChain) -> OptionSeries:
    """Expiries and strikes in their order; what can't be read is left out."""
    strikes = (to_decimal(strike) for strike in chain.strikes)
    return OptionSeries(
        exchange=chain.exchange,
        trading_class=chain.tradingClass,
        multiplier=positive_text(chain.multiplier),
        expiries=tuple(sorted(found for text in chain.expirations if (found := day(text)) is not None)),
        strikes=tuple(sorted(strike for strike in strikes if strike is not None)),
    )


def rule_ids(details: ContractDetails) -> dict[int, tuple[str, ...]]:
    """The market rules and the exchanges that each holds on: `marketRuleIds` runs parallel to `validExchanges`."""
    found: dict[int, tuple[str, ...]] = {}
    for exchange, rule in zip(details.validExchanges.split(","), details.marketRuleIds.split(","), strict=False):
        if exchange and rule.strip().isdecimal():
            found[int(rule)] = (*found.get(int(rule), ()), exchange)
    return found


def _price_rules(details: ContractDetails, rules: Rules) -> tuple[PriceRule, ...]:
    return tuple(
        PriceRule(exchanges=exchanges, increments=steps)
        for rule_id, exchanges in rule_ids(details).items()
        if (steps := price_increments(rules.get(rule_id, ())))
    )


def price_increments(rule: Iterable[IbPriceIncrement]) -> tuple[PriceIncrement, ...]:
    """From the lowest edge upwards; a step that IB left at zero is no step."""
    steps = [
        PriceIncrement(low_edge=to_decimal(step.lowEdge) or Decimal(0), increment=increment)
        for step in rule
        if (increment := positive(step.increment)) is not None
    ]
    return tuple(sorted(steps, key=lambda step: step.low_edge))


def _expiry(details: ContractDetails) -> date | None:
    """The last day of trading; a bond's is its maturity."""
    told = (contract_of(details).lastTradeDateOrContractMonth, details.maturity, details.realExpirationDate)
    return next((found for text in told if (found := day(text)) is not None), None)


def _isin(details: ContractDetails) -> str:
    return next((one.value for one in details.secIdList or () if one.tag == "ISIN"), "")


def _long_name(details: ContractDetails) -> str:
    """As IB sent it. The library reads names as escaped ASCII, which tears letters beyond ASCII into their bytes."""
    try:
        return details.longName.encode("latin-1").decode("utf-8")
    except UnicodeError:  # it was escaped, or has letters that were never torn
        return details.longName


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)
