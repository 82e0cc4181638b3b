"""CSV in the names and signs of IB's Flex trade report, which accountants' importers read.

RFC 4180: commas, CRLF, quotation marks doubled. One row per execution; importers drop repeats by IBExecID.

Signs are Flex's: Quantity and TradeMoney are negative for a sale, Proceeds the other way round, IBCommission negative
for a cost. A cell is empty where nobody has told us: the commission until IB reported it, NetCash until then and when
the commission is in another currency than the trade, money columns when the contract's multiplier is unknown, TradeDate
when the instrument's time zone is.

Columns of Flex that the trading API doesn't carry are left out rather than filled with a guess: SecurityID, TradeID,
TransactionID, SettleDate, taxes and FifoPnlRealized. TradePrice is as quoted, which may be in pence; TradeMoney and
what follows are money. Conid identifies the instrument, IBExecID the trade, and IBOrderID is the API's permId.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from psycopg.sql import SQL, Composable, Composed, Literal

from webapp.trading.exports.copying import Copying
from webapp.trading.exports.selection import Selection
from webapp.trading.exports.spreadsheets import FORMULA_STARTS
from webapp.trading.exports.statements import Column, copy_to_stdout, moment, plain
from webapp.trading.money import UNITS

END_OF_LINE = b"\r\n"

_ALL_ZONES = SQL("SELECT array_agg(name) FROM pg_timezone_names")

_QUANTITY = SQL("CASE execution.side WHEN 'SELL' THEN -execution.quantity ELSE execution.quantity END")
_REVERSE = SQL("CASE execution.side WHEN 'SELL' THEN execution.quantity ELSE -execution.quantity END")
# IB leaves the multiplier of what is counted in units empty, and Flex prints 1.
_MULTIPLIER = SQL(
    "coalesce(instrument.multiplier, CASE WHEN instrument.security_type = ANY({units}) THEN 1 END)"
).format(units=Literal(sorted(kind.value for kind in UNITS)))
# Dividing the multiplier first is exact: magnifiers are powers of ten. Most are 1, and a division costs as much as the
# rest of a row's arithmetic.
_FACTOR = SQL(
    "CASE WHEN instrument.price_magnifier = 1 THEN {multiplier} ELSE {multiplier} / instrument.price_magnifier END"
).format(multiplier=_MULTIPLIER)
_MONEY = SQL("{} * execution.price * {}").format(_QUANTITY, _FACTOR)
_PROCEEDS = SQL("{} * execution.price * {}").format(_REVERSE, _FACTOR)
# What moved in the trade's currency. Two currencies make no sum.
_NET_CASH = SQL(
    "CASE WHEN commission.currency = instrument.currency THEN {proceeds} - commission.commission END"
).format(proceeds=_PROCEEDS)


async def chunks(copying: Copying, selection: Selection) -> AsyncIterator[bytes]:
    zones = await copying.value(_ALL_ZONES)
    columns = columns_with(zones)
    await copying.begin(copy_to_stdout(columns, selection, SQL("FORMAT csv")))
    yield ",".join(name for name, _ in columns).encode() + END_OF_LINE
    while rows := await copying.rows():
        yield END_OF_LINE.join([*(row[:-1] for row in rows), b""])


def columns_with(zones: Sequence[str]) -> list[Column]:
    """`zones`: the time zones that the database knows; it ends a statement that names another."""
    return [
        ("ClientAccountID", _text(SQL("execution.account_code"))),
        ("CurrencyPrimary", _text(SQL("instrument.currency"))),
        ("AssetClass", _text(SQL("instrument.security_type"))),
        ("Symbol", _text(SQL("instrument.display_symbol"))),
        ("Description", _text(SQL("instrument.long_name"))),
        ("Conid", SQL("instrument.con_id")),
        ("ISIN", _text(SQL("instrument.isin"))),
        ("ListingExchange", _text(SQL("instrument.primary_exchange"))),
        ("UnderlyingConid", SQL("instrument.under_con_id")),
        ("Multiplier", plain(_MULTIPLIER)),
        ("Strike", plain(SQL("instrument.strike"))),
        ("Expiry", SQL("instrument.expiry")),
        ("Put/Call", SQL("nullif(instrument.right, '')")),
        ("IBOrderID", SQL("execution.perm_id")),
        ("IBExecID", _text(SQL("execution.exec_id"))),
        ("DateTime", moment(SQL("execution.executed_at"))),
        ("TradeDate", _trade_date(zones)),
        ("Buy/Sell", SQL("execution.side")),
        ("Quantity", plain(_QUANTITY)),
        ("TradePrice", plain(SQL("execution.price"))),
        ("TradeMoney", plain(_MONEY)),
        ("Proceeds", plain(_PROCEEDS)),
        ("IBCommission", plain(SQL("-commission.commission"))),
        ("IBCommissionCurrency", _text(SQL("commission.currency"))),
        ("NetCash", plain(_NET_CASH)),
        ("OrderReference", _text(SQL("execution.order_ref"))),
        ("Exchange", _text(SQL("execution.exchange"))),
        ("OrderType", _text(SQL('"order".order_type'))),
        ("LevelOfDetail", SQL("'EXECUTION'")),
    ]


def _text(value: Composable) -> Composed:
    """An apostrophe in front of what a spreadsheet would compute; the text itself otherwise. Empty is unquoted.

    Most texts begin with a letter, and are through with one comparison.
    """
    starts = [ord(letter) for letter in FORMULA_STARTS]
    return SQL(
        "CASE WHEN ascii({value}) > {last} THEN {value} "
        "WHEN ascii({value}) = ANY({starts}) THEN chr(39) || {value} ELSE nullif({value}, '') END"
    ).format(value=value, starts=Literal(starts), last=Literal(max(starts)))


def _trade_date(zones: Sequence[str]) -> Composed:
    """The exchange's calendar day. In a zone that isn't known the day isn't either; the moment is in DateTime."""
    return SQL(
        "CASE WHEN instrument.time_zone = ANY({zones}) "
        "THEN (execution.executed_at AT TIME ZONE instrument.time_zone)::date END"
    ).format(zones=Literal(list(zones)))
