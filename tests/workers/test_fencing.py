from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from tests.workers.conftest import eventually
from webapp.accounts.models import BrokerAccount, GatewaySession
from workers import fencing, leases
from workers.leases import Lease

pytestmark = pytest.mark.django_db(transaction=True)

_WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


@pytest.fixture
def lease(account: BrokerAccount) -> Lease:
    GatewaySession.objects.filter(account=account).update(desired_state=GatewaySession.Desired.RUNNING)
    lease = leases.claim(account_id=account.pk, owner="worker-1")
    assert lease is not None
    GatewaySession.objects.filter(account=account).update(lease_expires_at=Now() - timedelta(seconds=1))
    return lease


@pytest.fixture
def thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as thread:
        yield thread
        thread.submit(lambda: connection.close()).result(10)


def _claim(account_id: object) -> Lease | None:
    return leases.claim(account_id=account_id, owner="worker-2")  # type: ignore[arg-type]


def _waits(claim: Future[Lease | None]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        return bool(cursor.fetchone()[0]) and not claim.done()


def test_a_claim_waits_for_what_is_being_written_under_the_fence_before(
    lease: Lease, thread: ThreadPoolExecutor
) -> None:
    with fencing.writing(account_id=lease.account_id, fence=lease.fence):
        claim = thread.submit(_claim, lease.account_id)
        eventually(lambda: _waits(claim), "the claim waits")
    taken = claim.result(10)
    assert taken is not None
    assert taken.fence == lease.fence + 1


def test_under_an_older_fence_nothing_is_written(lease: Lease, thread: ThreadPoolExecutor) -> None:
    thread.submit(_claim, lease.account_id).result(10)
    with pytest.raises(fencing.LeaseLost), fencing.writing(account_id=lease.account_id, fence=lease.fence):
        raise AssertionError("it was let in")


def test_a_service_is_not_called_under_an_older_fence(lease: Lease, thread: ThreadPoolExecutor) -> None:
    taken = thread.submit(_claim, lease.account_id).result(10)
    assert taken is not None
    asked: list[object] = []

    def ask(*, account_id: object, what: str) -> str:
        asked.append(account_id)
        return what

    with pytest.raises(fencing.LeaseLost):
        fencing.under(lease.fence, ask, account_id=lease.account_id, what="absent")
    assert fencing.under(taken.fence, ask, account_id=lease.account_id, what="absent") == "absent"
    assert asked == [lease.account_id]


def test_a_renewal_does_not_wait_for_a_write(lease: Lease, thread: ThreadPoolExecutor) -> None:
    taken = thread.submit(_claim, lease.account_id).result(10)
    assert taken is not None
    with fencing.writing(account_id=lease.account_id, fence=taken.fence):
        assert thread.submit(leases.renew, taken).result(10) is not None
