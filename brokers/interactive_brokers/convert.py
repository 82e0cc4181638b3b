"""The border between `ib_insync`'s objects and ours: the only place that knows floats, sentinels and camelCase.

IB marks what is unset as 1.7976931348623157e308, 2147483647, nan or -1, by field. All of them become None here.
"""

from __future__ import annotations

import math
import unicodedata
import zoneinfo
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation

from ib_insync import CommissionReport as IbCommissionReport
from ib_insync import Contract, ContractDetails, Execution, PriceIncrement, Ticker

from brokers import domain
from brokers.domain import Instrument, MarketDataType, OrderSide, Quote, SecurityType

UNSET_DOUBLE = 1.7976931348623157e308
UNSET_INTEGER = 2147483647

# IB's numbers on the wire, in both directions.
MARKET_DATA_TYPES = {
    1: MarketDataType.LIVE,
    2: MarketDataType.FROZEN,
    3: MarketDataType.DELAYED,
    4: MarketDataType.DELAYED_FROZEN,
}
MARKET_DATA_NUMBERS = {kind: number for number, kind in MARKET_DATA_TYPES.items()}

_SIDES = {"BUY": OrderSide.BUY, "BOT": OrderSide.BUY, "SELL": OrderSide.SELL, "SLD": OrderSide.SELL}
_ZERO = Decimal(0)
# The finest step that a row can hold: for a contract whose rules IB doesn't tell, nothing is refused on our guess.
_FINEST_STEP = Decimal("0.00000001")


def to_decimal(value: float | str | None) -> Decimal | None:
    """The number that IB wrote, exactly; None for what is unset, not finite or no number.

    A float is read through `repr`, the shortest text that gives the same float: that is the text IB sent, for any
    number of up to 15 digits.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return _from_text(value)
    if not math.isfinite(value) or value in (UNSET_DOUBLE, UNSET_INTEGER):
        return None
    return _plain(Decimal(repr(value)))


def _from_text(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or float(number) in (UNSET_DOUBLE, UNSET_INTEGER):
        return None
    return _plain(number)


def _plain(number: Decimal) -> Decimal:
    """Without the `.0` and the exponent that a float's text adds: 100.0 -> 100, 5e-07 -> 0.0000005."""
    if not number:
        return _ZERO
    text = f"{number:f}"
    return Decimal(text.rstrip("0").rstrip(".")) if text[-1] == "0" and "." in text else Decimal(text)


def to_float(value: Decimal) -> float:
    """What goes to `ib_insync`. Raises ValueError when a float can't carry the value exactly."""
    as_float = float(value)
    if not math.isfinite(as_float) or Decimal(repr(as_float)) != value:
        raise ValueError(f"{value} has more digits than IB can be sent")
    return as_float


def price(value: float | None) -> Decimal | None:
    """A price on the tape: -1 means that there is none."""
    number = to_decimal(value)
    return None if number == -1 else number


def quantity(value: float | None) -> Decimal | None:
    """A size on the tape: a negative one means that there is none."""
    number = to_decimal(value)
    return None if number is not None and number < 0 else number


def positive(value: float | None) -> Decimal | None:
    """For fields in which IB writes 0 for "not yet", such as an average fill price."""
    number = to_decimal(value)
    return number if number else None


def perm_id(value: int) -> int | None:
    """IB sends 0 until it has given one."""
    return value if value and value != UNSET_INTEGER else None


