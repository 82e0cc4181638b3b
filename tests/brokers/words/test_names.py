"""What a person calls an instrument: its symbol, when it expires, and which option of them it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from brokers.domain import Instrument, Right, SecurityType, name_of

STOCK = Instrument(
    con_id=1,
    symbol="SPY",
    local_symbol="SPY",
    security_type=SecurityType.STK,
    exchange="SMART",
    primary_exchange="ARCA",
    currency="USD",
    long_name="SPDR S&P 500 ETF TRUST",
    price_increment=Decimal("0.01"),
    size_increment=Decimal(1),
    min_size=Decimal(1),
    trading_class="SPY",
)
OPTION = replace(
    STOCK,
    local_symbol="SPY   261204C00190000",
    security_type=SecurityType.OPT,
    expiry=date(2026, 12, 4),
    strike=Decimal("190.0000000000"),
    right=Right.CALL,
)
FUTURE = replace(
    STOCK,
    symbol="ES",
    local_symbol="ESZ6",
    security_type=SecurityType.FUT,
    trading_class="ES",
    contract_month="202612",
    expiry=date(2026, 12, 18),
)


@pytest.mark.parametrize(
    ("instrument", "changes", "name"),
    [
        (STOCK, {}, "SPY"),
        (STOCK, {"security_type": SecurityType.CASH, "symbol": "EUR", "local_symbol": "EUR.USD"}, "EUR.USD"),
        (OPTION, {}, "SPY 4 Dec 2026 190 Call"),
        (OPTION, {"right": Right.PUT, "strike": Decimal("7.50")}, "SPY 4 Dec 2026 7.5 Put"),
        (OPTION, {"symbol": "SPX", "trading_class": "SPXW"}, "SPX 4 Dec 2026 190 Call (SPXW)"),
        (OPTION, {"trading_class": ""}, "SPY 4 Dec 2026 190 Call"),
        (OPTION, {"security_type": SecurityType.FOP, "strike": Decimal(-5)}, "SPY 4 Dec 2026 -5 Call"),
        (OPTION, {"expiry": None}, "SPY   261204C00190000"),
        (FUTURE, {}, "ES Dec 2026"),
        (FUTURE, {"symbol": "CL", "trading_class": "CL", "contract_month": "202701"}, "CL Jan 2027"),
        (FUTURE, {"symbol": "DAX", "trading_class": "FDXM"}, "DAX Dec 2026 (FDXM)"),
        (FUTURE, {"contract_month": ""}, "ES Dec 2026"),
        (FUTURE, {"contract_month": "", "expiry": None}, "ESZ6"),
    ],
)
def test_an_instrument_is_called_by_what_tells_it_apart(
    instrument: Instrument, changes: dict[str, Any], name: str
) -> None:
    assert name_of(replace(instrument, **changes)) == name
