"""Instruments, filters and what a user typed -> IB's Contract."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

from ib_insync import ComboLeg as IbComboLeg
from ib_insync import Contract

from brokers.domain import ComboLeg, Instrument, SecurityType
from brokers.filters import InstrumentFilter
from brokers.interactive_brokers import convert
from brokers.refusals import FilterRefused

# The currencies that IB deals in. Two of them make a pair; other six letters may be a company's name.
CURRENCIES = frozenset(
    {"USD", "EUR", "GBP", "JPY", "CHF", "AUD", "CAD", "NZD", "HKD", "SGD", "SEK", "NOK", "DKK", "MXN", "ZAR", "CNH"}
    | {"PLN", "CZK", "HUF", "ILS", "TRY", "KRW", "INR", "TWD", "AED", "SAR"}
)
_PAIR = re.compile(r"([A-Za-z]{3})[./ ]?([A-Za-z]{3})")
PAIRS_EXCHANGE = "IDEALPRO"


def of_instrument(instrument: Instrument, *, today: date | None = None) -> Contract:
    """A new object each time: `ib_insync` tells streams apart by the identity of their Contract.

    For orders and data alike. One that has expired before `today` (in UTC, by default the real one) is asked for as
    such, which IB wants to be told for its history.
    """
    today = today or datetime.now(UTC).date()
    return Contract(
        conId=max(instrument.con_id, 0),  # a combination's is ours, and means nothing to IB
        symbol=instrument.symbol,
        secType=instrument.security_type.value,
        lastTradeDateOrContractMonth=_expiry(instrument),
        strike=_float(instrument.strike),
        right=instrument.right.value if instrument.right is not None else "",
        multiplier=f"{instrument.multiplier:f}" if instrument.multiplier is not None else "",
        exchange=instrument.exchange or "SMART",
        primaryExchange=instrument.primary_exchange,
        currency=instrument.currency,
        localSymbol=instrument.local_symbol,
        tradingClass=instrument.trading_class,
        includeExpired=instrument.expiry is not None and instrument.expiry < today,
        comboLegs=[_leg(leg) for leg in instrument.legs],
    )


def _expiry(instrument: Instrument) -> str:
    """A bond's is its maturity, which its contract doesn't carry."""
    carried = instrument.expiry is not None and instrument.security_type is not SecurityType.BOND
    return f"{instrument.expiry:%Y%m%d}" if carried else ""


def of_con_id(con_id: int, *, exchange: str = "") -> Contract:
    return Contract(conId=con_id, exchange=exchange)


def of_filter(asked: InstrumentFilter, *, today: date) -> Contract:
    """What a filter asks for. `today` (in UTC) says whether the asked expiry has passed, unless the filter does.

    IB gives expired contracts only to who asks for them: `includeExpired`.
    """
    contract = Contract(
        conId=asked.con_id,
        symbol=asked.symbol,
        secType=asked.sec_type.value if asked.sec_type is not None else "",
        lastTradeDateOrContractMonth=asked.last_trade_date_or_contract_month,
        strike=_float(asked.strike),
        right=asked.right.value if asked.right is not None else "",
        multiplier=f"{asked.multiplier:f}" if asked.multiplier is not None else "",
        exchange=asked.exchange,
        primaryExchange=asked.primary_exchange,
        currency=asked.currency,
        localSymbol=asked.local_symbol,
        tradingClass=asked.trading_class,
        includeExpired=_is_over(asked, today) if asked.include_expired is None else asked.include_expired,
        secIdType=asked.sec_id_type,
        secId=asked.sec_id,
        issuerId=asked.issuer_id,
        comboLegs=[_leg(leg) for leg in asked.combo_legs],
    )
    return _as_pair(contract, asked.pair)


def _as_pair(contract: Contract, pair: str) -> Contract:
    """A currency pair trades on IDEALPRO unless the filter says otherwise."""
    if pair:
        contract.secType = "CASH"
        contract.symbol, _, contract.currency = pair.partition(".")
    if contract.secType == "CASH" and not contract.conId:
        contract.exchange = contract.exchange or PAIRS_EXCHANGE
    return contract


def _is_over(asked: InstrumentFilter, today: date) -> bool:
    """Whether the asked day, or the whole asked month, may be over anywhere on earth."""
    text = asked.last_trade_date_or_contract_month
    now = f"{today:%Y%m%d}"
    return bool(text) and (text < now[: len(text)] or text == now)


def currency_pair(text: str) -> Contract | None:
    """`EUR.USD`, `EUR/USD`, `EUR USD` or `EURUSD`, in any case; None for anything else."""
    found = _PAIR.fullmatch(text.strip())
    if found is None:
        return None
    base, quoted = found[1].upper(), found[2].upper()
    if not {base, quoted} <= CURRENCIES or base == quoted:
        return None
    return Contract(secType="CASH", symbol=base, currency=quoted, exchange=PAIRS_EXCHANGE)


def _leg(leg: ComboLeg) -> IbComboLeg:
    return IbComboLeg(conId=leg.con_id, ratio=leg.ratio, action=leg.side.value, exchange=leg.exchange or "SMART")


def _float(number: Decimal | None) -> float:
    """Raises FilterRefused when a float can't carry it."""
    try:
        return convert.to_float(number) if number is not None else 0.0
    except ValueError as error:
        raise FilterRefused(f"A strike can't be asked for: {error}.") from error
