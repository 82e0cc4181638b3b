"""Contracts that expired long ago and that every guide still asks for. Their prices are those of their last day,
and follow nothing of today."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from brokers.simulator.catalogue.listings import futures, venues
from brokers.simulator.catalogue.listings.instrument import FUTURE, OPTION
from brokers.simulator.catalogue.listings.options import osi_symbol
from brokers.simulator.catalogue.listings.stocks import BY_SYMBOL

_ES_2018 = replace(
    futures.ES.underlying,
    con_id=279396750,
    security_type=FUTURE,
    local_symbol="ESU8",
    primary_exchange="",
    start_price=Decimal("2932.50"),
    follows=None,
    multiplier=Decimal(50),
    expiry="20180921",
    contract_month="201809",
    under_con_id=futures.ES.underlying.con_id,
    under_symbol="ES",
    under_security_type=futures.ES.underlying.security_type,
    last_trade_time=futures.ES.last_trade_time,
)

_SPY = BY_SYMBOL["SPY"]

_SPY_2017 = replace(
    _SPY,
    con_id=250334126,
    security_type=OPTION,
    local_symbol=osi_symbol("SPY", date(2017, 7, 21), "C", Decimal(240)),
    primary_exchange="",
    venue=venues.FUND_OPTIONS,
    start_price=Decimal("6.88"),
    follows=None,
    isin="",
    stock_type="",
    multiplier=Decimal(100),
    expiry="20170721",
    contract_month="201707",
    strike=Decimal(240),
    right="C",
    under_con_id=_SPY.con_id,
    under_symbol="SPY",
    under_security_type=_SPY.security_type,
    last_trade_time="16:00:00",
    suggested_size=Decimal(1),
)

PAST = (_ES_2018, _SPY_2017)
