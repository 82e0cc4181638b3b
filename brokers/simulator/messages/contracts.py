"""Messages that describe instruments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from brokers.simulator.catalogue.catalogue import Match
from brokers.simulator.catalogue.chains import OptionParameters
from brokers.simulator.catalogue.hours import Hours
from brokers.simulator.catalogue.listings import Instrument, MarketRule
from brokers.simulator.catalogue.listings.instrument import BondTerms
from brokers.simulator.wire import UNSET_INTEGER, Value

# Which kinds' market data IB lumps together for its clients; a number for each, and the largest for none.
_AGGREGATED_GROUPS = {"STK": "1", "OPT": "2", "CASH": "4"}


def contract_fields(instrument: Instrument, *, exchange: str, right: str = "") -> list[Value]:
    """The contract as most messages carry it: id to trading class, without the primary exchange.

    `right` is how the message writes that there is none.
    """
    return [
        instrument.con_id,
        instrument.symbol,
        instrument.security_type,
        instrument.expiry,
        instrument.strike,
        instrument.right or right,
        instrument.multiplier_text,
        exchange,
        instrument.currency,
        instrument.local_symbol,
        instrument.trading_class,
    ]


def contract_data(request_id: int, match: Match, hours: Hours, today: date) -> list[Value]:
    """The whole of an instrument; a bond has a message of its own.

    `hours` are those that are kept for it, and `today` is the date where it trades.
    """
    instrument = match.instrument
    if instrument.bond is not None:
        return _bond_data(request_id, match, instrument.bond)
    return [
        10,
        request_id,
        *_identity(instrument, match.exchange),
        *_trading(instrument),
        *_schedule(hours, today),
        *_security_ids(instrument),
        *_rules(instrument),
        *_sizes(instrument),
    ]


def _identity(instrument: Instrument, exchange: str) -> list[Value]:
    return [
        instrument.symbol,
        instrument.security_type,
        _last_trade(instrument),
        instrument.strike,
        instrument.right,
        exchange,
        instrument.currency,
        instrument.local_symbol,
        instrument.trading_class,  # market name
        instrument.trading_class,
        instrument.con_id,
        instrument.min_tick,
        instrument.multiplier_text,
    ]


def _last_trade(instrument: Instrument) -> str:
    """`20261218 08:30:00 US/Central`: the clients take it apart again."""
    if not instrument.expiry:
        return ""
    return f"{instrument.expiry} {instrument.last_trade_time} {instrument.hours.time_zone}"


def _trading(instrument: Instrument) -> list[Value]:
    return [
        ",".join(instrument.order_types),
        ",".join(instrument.venue.exchanges),
        instrument.price_magnifier,
        instrument.under_con_id,
        instrument.long_name,
        instrument.primary_exchange,
        instrument.contract_month,
        instrument.industry,
        instrument.category,
        instrument.category,  # subcategory
    ]


def _schedule(hours: Hours, today: date) -> list[Value]:
    return [
        hours.time_zone,
        hours.published(hours.trading, today),
        hours.published(hours.liquid, today),
        "",  # economic value rule
        0,  # economic value multiplier
    ]


def _security_ids(instrument: Instrument) -> list[Value]:
    security_ids = [("ISIN", instrument.isin)] if instrument.isin else []
    if instrument.bond is not None:
        security_ids.append(("CUSIP", instrument.bond.cusip))
    return [len(security_ids), *(field for one in security_ids for field in one)]


def _rules(instrument: Instrument) -> list[Value]:
    return [
        _AGGREGATED_GROUPS.get(instrument.security_type, UNSET_INTEGER),
        instrument.under_symbol,
        instrument.under_security_type,
        _rule_ids(instrument),
        instrument.expiry,  # real expiration date
        instrument.stock_type,
    ]


def _rule_ids(instrument: Instrument) -> str:
    """One for each of the valid exchanges, in their order."""
    return ",".join(str(instrument.rule_on(exchange).rule_id) for exchange in instrument.venue.exchanges)


def _sizes(instrument: Instrument) -> list[Value]:
    return [instrument.min_size, instrument.size_increment, instrument.suggested_size]


def _bond_data(request_id: int, match: Match, bond: BondTerms) -> list[Value]:
    instrument = match.instrument
    return [
        18,
        request_id,
        instrument.symbol,
        instrument.security_type,
        *_bond_terms(bond, f"{bond.maturity} {instrument.last_trade_time} {instrument.hours.time_zone}"),
        match.exchange,
        instrument.currency,
        instrument.trading_class,  # market name
        instrument.trading_class,
        instrument.con_id,
        instrument.min_tick,
        ",".join(instrument.order_types),
        ",".join(instrument.venue.exchanges),
        *_no_next_option(),
        instrument.long_name,
        "",  # economic value rule
        0,  # economic value multiplier
        *_security_ids(instrument),
        _AGGREGATED_GROUPS.get(instrument.security_type, UNSET_INTEGER),
        _rule_ids(instrument),
        *_sizes(instrument),
    ]


def _bond_terms(bond: BondTerms, maturity: str) -> list[Value]:
    return [
        bond.cusip,
        _coupon(bond),
        maturity,
        bond.issued,
        bond.ratings,
        bond.kind,
        bond.coupon_type,
        0,  # convertible
        int(bond.is_callable),
        0,  # putable
        f"{bond.coupon:f}% {bond.maturity}",
    ]


def _coupon(bond: BondTerms) -> Value:
    """A whole number, or nothing: ib_insync reads a coupon as an integer and would drop the bond with its 5.75."""
    return int(bond.coupon) if bond.coupon % 1 == 0 else ""


def _no_next_option() -> list[Value]:
    """The next day on which it may be called or put back: date, type, whether in part; and IB's notes."""
    return ["", "", 0, ""]


def contract_data_end(request_id: int) -> list[Value]:
    return [52, 1, request_id]


def symbol_samples(request_id: int, found: Sequence[tuple[Instrument, Sequence[str]]]) -> list[Value]:
    """Instruments, each with the types of its derivatives."""
    return [79, request_id, len(found), *(field for one, types in found for field in _sample(one, types))]


def _sample(instrument: Instrument, derivatives: Sequence[str]) -> list[Value]:
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


def option_parameters(request_id: int, row: OptionParameters) -> list[Value]:
    return [
        75,
        request_id,
        row.exchange,
        row.under_con_id,
        row.trading_class,
        row.multiplier,
        len(row.expirations),
        *row.expirations,
        len(row.strikes),
        *row.strikes,
    ]


def option_parameters_end(request_id: int) -> list[Value]:
    return [76, request_id]


def market_rule(rule: MarketRule) -> list[Value]:
    return [93, rule.rule_id, len(rule.steps), *(field for step in rule.steps for field in step)]
