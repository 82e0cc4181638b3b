"""Our CSV's names and values, judged by an independent reader of IB's Flex."""

from __future__ import annotations

import json
import subprocess
from datetime import date
from decimal import Decimal

import pytest

from brokers.domain import OrderSide
from tests.conformance.environments import ROOT, python_of
from tests.webapp.trading.examples import commission, execution
from tests.webapp.trading.test_exports import exported, exported_file
from webapp.accounts.models import BrokerAccount
from webapp.trading import fills
from webapp.trading.models import Instrument

pytestmark = pytest.mark.django_db(transaction=True)

NUMBERS = ("Quantity", "TradePrice", "TradeMoney", "Proceeds", "IBCommission", "NetCash", "Multiplier", "Strike")


def test_a_reader_of_flex_knows_every_column_and_reads_what_stands_there(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    Instrument.objects.update(
        security_type="OPT", multiplier=Decimal(100), strike=Decimal("192.5"), expiry=date(2026, 1, 16), right="C"
    )
    for number, side in enumerate(OrderSide):
        exec_id = f"0000e0d5.6a1b2c3{number}.01.01"
        fills.record_execution(account_id=ready_account.pk, report=execution(exec_id=exec_id, side=side))
    fills.record_commission(account_id=ready_account.pk, report=commission(exec_id=exec_id))
    ours = exported(ready_account)
    read = [json.loads(line) for line in as_flex(exported_file(ready_account)).splitlines()]
    assert len(read) == len(ours) == 2
    for row, trade in zip(ours, read, strict=True):
        assert trade["DateTime"] + "+00:00" == row["DateTime"].replace("T", " ")
        assert [trade[name] and Decimal(trade[name]) for name in NUMBERS] == [
            Decimal(row[name]) if row[name] else None for name in NUMBERS
        ]
        others = row.keys() - {"DateTime", *NUMBERS}
        assert {name: trade[name] or "" for name in others} == {name: row[name] for name in others}


def as_flex(file: bytes) -> str:
    command = [str(python_of("ibflex2")), "-m", "tests.conformance.flex_reader"]
    done = subprocess.run(command, cwd=ROOT, input=file, check=False, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()
