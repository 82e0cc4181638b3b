"""How fast fills leave as a file, beside PostgreSQL's bare COPY: `python -m tests.benchmarks.export --rows 1000000`.

A database and a web server of this benchmark's own. Each round reads the bare COPYs and each kind of file through HTTP,
one after the other, so that the machine's noise meets all; the middle one of the rounds counts. Two COPYs are bare:

* `fills`: the same executions with their instruments and orders, in the same order, as they are stored.
* `table`: the executions' table alone, which holds no names.

Both are read as fast as libpq gives them, and thrown away. The peak memory is a fresh web server's, after one file of
each kind: with a tenth of the rows, and with all.
"""

from __future__ import annotations

import argparse
import http.client
import os
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from deploy.local import services
from deploy.local.processes import LocalError, became_true, spawn
from deploy.local.stack import HOST, ROOT, answers
from tests.benchmarks.report import say
from tests.benchmarks.stage import free_port
from tests.services import environment

ROUNDS = 3
FORMATS = ("csv", "jsonl", "parquet")
FIRST = datetime(2026, 1, 5, 14, 30, tzinfo=UTC)
DEADLINE = 600.0

COLUMNS = (
    "execution.account_code, instrument.currency, instrument.security_type, instrument.display_symbol, "
    "instrument.long_name, instrument.con_id, instrument.isin, instrument.primary_exchange, "
    "instrument.under_con_id, instrument.multiplier, instrument.strike, instrument.expiry, instrument.right, "
    "execution.perm_id, execution.exec_id, execution.executed_at, execution.side, execution.quantity, "
    "execution.price, execution.commission, execution.commission_currency, execution.order_ref, execution.exchange, "
    '"order".order_type'
)

