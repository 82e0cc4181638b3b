"""Fills as CSV, in the names and signs of IB's Flex trade report, which accountants' importers read.

RFC 4180: commas, CRLF, quotation marks doubled. One row per execution; importers drop repeats by IBExecID.

Signs are Flex's: Quantity and TradeMoney are negative for a sale, Proceeds the other way round, IBCommission negative
for a cost. A cell is empty where nobody has told us: the commission until IB reported it, NetCash until then and when
the commission is in another currency than the trade, money columns when the contract's multiplier is unknown, TradeDate
when the instrument's time zone is.

Columns of Flex that the trading API doesn't carry are left out rather than filled with a guess: SecurityID, TradeID,
SettleDate and taxes. TradePrice is as quoted, which may be in pence; TradeMoney and what follows are money. Conid
identifies the instrument, IBExecID the trade, and IBOrderID is the API's permId.
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Generator, Iterable
from datetime import UTC
from decimal import Decimal
from itertools import islice
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse

from brokers.domain import OrderSide
from webapp.trading.amounts import EXACT, plain
from webapp.trading.models import Execution
from webapp.trading.money import multiplier_of, worth

ROWS_AT_ONCE = 500
# What a spreadsheet takes for the beginning of a formula (OWASP's list).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")

COLUMNS = (
    "ClientAccountID",
    "CurrencyPrimary",
    "AssetClass",
    "Symbol",
    "Description",
    "Conid",
    "ISIN",
    "ListingExchange",
    "Multiplier",
    "IBOrderID",
    "IBExecID",
    "DateTime",
    "TradeDate",
    "Buy/Sell",
    "Quantity",
    "TradePrice",
    "TradeMoney",
    "Proceeds",
    "IBCommission",
    "IBCommissionCurrency",
    "NetCash",
    "OrderReference",
    "Exchange",
    "OrderType",
)


def fills_response(request: HttpRequest, fills: QuerySet[Execution], *, filename: str) -> StreamingHttpResponse:
    """The fills of `fills.of` as a download. Memory stays the same however many there are."""
    chunks = fills_csv(fills)
    content = _FromThread(chunks) if isinstance(request, ASGIRequest) else chunks
    response = StreamingHttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    response["Cache-Control"] = "no-store"
    return response


def fills_csv(fills: QuerySet[Execution]) -> Generator[bytes, None, None]:
    """The header, then the rows as the server's cursor gives them, some hundred to a chunk."""
    rows = (row_of(fill) for fill in fills.iterator(chunk_size=ROWS_AT_ONCE))
    yield encoded([list(COLUMNS)])
    while some := list(islice(rows, ROWS_AT_ONCE)):
        yield encoded(some)


def row_of(fill: Execution) -> list[str]:
    """One line, in the order of COLUMNS. Text cells are made safe for spreadsheets; numbers keep their minus."""
    instrument = fill.instrument
    quantity = fill.quantity * OrderSide(fill.side).sign
    money = worth(fill.instrument, quantity=quantity, price=fill.price)
    return [
        _text(fill.account_code),
        _text(instrument.currency),
        _text(instrument.security_type),
        _text(instrument.display_symbol),
        _text(instrument.long_name),
        str(instrument.con_id),
        _text(instrument.isin),
        _text(instrument.primary_exchange),
        _number(multiplier_of(instrument)),
        "" if fill.perm_id is None else str(fill.perm_id),
        _text(fill.exec_id),
        fill.executed_at.astimezone(UTC).isoformat(),
        _trade_date(fill),
        str(fill.side),
        _number(quantity),
        _number(fill.price),
        _number(money),
        _number(_negative(money)),
        _number(_negative(_commission(fill))),
        _text(_commission_currency(fill)),
        _number(_net_cash(money, fill)),
        _text(fill.order_ref),
        _text(fill.exchange),
        _text(fill.order.order_type if fill.order is not None else ""),
    ]


def safe_text(text: str) -> str:
    """An apostrophe in front of what a spreadsheet would compute; the text itself otherwise."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


class _FromThread:
    """A synchronous iterator for ASGI: each chunk is made in the request's own thread, where its connection lives."""

    def __init__(self, chunks: Generator[bytes, None, None]) -> None:
        self._chunks = chunks

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        chunk = await sync_to_async(self._next)()
        if chunk is None:
            raise StopAsyncIteration
        return chunk

    def _next(self) -> bytes | None:
        # StopIteration can't pass through a future, hence the default.
        return next(self._chunks, None)

    def close(self) -> None:
        """Called with the response, also when the browser went away half-way: ends the server's cursor."""
        self._chunks.close()


def encoded(rows: Iterable[list[str]]) -> bytes:
    """RFC 4180, in UTF-8."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _text(value: str) -> str:
    return safe_text(str(value))


def _number(value: Decimal | None) -> str:
    return "" if value is None else plain(value)


def _negative(value: Decimal | None) -> Decimal | None:
    """Exactly: a bare minus would round to the context's 28 digits."""
    return None if value is None else value.copy_negate()


def _net_cash(money: Decimal | None, fill: Execution) -> Decimal | None:
    """What moved in the trade's currency. Two currencies make no sum."""
    commission = _commission(fill)
    if money is None or commission is None or _commission_currency(fill) != fill.instrument.currency:
        return None
    return EXACT.minus(EXACT.add(money, commission))


def _commission(fill: Execution) -> Decimal | None:
    return cast("Decimal | None", cast("Any", fill).commission)


def _commission_currency(fill: Execution) -> str:
    return str(cast("Any", fill).commission_currency or "")


def _trade_date(fill: Execution) -> str:
    """The exchange's calendar day."""
    try:
        zone = ZoneInfo(fill.instrument.time_zone or "")
    except (ZoneInfoNotFoundError, ValueError):
        # No zone, or a name that this system's tables don't have: the day is unknown, the moment is in DateTime.
        return ""
    return fill.executed_at.astimezone(zone).date().isoformat()
