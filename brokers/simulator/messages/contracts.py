"""Messages that describe instruments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from brokers.simulator.catalogue import Match
from brokers.simulator.listings import Instrument, MarketRule
from brokers.simulator.wire import Value

_STOCK_ORDER_TYPES = "ACTIVETIM,AD,ALLOC,DAY,GTC,IOC,LMT,MKT,WHATIF"
_PAIR_ORDER_TYPES = "ACTIVETIM,CASHQTY,DAY,GTC,IOC,LMT,MKT,WHATIF"


def contract_fields(instrument: Instrument, *, exchange: str, right: str = "") -> list[Value]:
    """The contract as most messages carry it: id to trading class, without the primary exchange."""
    return [
        instrument.con_id,
        instrument.symbol,
        instrument.security_type,
        "",  # last trade date
        0,  # strike
        right,
        "",  # multiplier
        exchange,
        instrument.currency,
        instrument.local_symbol,
        instrument.trading_class,
    ]


def contract_data(request_id: int, match: Match, today: date) -> list[Value]:
    instrument = match.instrument
    return [
        10,
        request_id,
        *_identity(instrument, match.exchange),
        *_trading(instrument),
        *_schedule(instrument, today),
    ]


def _identity(instrument: Instrument, exchange: str) -> list[Value]:
    return [
        instrument.symbol,
        instrument.security_type,
        "",  # last trade date
        0,  # strike
        "",  # right
        exchange,
        instrument.currency,
        instrument.local_symbol,
        instrument.trading_class,  # market name
        instrument.trading_class,
        instrument.con_id,
        instrument.market_rule.smallest,
        "",  # multiplier
    ]


def _trading(instrument: Instrument) -> list[Value]:
    return [
        _PAIR_ORDER_TYPES if instrument.is_currency_pair else _STOCK_ORDER_TYPES,
        ",".join(instrument.venue.exchanges),
        1,  # price magnifier
        0,  # underlying's contract id
        instrument.long_name,
        instrument.primary_exchange,
        "",  # contract month
        instrument.industry,
        instrument.category,
        instrument.category,  # subcategory
    ]


def _schedule(instrument: Instrument, today: date) -> list[Value]:
    security_ids = ["ISIN", instrument.isin] if instrument.isin else []
    rules = ",".join(str(instrument.market_rule.rule_id) for _ in instrument.venue.exchanges)
    return [
        instrument.venue.time_zone,
        instrument.trading_hours(today),
        instrument.liquid_hours(today),
        "",  # economic value rule
        0,  # economic value multiplier
        len(security_ids) // 2,
        *security_ids,
        4 if instrument.is_currency_pair else 1,  # aggregated group
        "",  # underlying's symbol
        "",  # underlying's security type
        rules,
        "",  # real expiration date
        instrument.stock_type,
        1,  # minimum size
        1,  # size increment
        1 if instrument.is_currency_pair else 100,  # suggested size increment
    ]


def contract_data_end(request_id: int) -> list[Value]:
    return [52, 1, request_id]


def symbol_samples(request_id: int, instruments: Sequence[Instrument]) -> list[Value]:
    return [79, request_id, len(instruments), *(field for one in instruments for field in _sample(one))]


def _sample(instrument: Instrument) -> list[Value]:
    derivatives = [] if instrument.is_currency_pair else ["CFD", "OPT", "WAR"]
    return [
        instrument.con_id,
        instrument.symbol,
        instrument.security_type,
        instrument.primary_exchange,
        instrument.currency,
        len(derivatives),
        *derivatives,
        instrument.long_name,
        "",  # issuer id, of bonds alone
    ]


def market_rule(rule: MarketRule) -> list[Value]:
    return [93, rule.rule_id, len(rule.steps), *(field for step in rule.steps for field in step)]
