"""A fill in the API's own words, as `GET /fills` gives it: what JSON lines and Parquet hold."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

from psycopg.sql import SQL


class Kind(Enum):
    # Letters that JSON needs no escapes for.
    WORD = auto()
    TEXT = auto()
    INTEGER = auto()
    AMOUNT = auto()
    MOMENT = auto()


class Field(NamedTuple):
    """`is_optional`: null where nobody has told us."""

    name: str
    kind: Kind
    value: SQL
    is_optional: bool = False


FIELDS = (
    Field("account", Kind.WORD, SQL("execution.account_id")),
    Field("exec_id", Kind.TEXT, SQL("execution.exec_id")),
    Field("client_order_id", Kind.WORD, SQL('"order".client_order_id'), is_optional=True),
    Field("con_id", Kind.INTEGER, SQL("execution.instrument_id")),
    Field("symbol", Kind.TEXT, SQL("instrument.display_symbol")),
    Field("account_code", Kind.TEXT, SQL("execution.account_code")),
    Field("side", Kind.WORD, SQL("execution.side")),
    Field("quantity", Kind.AMOUNT, SQL("execution.quantity")),
    Field("price", Kind.AMOUNT, SQL("execution.price")),
    Field("currency", Kind.TEXT, SQL("instrument.currency")),
    Field("exchange", Kind.TEXT, SQL("execution.exchange")),
    Field("executed_at", Kind.MOMENT, SQL("execution.executed_at")),
    Field("commission", Kind.AMOUNT, SQL("execution.commission"), is_optional=True),
    Field("commission_currency", Kind.TEXT, SQL("execution.commission_currency"), is_optional=True),
    Field("realized_pnl", Kind.AMOUNT, SQL("execution.realized_pnl"), is_optional=True),
)
