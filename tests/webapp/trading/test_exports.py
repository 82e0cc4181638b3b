from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas
import psycopg
import pyarrow
import pyarrow.parquet
import pytest
from asgiref.sync import async_to_sync
from django.test import RequestFactory
from psycopg.sql import Composed

from brokers.domain import OrderSide
from tests.webapp.trading.examples import EXEC_ID, NOON, commission, execution, placed, update
from webapp.accounts.models import BrokerAccount
from webapp.trading import exports, fills, orders
from webapp.trading.exports import Format, copying, flex, parquet, responses
from webapp.trading.models import Instrument

# An export reads on a connection of its own, which sees what is committed.
pytestmark = pytest.mark.django_db(transaction=True)

FLEX_NAMES = [
    "ClientAccountID",
    "CurrencyPrimary",
    "AssetClass",
    "Symbol",
    "Description",
    "Conid",
    "SecurityID",
    "ISIN",
    "ListingExchange",
    "UnderlyingConid",
    "TradeID",
    "Multiplier",
    "Strike",
    "Expiry",
    "Put/Call",
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
    "LevelOfDetail",
]
# The trading API doesn't carry these.
UNKNOWN = ("SecurityID", "TradeID")


def exported_file(account: BrokerAccount, wanted: Format = Format.CSV, **selection: Any) -> bytes:
    chosen = exports.selected(user=account.user, account=account, **selection)
    response = exports.fills_response(
        RequestFactory().get("/"), chosen, user=account.user, wanted=wanted, filename="fills"
    )
    return b"".join(response.streaming_content)  # type: ignore[arg-type]


def exported(account: BrokerAccount) -> list[dict[str, str]]:
    text = exported_file(account).decode()
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def trade(account: BrokerAccount, **changes: Any) -> None:
    fills.record_execution(account_id=account.pk, report=execution(**changes))


def test_the_columns_are_flex_names_in_flex_order() -> None:
    assert [name for name in FLEX_NAMES if name not in UNKNOWN] == flex.NAMES


def test_a_purchase_with_its_commission(ready_account: BrokerAccount, aapl: Instrument) -> None:
    order = placed(ready_account)
    orders.apply_update(account_id=ready_account.pk, update=update(order))
    fills.record_execution(account_id=ready_account.pk, report=execution(order))
    fills.record_commission(account_id=ready_account.pk, report=commission())
    assert exported(ready_account) == [
        {
            "ClientAccountID": "DU1000001",
            "CurrencyPrimary": "USD",
            "AssetClass": "STK",
            "Symbol": "AAPL",
            "Description": "APPLE INC",
            "Conid": "265598",
            "ISIN": "",
            "ListingExchange": "NASDAQ",
            "UnderlyingConid": "",
            "Multiplier": "1",
            "Strike": "",
            "Expiry": "",
            "Put/Call": "",
            "IBOrderID": "900",
            "IBExecID": EXEC_ID,
            "DateTime": "2026-01-05T12:00:00+00:00",
            "TradeDate": "2026-01-05",
            "Buy/Sell": "BUY",
            "Quantity": "10",
            "TradePrice": "190.5",
            "TradeMoney": "1905",
            "Proceeds": "-1905",
            "IBCommission": "-1.07",
            "IBCommissionCurrency": "USD",
            "NetCash": "-1906.07",
            "OrderReference": str(order.client_order_id),
            "Exchange": "NASDAQ",
            "OrderType": "LMT",
            "LevelOfDetail": "EXECUTION",
        }
    ]


def test_a_sale_has_a_negative_quantity_and_positive_proceeds(ready_account: BrokerAccount, aapl: Instrument) -> None:
    trade(ready_account, side=OrderSide.SELL)
    fills.record_commission(account_id=ready_account.pk, report=commission())
    (row,) = exported(ready_account)
    assert [row[name] for name in ("Buy/Sell", "Quantity", "TradeMoney", "Proceeds", "NetCash")] == [
        "SELL",
        "-10",
        "-1905",
        "1905",
        "1903.93",
    ]


def test_what_is_not_known_is_empty_and_never_zero(ready_account: BrokerAccount, aapl: Instrument) -> None:
    Instrument.objects.update(time_zone=None)
    trade(ready_account, perm_id=None)
    (row,) = exported(ready_account)
    unknown = ("IBCommission", "IBCommissionCurrency", "NetCash", "TradeDate", "IBOrderID", "OrderType")
    assert [row[name] for name in unknown] == [""] * len(unknown)
    assert row["Proceeds"] == "-1905"


