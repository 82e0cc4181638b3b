"""The border between `ib_insync`'s objects and ours: the only place that knows floats, sentinels and camelCase."""

from __future__ import annotations

from brokers.interactive_brokers.convert.account import account_value, position
from brokers.interactive_brokers.convert.instruments import (
    contract_of,
    instrument,
    rule_id,
    security_type,
    time_zone,
    undescribed_instrument,
)
from brokers.interactive_brokers.convert.market_data import MARKET_DATA_NUMBERS, MARKET_DATA_TYPES, quote
from brokers.interactive_brokers.convert.numbers import (
    UNSET_DOUBLE,
    UNSET_INTEGER,
    perm_id,
    positive,
    positive_text,
    price,
    quantity,
    to_decimal,
    to_float,
    to_utc,
    unsendable,
)
from brokers.interactive_brokers.convert.orders import commission, execution, side

__all__ = [
    "MARKET_DATA_NUMBERS",
    "MARKET_DATA_TYPES",
    "UNSET_DOUBLE",
    "UNSET_INTEGER",
    "account_value",
    "commission",
    "contract_of",
    "execution",
    "instrument",
    "perm_id",
    "position",
    "positive",
    "positive_text",
    "price",
    "quantity",
    "quote",
    "rule_id",
    "security_type",
    "side",
    "time_zone",
    "to_decimal",
    "to_float",
    "to_utc",
    "undescribed_instrument",
    "unsendable",
]