def to_utc(moment: datetime, *, zone: tzinfo = UTC) -> datetime:
    """Aware and in UTC. A naive time is taken to be in `zone`, the gateway's own."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return aware.astimezone(UTC)


def side(word: str) -> OrderSide:
    """BUY or BOT, SELL or SLD. Raises ValueError on any other word: a guessed direction is worse than none."""
    try:
        return _SIDES[word.upper()]
    except KeyError:
        raise ValueError(f"IB named a side that is neither a purchase nor a sale: {word!r}") from None


def quote(ticker: Ticker, *, con_id: int, security_type: SecurityType, received_at: datetime) -> Quote:
    """The ticker's newest values. A currency pair has no trades, so it has no last."""
    trades = security_type is not SecurityType.CASH
    return Quote(
        con_id=con_id,
        at=to_utc(received_at),
        market_data_type=MARKET_DATA_TYPES.get(ticker.marketDataType, MarketDataType.LIVE),
        bid=price(ticker.bid),
        bid_size=quantity(ticker.bidSize) if price(ticker.bid) is not None else None,
        ask=price(ticker.ask),
        ask_size=quantity(ticker.askSize) if price(ticker.ask) is not None else None,
        last=price(ticker.last) if trades else None,
        last_size=quantity(ticker.lastSize) if trades and price(ticker.last) is not None else None,
        close=price(ticker.close),
    )


def security_type(word: str) -> SecurityType:
    """Raises ValueError for a kind that isn't known here."""
    return SecurityType(word)


def time_zone(name: str) -> str | None:
    """An IANA name, or None for what isn't one (IB also writes `EST5EDT`-like and free-form names)."""
    name = name.split(" (")[0]
    return name if name and name in zoneinfo.available_timezones() else None


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


def contract_of(details: ContractDetails) -> Contract:
    if details.contract is None:
        raise ValueError("IB sent contract details without a contract")
    return details.contract


def positive_text(value: str) -> Decimal | None:
    """For numbers that IB sends as text, such as a multiplier; empty means that there is none."""
    number = to_decimal(value) if value else None
    return number if number else None


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


def rule_id(details: ContractDetails, exchange: str) -> int | None:
    """The market rule of `exchange`: `marketRuleIds` runs parallel to `validExchanges`."""
    places = dict(zip(details.validExchanges.split(","), details.marketRuleIds.split(","), strict=False))
    chosen = places.get(exchange) or next(iter(places.values()), "")
    return int(chosen) if chosen.isdigit() else None


def execution(execution: Execution, contract: Contract) -> domain.ExecutionReport:
    """Raises ValueError when the side, the size or the price is missing."""
    shares, paid = to_decimal(execution.shares), to_decimal(execution.price)
    if shares is None or paid is None:
        raise ValueError(f"execution {execution.execId} came without its size or its price")
    return domain.ExecutionReport(
        exec_id=execution.execId,
        order_ref=execution.orderRef,
        perm_id=perm_id(execution.permId),
        account_code=execution.acctNumber,
        con_id=contract.conId,
        side=side(execution.side),
        quantity=abs(shares),
        price=paid,
        exchange=execution.exchange,
        at=to_utc(execution.time),
    )


def commission(report: IbCommissionReport) -> domain.CommissionReport | None:
    """None when IB left the commission itself unset: unknown is not zero."""
    cost = to_decimal(report.commission)
    if cost is None:
        return None
    return domain.CommissionReport(
        exec_id=report.execId,
        commission=cost,
        currency=report.currency,
        realized_pnl=to_decimal(report.realizedPNL),
    )


def position(account_code: str, contract: Contract, size: float, average_cost: float) -> domain.Position:
    """Raises ValueError when the size is missing."""
    held = to_decimal(size)
    if held is None:
        raise ValueError(f"the position in {contract.localSymbol or contract.symbol} came without its size")
    return domain.Position(
        account_code=account_code,
        con_id=contract.conId,
        quantity=held,
        average_cost=to_decimal(average_cost) or Decimal(0),
    )


def account_value(account_code: str, tag: str, value: str, currency: str) -> domain.AccountValue | None:
    """None for a figure that is no number, such as the account's type."""
    number = to_decimal(value)
    if number is None:
        return None
    return domain.AccountValue(account_code=account_code, tag=tag, currency=currency, value=number)


def unsendable(texts: Iterable[str]) -> str | None:
    """The first text that holds a control character. A NUL inside a field becomes a field of its own on the wire."""
    return next((text for text in texts if any(unicodedata.category(sign)[0] == "C" for sign in text)), None)