def test_a_rebate_is_positive(ready_account: BrokerAccount, aapl: Instrument) -> None:
    trade(ready_account)
    fills.record_commission(account_id=ready_account.pk, report=commission(commission=Decimal("-0.20")))
    (row,) = exported(ready_account)
    assert (row["IBCommission"], row["NetCash"]) == ("0.2", "-1904.8")


def test_two_currencies_make_no_net_cash(ready_account: BrokerAccount, aapl: Instrument) -> None:
    trade(ready_account)
    fills.record_commission(account_id=ready_account.pk, report=commission(currency="EUR"))
    (row,) = exported(ready_account)
    assert (row["IBCommission"], row["IBCommissionCurrency"], row["NetCash"]) == ("-1.07", "EUR", "")


def test_a_future_multiplies(ready_account: BrokerAccount, aapl: Instrument) -> None:
    Instrument.objects.update(security_type="FUT", multiplier=Decimal(50))
    trade(ready_account, quantity=Decimal(2), price=Decimal("5000.25"))
    (row,) = exported(ready_account)
    assert (row["Multiplier"], row["TradeMoney"]) == ("50", "500025")


def test_a_price_in_pence_comes_to_pounds(ready_account: BrokerAccount, aapl: Instrument) -> None:
    Instrument.objects.update(price_magnifier=100, isin="GB00BH4HKS39")
    trade(ready_account, quantity=Decimal(200), price=Decimal("72.46"))
    (row,) = exported(ready_account)
    assert (row["ISIN"], row["TradePrice"], row["TradeMoney"]) == ("GB00BH4HKS39", "72.46", "144.92")


def test_a_contract_whose_multiplier_nobody_told_has_no_money(ready_account: BrokerAccount, aapl: Instrument) -> None:
    Instrument.objects.update(security_type="OPT")
    trade(ready_account)
    (row,) = exported(ready_account)
    assert [row[name] for name in ("Multiplier", "TradeMoney", "Proceeds", "NetCash")] == [""] * 4


def test_the_trade_date_is_the_exchanges_day(ready_account: BrokerAccount, aapl: Instrument) -> None:
    trade(ready_account, at=NOON.replace(hour=3))
    (row,) = exported(ready_account)
    assert (row["DateTime"], row["TradeDate"]) == ("2026-01-05T03:00:00+00:00", "2026-01-04")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", ""])
def test_a_time_zone_that_nobody_knows_gives_no_trade_date(
    ready_account: BrokerAccount, aapl: Instrument, zone: str
) -> None:
    Instrument.objects.update(time_zone=zone)
    trade(ready_account)
    assert exported(ready_account)[0]["TradeDate"] == ""


def test_large_amounts_are_exact(ready_account: BrokerAccount, aapl: Instrument) -> None:
    quantity, price = Decimal("123456789012345678.0000000001"), Decimal("98765.4321000001")
    trade(ready_account, quantity=quantity, price=price)
    (row,) = exported(ready_account)
    assert Fraction(row["TradeMoney"]) == Fraction(quantity) * Fraction(price)
    assert row["Proceeds"] == "-" + row["TradeMoney"]


def test_lines_end_and_cells_are_quoted_by_the_rfc(ready_account: BrokerAccount, aapl: Instrument) -> None:
    Instrument.objects.update(long_name='APPLE, "THE" INC')
    trade(ready_account)
    raw = exported_file(ready_account)
    assert raw.count(b"\r\n") == 2
    assert raw.count(b"\n") == 2
    assert raw.endswith(b"\r\n")
    assert b',"APPLE, ""THE"" INC",' in raw


def test_no_fills_are_a_header(ready_account: BrokerAccount) -> None:
    assert exported_file(ready_account) == ",".join(flex.NAMES).encode() + b"\r\n"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_text_that_a_spreadsheet_would_compute_is_escaped_and_numbers_are_not(
    ready_account: BrokerAccount, aapl: Instrument, start: str
) -> None:
    Instrument.objects.update(long_name=f"{start}cmd|' /C calc'!A0")
    trade(ready_account, order_ref=f"{start}1+1", side=OrderSide.SELL, exchange=f"{start}X", exec_id=f"{start}1")
    (row,) = exported(ready_account)
    texts = ("Description", "OrderReference", "Exchange", "IBExecID")
    assert all(row[name].startswith(f"'{start}") for name in texts)
    assert row["Quantity"] == "-10"