INSTRUMENTS = """
    INSERT INTO trading_instrument (con_id, symbol, local_symbol, display_symbol, security_type, exchange,
        primary_exchange, currency, long_name, price_increment, size_increment, min_size, trading_class,
        valid_exchanges, time_zone, price_rules, price_magnifier, isin, contract_month, "right", is_described,
        updated_at)
    SELECT n, 'S' || n, 'S' || n, 'S' || n, 'STK', 'SMART', 'NASDAQ', 'USD', 'COMPANY NUMBER ' || n || ', INC', 0.01, 1,
        1, 'NMS', '[]', 'America/New_York', '[]', 1, 'US' || lpad(n::text, 10, '0'), '', '', true, now()
    FROM generate_series(1, 500) AS n
"""
EXECUTIONS = """
    INSERT INTO trading_execution (account_id, exec_id, trade_key, revision, order_id, order_ref, perm_id, account_code,
        instrument_id, side, quantity, price, exchange, executed_at, commission, commission_currency, realized_pnl,
        recorded_at)
    SELECT o.account_id, trade || '.01', trade, 1, o.id, o.client_order_id, 1000000 + o.id, 'DU1000001',
        o.instrument_id, o.side, 25, 100 + (n %% 9973) / 100.0, 'NASDAQ', %(first)s + n * interval '1 second',
        CASE WHEN n %% 50 <> 0 THEN 1.07 END, CASE WHEN n %% 50 <> 0 THEN 'USD' END,
        CASE WHEN n %% 50 <> 0 AND n %% 2 = 0 THEN 12.5 END, now()
    FROM (SELECT *, 4 * (row_number() OVER (ORDER BY id) - 1) AS start FROM trading_order) AS o,
        LATERAL (SELECT o.start + part AS n FROM generate_series(0, 3) AS part) AS parts,
        LATERAL (SELECT '0000e0d5.' || lpad(to_hex(n), 8, '0') || '.01' AS trade) AS trades
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Rows a second of the fills export, beside bare COPY.")
    parser.add_argument("--rows", type=int, default=200_000)
    rows = parser.parse_args().rows // 40 * 40
    try:
        with database() as folder:
            token, tenth = filled(rows)
            report(rows, *measured(folder, token, tenth, rows))
    except LocalError as error:
        sys.exit(f"export: {error}")


@contextmanager
def database() -> Iterator[Path]:
    """Its own PostgreSQL and Redis, and Django set up on them. Nothing is left afterwards."""
    (ROOT / "var").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "var", prefix="export-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with services.running(folder, durable=False) as running:
            os.environ.update(environment(folder, running), DJANGO_SETTINGS_MODULE="webapp.settings")
            import django

            django.setup()
            yield folder


def filled(rows: int) -> tuple[str, str]:
    """A token of alice's, and the moment from which on a tenth of her fills were made."""
    from django.core.management import call_command
    from django.db import connection

    from webapp.accounts import tokens
    from webapp.accounts.models import BrokerAccount, User
    from webapp.trading.models import Order

    say(f"Making {rows:,} fills")
    call_command("migrate", verbosity=0)
    alice = User.objects.create_user("alice")
    account = BrokerAccount.objects.create(user=alice, name="Paper", trading_mode="paper")
    with connection.cursor() as cursor:
        cursor.execute(INSTRUMENTS)
        Order.objects.bulk_create(map(partial(order, account), range(rows // 4)), batch_size=5_000)
        cursor.execute(EXECUTIONS, {"first": FIRST})
        cursor.execute("VACUUM ANALYZE")
    return tokens.create(alice, "benchmark"), (FIRST + timedelta(seconds=rows - rows // 10)).isoformat()


def order(account: Any, number: int) -> Any:
    """Filled in four parts."""
    from webapp.trading.models import Order

    side = "SELL" if number % 2 else "BUY"
    made = {"account": account, "client_order_id": uuid.uuid4(), "account_code": "DU1000001", "status": "FILLED"}
    return Order(instrument_id=1 + number % 500, side=side, quantity=100, limit_price=190, **made)


def measured(folder: Path, token: str, tenth: str, rows: int) -> tuple[dict[str, float], int, int]:
    """Seconds by way, and the peaks of the web server's memory in KiB: with a tenth of the rows, and with all."""
    with web(folder, token) as (read, peak):
        for wanted in FORMATS:
            read(wanted, since=tenth)
        small = peak()
    with web(folder, token) as (read, peak):
        ways: dict[str, Callable[[], object]] = {
            "bare fills": lambda: bare(unformatted_fills()),
            "bare table": lambda: bare(TABLE),
        }
        ways |= {wanted: lambda wanted=wanted: read(wanted) for wanted in FORMATS}  # type: ignore[misc]
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(ROUNDS):
            say(f"Round {number + 1} of {ROUNDS}")
            for name, way in ways.items():
                taken[name].append(seconds(way))
        large = peak()
    return {name: statistics.median(times) for name, times in taken.items()}, small, large


@contextmanager
def web(folder: Path, token: str) -> Iterator[tuple[Callable[..., int], Callable[[], int]]]:
    """A fresh web server: a function that reads a file and gives its length, and one that gives its peak memory."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "webapp.asgi:application", "--host", HOST, "--port", str(port)]
    child = spawn(
        "web",
        [*command, "--lifespan", "off", "--no-access-log"],
        log=folder / "log" / "web.log",
        run_folder=folder / "run",
        environment=dict(os.environ),
        folder=ROOT,
    )
    try:
        if not became_true(lambda: answers(port), deadline=60):
            raise LocalError(f"the web server did not start:\n{child.tail()}")
        yield lambda wanted, **query: read_file(port, token, wanted, **query), lambda: peak_of(child.process.pid)
    finally:
        child.stop()


def read_file(port: int, token: str, wanted: str, since: str = "") -> int:
    connection = http.client.HTTPConnection(HOST, port, timeout=DEADLINE)
    address = f"/api/v1/fills/export?format={wanted}" + (f"&since={since.replace('+', '%2B')}" if since else "")
    connection.request("GET", address, headers={"Authorization": f"Bearer {token}"})
    response = connection.getresponse()
    if response.status != 200:
        raise LocalError(f"{wanted} was answered {response.status}: {response.read().decode()}")
    size = sum(iter(lambda: len(response.read(1 << 20)), 0))
    connection.close()
    return size


TABLE = "COPY trading_execution TO STDOUT (FORMAT csv)"


def unformatted_fills() -> str:
    """The export's own rows in its own order, with nothing done to a value."""
    from psycopg.sql import SQL

    from webapp.accounts.models import User
    from webapp.trading.exports import selected, statements

    statement = statements.copy_to_stdout(
        [("fill", SQL(COLUMNS))], selected(user=User.objects.get()), SQL("FORMAT csv")
    )
    return statement.as_string()


def bare(statement: str) -> None:
    from webapp.trading.exports import copying

    with psycopg.connect(autocommit=True, **copying.parameters()) as connection:
        pgconn = connection.pgconn
        pgconn.exec_(statement.encode())
        while pgconn.get_copy_data(0)[0] > 0:
            pass
        while pgconn.get_result():
            pass


def seconds(way: Callable[[], object]) -> float:
    start = time.monotonic()
    way()
    return time.monotonic() - start


def peak_of(pid: int) -> int:
    """KiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


def report(rows: int, taken: dict[str, float], small: int, large: int) -> None:
    say(f"\n{'':12}{'seconds':>9}{'rows/s':>12}{'of bare fills':>15}{'of bare table':>15}")
    for name, time_ in taken.items():
        ratios: list[Any] = [taken["bare fills"] / time_, taken["bare table"] / time_]
        say(f"{name:12}{time_:>9.2f}{rows / time_:>12,.0f}{ratios[0]:>15.2f}{ratios[1]:>15.2f}")
    say(f"\n{rows:,} rows; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    say(f"peak memory of the web server: {small / 1024:.0f} MiB at {rows // 10:,} rows, {large / 1024:.0f} MiB at all")


if __name__ == "__main__":
    main()
