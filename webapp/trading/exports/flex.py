"""CSV in the names and signs of IB's Flex trade report, which accountants' importers read.

RFC 4180: commas, CRLF, texts in quotation marks, as Flex has them. One row per execution; importers drop repeats by
IBExecID.

Signs are Flex's: Quantity and TradeMoney are negative for a sale, Proceeds the other way round, IBCommission negative
for a cost. A cell is empty where nobody has told us: the commission until IB reported it, NetCash until then and when
the commission is in another currency than the trade, money columns when the contract's multiplier is unknown, TradeDate
when the instrument's time zone is.

Columns of Flex that the trading API doesn't carry are left out rather than filled with a guess: SecurityID, TradeID,
TransactionID, SettleDate, taxes and FifoPnlRealized. TradePrice is as quoted, which may be in pence; TradeMoney and
what follows are money. Conid identifies the instrument, IBExecID the trade, and IBOrderID is the API's permId.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import NamedTuple

from psycopg.sql import SQL, Composable, Composed, Literal

from webapp.trading.exports import lines
from webapp.trading.exports.copying import Copying
from webapp.trading.exports.lines import Piece
from webapp.trading.exports.selection import Selection
from webapp.trading.exports.spreadsheets import FORMULA_STARTS
from webapp.trading.exports.statements import Column, plain
from webapp.trading.money import UNITS

END_OF_LINE = "\r\n"

_ALL_ZONES = SQL("SELECT array_agg(name) FROM pg_timezone_names")

# IB leaves the multiplier of what is counted in units empty, and Flex prints 1.
_MULTIPLIER = SQL(
    "coalesce(instrument.multiplier, CASE WHEN instrument.security_type = ANY({units}) THEN 1 END)"
).format(units=Literal(sorted(kind.value for kind in UNITS)))
# Dividing the multiplier first is exact: magnifiers are powers of ten.
_FACTOR = SQL("trim_scale({} / instrument.price_magnifier)").format(_MULTIPLIER)

_QUANTITY = SQL("CASE execution.side WHEN 'SELL' THEN -execution.quantity ELSE execution.quantity END")
_REVERSE = SQL("CASE execution.side WHEN 'SELL' THEN execution.quantity ELSE -execution.quantity END")
# Most factors are 1, and a multiplication costs more than the question.
_MONEY = SQL(
    "CASE WHEN instrument.factor = 1 THEN {0} * execution.price ELSE {0} * execution.price * instrument.factor END"
)
_TRADE_MONEY = _MONEY.format(_QUANTITY)
_PROCEEDS = _MONEY.format(_REVERSE)
# What moved in the trade's currency. Two currencies make no sum.
_NET_CASH = SQL(
    "CASE WHEN execution.commission_currency = instrument.currency THEN {} - execution.commission END"
).format(_PROCEEDS)
# The exchange's calendar day. In a zone that isn't known the day isn't either; the moment is in DateTime.
_TRADE_DATE = SQL("(execution.executed_at AT TIME ZONE instrument.time_zone)::date")


class Cell(NamedTuple):
    """A column, whose value is null where nobody has told us."""

    name: str
    value: Piece
    is_text: bool = False

    def pieces(self) -> Iterator[Piece]:
        mark = '"' if self.is_text else ""
        yield from (mark, self.value, mark)


def _text(name: str, value: str) -> Cell:
    return Cell(name, _escaped(SQL(value)), is_text=True)


def _escaped(value: Composable) -> Composed:
    """An apostrophe in front of what a spreadsheet would compute; quotation marks doubled.

    Most texts begin with a letter, and are through with one comparison.
    """
    starts = [ord(letter) for letter in FORMULA_STARTS]
    return SQL(
        "replace(CASE WHEN ascii({value}) > {last} THEN {value} "
        "WHEN ascii({value}) = ANY({starts}) THEN chr(39) || {value} ELSE {value} END, '\"', '\"\"')"
    ).format(value=value, starts=Literal(starts), last=Literal(max(starts)))


_ACCOUNT = (_text("ClientAccountID", "execution.account_code"),)
_INSTRUMENT = (
    _text("CurrencyPrimary", "instrument.currency"),
    _text("AssetClass", "instrument.security_type"),
    _text("Symbol", "instrument.display_symbol"),
    _text("Description", "instrument.long_name"),
    Cell("Conid", SQL("instrument.con_id")),
    _text("ISIN", "instrument.isin"),
    _text("ListingExchange", "instrument.primary_exchange"),
    Cell("UnderlyingConid", SQL("instrument.under_con_id")),
    Cell("Multiplier", plain(_MULTIPLIER)),
    Cell("Strike", plain(SQL("instrument.strike"))),
    Cell("Expiry", SQL("instrument.expiry")),
    Cell("Put/Call", SQL("instrument.right"), is_text=True),
)
_EXECUTION = (
    Cell("IBOrderID", SQL("execution.perm_id")),
    _text("IBExecID", "execution.exec_id"),
    # As JSON it is ISO 8601 with its offset, in quotation marks.
    Cell("DateTime", SQL("to_json(execution.executed_at)")),
    Cell("TradeDate", _TRADE_DATE),
    Cell("Buy/Sell", SQL("execution.side"), is_text=True),
    Cell("Quantity", plain(_QUANTITY)),
    Cell("TradePrice", plain(SQL("execution.price"))),
    Cell("TradeMoney", plain(_TRADE_MONEY)),
    Cell("Proceeds", plain(_PROCEEDS)),
    Cell("IBCommission", plain(SQL("-execution.commission"))),
    _text("IBCommissionCurrency", "execution.commission_currency"),
    Cell("NetCash", plain(_NET_CASH)),
    _text("OrderReference", "execution.order_ref"),
    _text("Exchange", "execution.exchange"),
    _text("OrderType", '"order".order_type'),
    Cell("LevelOfDetail", "EXECUTION", is_text=True),
)
NAMES = [cell.name for cell in (*_ACCOUNT, *_INSTRUMENT, *_EXECUTION)]


async def chunks(copying: Copying, selection: Selection) -> AsyncIterator[bytes]:
    zones = await copying.value(_ALL_ZONES)
    line = [*_row(_ACCOUNT), ",", SQL("instrument.cells"), ",", *_row(_EXECUTION), END_OF_LINE]
    rows = lines.chunks(copying, line, selection, once=_once(zones))
    first = await anext(rows, b"")
    yield ",".join(NAMES).encode() + END_OF_LINE.encode() + first
    async for chunk in rows:
        yield chunk


def _row(cells: Iterable[Cell]) -> list[Piece]:
    return [piece for cell in cells for piece in (",", *cell.pieces())][1:]


def _once(zones: Sequence[str]) -> list[Column]:
    """`zones`: the time zones that the database knows; it ends a statement that names another."""
    known = SQL("CASE WHEN instrument.time_zone = ANY({}) THEN instrument.time_zone END").format(Literal(list(zones)))
    return [
        ("cells", lines.joined(_row(_INSTRUMENT))),
        ("currency", SQL("instrument.currency")),
        ("time_zone", known),
        ("factor", _FACTOR),
    ]
