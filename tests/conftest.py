"""People and things that most tests start from.

alice owns a paper account; bob owns nothing and may see nothing of hers; charlie is a person of a test's own.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings as django_settings
from hypothesis import settings as hypothesis_settings

from brokers.domain import SecurityType, SessionState, TradingMode
from deploy.local.processes import became_true
from tests.services import ROOT, write_keysets

SIMULATOR_DEADLINE = 20.0

# The machines are shared: how long an example takes says nothing about it.
hypothesis_settings.register_profile("shared", deadline=None)
hypothesis_settings.load_profile("shared")


def pytest_configure() -> None:
    # Hundreds of tests make users; the real one takes half a second each, on purpose.
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@dataclass(frozen=True, slots=True)
class Simulator:
    """A simulated gateway of this test's own, logged in as `demo`."""

    host: str
    port: int
    ledger: Path
    process: subprocess.Popen[bytes]

    def rows(self, kind: str | None = None) -> list[dict[str, Any]]:
        """What it saw, oldest first; a line that is still being written is left out."""
        if not self.ledger.exists():
            return []
        lines = self.ledger.read_text().splitlines(keepends=True)
        rows = [json.loads(line) for line in lines if line.endswith("\n")]
        return [row for row in rows if kind is None or row.get("kind") == kind]


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    ledger, log = tmp_path / "ledger.jsonl", tmp_path / "simulator.log"
    command = [sys.executable, "-m", "brokers.simulator", "--port", "0", "--seed", "7", "--ledger", str(ledger)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
    try:
        port = listening_port(process, log)
        yield Simulator(host="127.0.0.1", port=port, ledger=ledger, process=process)
    finally:
        end(process)


def listening_port(process: subprocess.Popen[bytes], log: Path) -> int:
    def said() -> list[str]:
        return [line for line in log.read_text().splitlines(keepends=True) if "listening on " in line and "\n" in line]

    became_true(lambda: bool(said()) or process.poll() is not None, deadline=SIMULATOR_DEADLINE)
    if not said():
        pytest.fail(f"the simulator did not start:\n{log.read_text()}")
    return int(said()[0].rstrip().rpartition(":")[2])


def end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


@pytest.fixture(autouse=True)
def empty_redis(request: pytest.FixtureRequest) -> Iterator[None]:
    """Redis as a test finds it is empty. A test that never reached it pays nothing for this."""
    yield
    if "webapp.bus.redis" in sys.modules:
        import redis

        client = redis.Redis.from_url(os.environ["GATEHOUSE_REDIS_URL"])
        try:
            client.flushall()
        finally:
            client.close()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """A test that commits leaves its rows to be truncated, which the audit log refuses."""
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER audit_no_truncate")


@pytest.fixture
def alice(db: None) -> Any:
    return user_named("alice")


@pytest.fixture
def bob(db: None) -> Any:
    return user_named("bob")


def user_named(name: str) -> Any:
    from webapp.accounts.models import User

    return User.objects.create_user(username=name, password=f"{name}-password")


@pytest.fixture
def account(alice: Any) -> Any:
    """alice's paper account. Its session has never been started."""
    from webapp.accounts.models import BrokerAccount, GatewaySession

    row = BrokerAccount.objects.create(user=alice, name="Paper", trading_mode=TradingMode.PAPER.value)
    GatewaySession.objects.create(account=row)
    return row


@pytest.fixture
def ready_account(account: Any) -> Any:
    """The same account with its session READY, as a worker would have left it."""
    from webapp.accounts.models import GatewaySession

    account.account_codes = ["DU1000001"]
    account.may_trade = True
    account.save()
    account.session.desired_state = GatewaySession.Desired.RUNNING
    account.session.state = SessionState.READY.value
    account.session.save()
    return account


@pytest.fixture
def aapl(db: None) -> Any:
    return instrument_row(
        con_id=265598,
        symbol="AAPL",
        local_symbol="AAPL",
        display_symbol="AAPL",
        security_type=SecurityType.STK.value,
        exchange="SMART",
        primary_exchange="NASDAQ",
        currency="USD",
        long_name="APPLE INC",
        price_increment=Decimal("0.01"),
        trading_class="NMS",
        valid_exchanges=["SMART", "NASDAQ"],
        time_zone="America/New_York",
    )


@pytest.fixture
def eurusd(db: None) -> Any:
    return instrument_row(
        con_id=12087792,
        symbol="EUR",
        local_symbol="EUR.USD",
        display_symbol="EUR.USD",
        security_type=SecurityType.CASH.value,
        exchange="IDEALPRO",
        primary_exchange="",
        currency="USD",
        long_name="European Monetary Union Euro",
        price_increment=Decimal("0.00005"),
        trading_class="EUR.USD",
        valid_exchanges=["IDEALPRO"],
        time_zone="America/New_York",
    )


def instrument_row(**values: Any) -> Any:
    from webapp.trading.models import Instrument

    return Instrument.objects.create(**{"size_increment": Decimal(1), "min_size": Decimal(1), **values})


@pytest.fixture
def keysets(tmp_path: Path, settings: Any) -> SimpleNamespace:
    """A fresh pair of keysets; Django's settings point to it."""
    pair = SimpleNamespace(public=tmp_path / "keys" / "public.json", private=tmp_path / "keys" / "private.json")
    pair.public.parent.mkdir(mode=0o700)
    write_keysets(pair.public, pair.private)
    settings.PUBLIC_KEYSET, settings.PRIVATE_KEYSET = pair.public, pair.private
    return pair


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Like `tmp_path`, and open to PostgreSQL's own user: pytest closes its folders to others whenever a run starts."""
    folder = Path(tempfile.mkdtemp(prefix="", dir=os.environ["GATEHOUSE_VAR"]))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