def test_any_text_reads_back_letter_for_letter(ready_account: BrokerAccount, aapl: Instrument) -> None:
    text = 'one\ntwo\r\nthree, "four"; \\. \\N \x01\x02 \u00e9\U0001f600'
    Instrument.objects.update(long_name=text)
    trade(ready_account, order_ref="\\.")
    (row,) = exported(ready_account)
    assert (row["Description"], row["OrderReference"]) == (text, "\\.")


def test_a_correction_replaces_what_it_corrects(ready_account: BrokerAccount, aapl: Instrument) -> None:
    trade(ready_account)
    fixed = replace(execution(), exec_id=EXEC_ID[:-1] + "2", price=Decimal(190))
    fills.record_execution(account_id=ready_account.pk, report=fixed)
    assert [row["TradePrice"] for row in exported(ready_account)] == ["190"]


@pytest.mark.parametrize(
    ("ids", "stands"),
    [
        (["0000e0d5.6a1b2c3d.01.01", "0000e0d5.6a1b2c3d.01.02", "0000e0d5.6a1b2c3d.01.03"], [2]),
        (["0000e0d5.6a1b2c3d.01.00", "0000e0d5.6a1b2c3d.01.01"], [1]),
        (["0000e0d5.6a1b2c3d.01.01", "0000e0d5.6a1b2c3d.02.02"], [0, 1]),
        (["odd", "odder"], [0, 1]),
    ],
)
def test_what_stands_here_is_what_stands_on_the_page(
    ready_account: BrokerAccount, aapl: Instrument, ids: list[str], stands: list[int]
) -> None:
    for exec_id in ids:
        trade(ready_account, exec_id=exec_id)
    assert sorted(row["IBExecID"] for row in exported(ready_account)) == [ids[index] for index in stands]
    assert {fill.exec_id for fill in fills.of(ready_account.user)} == {ids[index] for index in stands}


def test_an_option_says_what_it_is_of(ready_account: BrokerAccount, aapl: Instrument) -> None:
    Instrument.objects.update(
        security_type="OPT",
        multiplier=Decimal(100),
        strike=Decimal("192.5"),
        expiry=date(2026, 1, 16),
        right="C",
        under_con_id=265598,
    )
    trade(ready_account)
    (row,) = exported(ready_account)
    terms = ("UnderlyingConid", "Multiplier", "Strike", "Expiry", "Put/Call", "TradeMoney")
    assert [row[name] for name in terms] == ["265598", "100", "192.5", "2026-01-16", "C", "190500"]


def many(account: BrokerAccount, count: int) -> None:
    """Purchases and sales in turn, a third of them without a commission yet."""
    for number in range(count):
        exec_id = f"0000e0d5.6a1b{number:04x}.01.01"
        side = OrderSide.SELL if number % 2 else OrderSide.BUY
        price = Decimal("190.05") + number
        trade(account, exec_id=exec_id, side=side, price=price, at=NOON + timedelta(seconds=number))
        if number % 3:
            report = commission(exec_id=exec_id, commission=Decimal("1.07"))
            fills.record_commission(account_id=account.pk, report=report)


def test_json_lines_are_the_items_of_the_api(ready_account: BrokerAccount, aapl: Instrument) -> None:
    Instrument.objects.update(display_symbol='A "B" \\ \n \x01\x02 \u00e9')
    order = placed(ready_account)
    orders.apply_update(account_id=ready_account.pk, update=update(order))
    fills.record_execution(account_id=ready_account.pk, report=execution(order))
    many(ready_account, 5)
    lines = exported_file(ready_account, Format.JSON_LINES).decode().removesuffix("\n").split("\n")
    expected = [{"account": str(ready_account.pk), **fills.as_body(fill)} for fill in fills.of(ready_account.user)]
    for fill in expected:
        del fill["name"]  # for people; a program has the con_id and the symbol
    assert [json.loads(line) for line in lines] == expected
    assert len(lines) == 6


