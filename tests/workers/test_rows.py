from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from django.db import DataError, OperationalError, connection
from django.db.models.functions import Now

from webapp.accounts.models import BrokerAccount, GatewaySession
from workers import leases
from workers.database import Database
from workers.leases import Lease
from workers.rows import RowWriter, Write

pytestmark = pytest.mark.django_db(transaction=True)

DEADLINE = 10


class Written:
    """What reached the database, in order, and what was told of the rest."""

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.refusals = 0
        self.may_write = True

    def row(self, number: int) -> Write:
        return Write(f"row {number}", lambda: self.rows.append(number))

    def on_refused(self) -> None:
        self.refusals += 1


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.fixture
def lease(account: BrokerAccount) -> Lease:
    GatewaySession.objects.filter(account=account).update(desired_state=GatewaySession.Desired.RUNNING)
    lease = leases.claim(account_id=account.pk, owner="worker-1")
    assert lease is not None
    return lease


def taken_over(lease: Lease) -> Lease | None:
    try:
        GatewaySession.objects.filter(account_id=lease.account_id).update(lease_expires_at=Now() - timedelta(seconds=1))
        return leases.claim(account_id=lease.account_id, owner="worker-2")
    finally:
        connection.close()


@pytest.fixture
async def writer(written: Written, lease: Lease) -> AsyncIterator[RowWriter]:
    database = Database(threads=2, name="test")
    writer = RowWriter(
        database,
        account_id=lease.account_id,
        fence=lease.fence,
        may_write=lambda: written.may_write,
        on_refused=written.on_refused,
    )
    running = asyncio.create_task(writer.run())
    yield writer
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await asyncio.to_thread(database.close)


async def test_writes_happen_in_the_order_in_which_they_were_put(writer: RowWriter, written: Written) -> None:
    for number in range(500):
        writer.put(written.row(number))
    await writer.flush(deadline=DEADLINE)
    assert written.rows == list(range(500))


async def test_what_the_database_refuses_is_named_and_the_rest_goes_on(writer: RowWriter, written: Written) -> None:
    def refused() -> None:
        raise DataError("value too long")

    writer.put(written.row(1))
    writer.put(Write("order 2", refused))
    writer.put(written.row(3))
    await writer.flush(deadline=DEADLINE)
    assert written.rows == [1, 3]
    assert written.refusals == 1
    assert writer.take_refused() == ["order 2"]
    assert writer.take_refused() == []


async def test_a_database_that_is_away_for_a_moment_costs_no_write(writer: RowWriter, written: Written) -> None:
    attempts = iter([OperationalError("the server closed the connection"), None])

    def at_the_second_attempt() -> None:
        if (error := next(attempts)) is not None:
            raise error
        written.rows.append(2)

    writer.put(written.row(1))
    writer.put(Write("order 2", at_the_second_attempt))
    writer.put(written.row(3))
    await writer.flush(deadline=DEADLINE)
    assert written.rows == [1, 2, 3]
    assert writer.take_refused() == []


async def test_without_the_lease_nothing_is_written(writer: RowWriter, written: Written) -> None:
    written.may_write = False
    writer.put(written.row(1))
    await writer.flush(deadline=DEADLINE)
    assert written.rows == []


async def test_an_owner_that_slept_through_a_takeover_writes_nothing(
    writer: RowWriter, written: Written, lease: Lease
) -> None:
    await asyncio.to_thread(taken_over, lease)
    writer.put(written.row(1))
    await writer.flush(deadline=DEADLINE)
    assert written.rows == []
    assert writer.take_refused() == []


async def test_a_flush_does_not_wait_for_what_is_put_after_it(writer: RowWriter, written: Written) -> None:
    go_on = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold() -> None:
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(DEADLINE)

    def first() -> None:
        written.rows.append(1)
        loop.call_soon_threadsafe(writer.put, Write("held", hold))

    writer.put(Write("row 1", first))
    await writer.flush(deadline=DEADLINE)
    assert written.rows == [1]
    go_on.set()
    await writer.flush(deadline=DEADLINE)


async def test_a_flush_that_takes_too_long_says_so(writer: RowWriter) -> None:
    go_on = asyncio.Event()
    loop = asyncio.get_running_loop()
    writer.put(Write("slow", lambda: asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(DEADLINE)))
    with pytest.raises(TimeoutError):
        await writer.flush(deadline=0.01)
    go_on.set()
    await writer.flush(deadline=DEADLINE)
