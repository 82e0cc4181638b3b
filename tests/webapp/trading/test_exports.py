from __future__ import annotations

import csv
import io
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from brokers.domain import OrderSide
from tests.webapp.trading.examples import EXEC_ID, NOON, commission, execution, placed, update
from webapp.accounts.models import BrokerAccount
from webapp.trading import exports, fills, orders
from webapp.trading.models import Execution, Instrument

pytestmark = pytest.mark.django_db

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
    "Multiplier",
    "TradeID",
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
]
# The trading API doesn't carry these.
UNKNOWN = ("SecurityID", "TradeID")


def exported(account: BrokerAccount) -> list[dict[str, str]]:
    text = b"".join(exports.fills_csv(fills.of(account.user, account))).decode()
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def trade(account: BrokerAccount, **changes: Any) -> None:
    fills.record_execution(account_id=account.pk, report=execution(**changes))


def test_the_columns_are_flex_names_in_flex_order() -> None:
    assert list(exports.COLUMNS) == [name for name in FLEX_NAMES if name not in UNKNOWN]


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
            "Multiplier": "1",
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
    raw = b"".join(exports.fills_csv(fills.of(ready_account.user)))
    assert raw.count(b"\r\n") == 2
    assert raw.count(b"\n") == 2
    assert raw.endswith(b"\r\n")
    assert b',"APPLE, ""THE"" INC",' in raw


def test_no_fills_are_a_header(ready_account: BrokerAccount) -> None:
    assert b"".join(exports.fills_csv(fills.of(ready_account.user))) == ",".join(exports.COLUMNS).encode() + b"\r\n"


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


@given(st.lists(st.lists(st.text(), min_size=2, max_size=4), min_size=1))
def test_any_text_reads_back_and_no_cell_computes(rows: list[list[str]]) -> None:
    safe = [[exports.safe_text(text) for text in row] for row in rows]
    text = exports.encoded(safe).decode()
    read = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert read == safe
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for row in read for cell in row)
    assert [[cell.removeprefix("'") for cell in row] for row in read] == [
        [text.removeprefix("'") for text in row] for row in rows
    ]


def many(account: BrokerAccount, instrument: Instrument, count: int) -> None:
    report = execution()
    Execution.objects.bulk_create(
        Execution(
            account=account,
            exec_id=f"fill-{number}",
            trade_key=f"fill-{number}",
            account_code="DU1000001",
            instrument=instrument,
            side="BUY",
            quantity=report.quantity,
            price=report.price,
            executed_at=NOON,
        )
        for number in range(count)
    )


def test_rows_leave_while_the_rest_is_still_at_the_server(
    ready_account: BrokerAccount, aapl: Instrument, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 10)
    many(ready_account, aapl, 25)
    chunks = exports.fills_csv(fills.of(ready_account.user))
    assert next(chunks).startswith(b"ClientAccountID,")
    assert next(chunks).count(b"\r\n") == 10
    assert open_cursors() == 1
    assert [chunk.count(b"\r\n") for chunk in chunks] == [10, 5]
    assert open_cursors() == 0


def test_a_reader_that_leaves_half_way_leaves_no_cursor_behind(
    ready_account: BrokerAccount, aapl: Instrument, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "ROWS_AT_ONCE", 10)
    many(ready_account, aapl, 25)
    chunks = exports.fills_csv(fills.of(ready_account.user))
    next(chunks)
    next(chunks)
    assert open_cursors() == 1
    chunks.close()
    assert open_cursors() == 0


def open_cursors() -> int:
    """Named ones of this session; the one that asks has no name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_cursors WHERE name LIKE '_django_curs_%%'")
        return int(cursor.fetchone()[0])


def test_a_correction_replaces_what_it_corrects(ready_account: BrokerAccount, aapl: Instrument) -> None:
    trade(ready_account)
    fixed = replace(execution(), exec_id=EXEC_ID[:-1] + "2", price=Decimal(190))
    fills.record_execution(account_id=ready_account.pk, report=fixed)
    assert [row["TradePrice"] for row in exported(ready_account)] == ["190"]