def test_parquet_holds_decimals_and_moments_and_null_for_what_is_not_known(
    ready_account: BrokerAccount, aapl: Instrument, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "ROWS_OF_A_GROUP", 4)
    monkeypatch.setattr(copying, "BYTES_AT_ONCE", 1)
    many(ready_account, 10)
    file = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(exported_file(ready_account, Format.PARQUET)))
    assert file.num_row_groups == 3
    kinds = {field.name: str(field.type) for field in file.schema_arrow}
    amount = "decimal128(28, 10)"
    assert (kinds["price"], kinds["commission"], kinds["executed_at"]) == (amount, amount, "timestamp[us, tz=UTC]")
    rows = file.read().to_pylist()
    for row, fill in zip(rows, fills.of(ready_account.user), strict=True):
        body = fills.as_body(fill)
        assert (row["price"], row["quantity"], row["executed_at"]) == (fill.price, fill.quantity, fill.executed_at)
        assert row["commission"] == (None if body["commission"] is None else Decimal(body["commission"]))
        assert (row["exec_id"], row["client_order_id"], row["exchange"]) == (fill.exec_id, None, fill.exchange)


@pytest.mark.parametrize("wanted", list(Format))
def test_rows_leave_in_the_order_of_an_index_and_are_not_sorted(ready_account: BrokerAccount, wanted: Format) -> None:
    with psycopg.connect(autocommit=True, **copying.parameters()) as connection:
        plan = "\n".join(row[0] for row in connection.execute(b"EXPLAIN " + query_of(ready_account, wanted)))
    assert "executions_newest_first" in plan
    assert "Sort" not in plan
    assert "Hash" not in plan


class Begun(Exception):
    pass


class Statements(copying.Copying):
    """Says which statement it was to begin."""

    async def begin(self, statement: Composed) -> None:
        raise Begun(statement.as_string())


def query_of(account: BrokerAccount, wanted: Format) -> bytes:
    """What is within the parentheses of the format's COPY."""
    selection = exports.selected(user=account.user)
    copies = Statements()
    chunks = responses._CHUNKS[wanted](copies, selection)

    async def first() -> bytes:
        return await anext(chunks)

    with pytest.raises(Begun) as begun:
        async_to_sync(first)()
    copies.end()
    statement = str(begun.value)
    return statement[statement.index("(") + 1 : statement.rindex(") TO STDOUT")].encode()


@pytest.mark.parametrize("wanted", [Format.JSON_LINES, Format.PARQUET])
def test_no_fills_are_an_empty_file(ready_account: BrokerAccount, wanted: Format) -> None:
    content = exported_file(ready_account, wanted)
    if wanted is Format.PARQUET:
        assert pyarrow.parquet.read_table(pyarrow.BufferReader(content)).num_rows == 0
    else:
        assert content == b""


def test_pandas_reads_the_csv_and_its_sums_are_the_rows_sums(ready_account: BrokerAccount, aapl: Instrument) -> None:
    many(ready_account, 12)
    table = pandas.read_csv(io.BytesIO(exported_file(ready_account)), parse_dates=["DateTime", "TradeDate"])
    assert str(table.dtypes["DateTime"]).endswith("UTC]")
    numbers = ["Conid", "Multiplier", "Quantity", "TradePrice", "TradeMoney", "Proceeds", "IBCommission", "NetCash"]
    assert [name for name in numbers if not pandas.api.types.is_numeric_dtype(table.dtypes[name])] == []
    rows = list(fills.of(ready_account.user))
    signed = [fill.quantity * OrderSide(fill.side).sign for fill in rows]
    money = sum(quantity * fill.price for quantity, fill in zip(signed, rows, strict=True))
    assert table["Quantity"].sum() == float(sum(signed))
    assert table["Proceeds"].sum() == pytest.approx(float(-money))
    assert table["IBCommission"].count() == 8
    assert table["IBCommission"].sum() == pytest.approx(-8 * 1.07)
    assert table["NetCash"].notna().equals(table["IBCommission"].notna())


def test_another_users_account_gives_nothing(ready_account: BrokerAccount, aapl: Instrument, bob: Any) -> None:
    trade(ready_account)
    assert exports.selected(user=bob, account=ready_account).account_ids == ()
    assert exports.selected(user=bob).account_ids == ()


def test_a_user_of_whom_there_is_no_account_gets_the_header_alone(bob: Any) -> None:
    chosen = exports.selected(user=bob)
    response = exports.fills_response(RequestFactory().get("/"), chosen, user=bob, wanted=Format.CSV, filename="fills")
    assert b"".join(response.streaming_content).count(b"\r\n") == 1  # type: ignore[arg-type]
