from __future__ import annotations

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import InternalError, connection, transaction
from django.db.models.functions import Now

from webapp.accounts.models import BrokerAccount, GatewaySession
from workers import leases
from workers.leases import Lease

pytestmark = pytest.mark.django_db

RACERS = 20


def wanted(account: BrokerAccount) -> GatewaySession:
    GatewaySession.objects.filter(account=account).update(desired_state=GatewaySession.Desired.RUNNING)
    return GatewaySession.objects.get(account=account)


def expire(account: BrokerAccount) -> None:
    GatewaySession.objects.filter(account=account).update(lease_expires_at=Now() - timedelta(seconds=1))


def claimed(account: BrokerAccount, owner: str = "worker-1") -> Lease:
    lease = leases.claim(account_id=account.id, owner=owner)
    assert lease is not None
    return lease


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_that_race_exactly_one_gets_the_lease(account: BrokerAccount) -> None:
    wanted(account)
    together = threading.Barrier(RACERS)

    def race(number: int) -> Lease | None:
        try:
            connection.ensure_connection()
            together.wait(10)
            return leases.claim(account_id=account.id, owner=f"worker-{number}")
        finally:
            connection.close()

    with ThreadPoolExecutor(RACERS) as racers:
        winners = [lease for lease in racers.map(race, range(RACERS)) if lease is not None]

    session = GatewaySession.objects.get(account=account)
    assert [lease.owner for lease in winners] == [session.owner]
    assert winners[0].fence == session.fence == 1


def test_a_session_that_nobody_wants_is_not_claimed(account: BrokerAccount) -> None:
    assert leases.claim(account_id=account.id, owner="worker-1") is None


def test_a_live_lease_keeps_others_out(account: BrokerAccount) -> None:
    wanted(account)
    claimed(account)
    assert leases.claim(account_id=account.id, owner="worker-2") is None


def test_a_lease_that_ran_out_is_claimed_under_a_higher_fence(account: BrokerAccount) -> None:
    wanted(account)
    first = claimed(account)
    expire(account)
    assert claimed(account, "worker-2").fence == first.fence + 1


def test_a_renewal_moves_the_end_and_tells_what_is_wanted(account: BrokerAccount) -> None:
    wanted(account)
    lease = claimed(account)
    before = GatewaySession.objects.get(account=account).lease_expires_at
    renewed = leases.renew(lease)
    assert renewed is not None
    assert renewed[0].fence == lease.fence
    assert renewed[0].valid_until > lease.valid_until
    assert renewed[1] is GatewaySession.Desired.RUNNING
    after = GatewaySession.objects.get(account=account).lease_expires_at
    assert before is not None
    assert after is not None
    assert after > before


def test_a_renewal_tells_that_the_session_is_to_stop(account: BrokerAccount) -> None:
    wanted(account)
    lease = claimed(account)
    GatewaySession.objects.filter(account=account).update(desired_state=GatewaySession.Desired.STOPPED)
    renewed = leases.renew(lease)
    assert renewed is not None
    assert renewed[1] is GatewaySession.Desired.STOPPED


def test_a_lease_that_ran_out_is_never_renewed(account: BrokerAccount) -> None:
    wanted(account)
    lease = claimed(account)
    expire(account)
    assert leases.renew(lease) is None


def test_the_old_owner_can_neither_renew_nor_release_what_another_holds(account: BrokerAccount) -> None:
    wanted(account)
    old = claimed(account)
    expire(account)
    new = claimed(account, "worker-2")
    assert leases.renew(old) is None
    assert leases.release(old) is False
    assert leases.renew(new) is not None


def test_a_released_lease_is_free_at_once(account: BrokerAccount) -> None:
    wanted(account)
    first = claimed(account)
    assert leases.release(first) is True
    assert claimed(account, "worker-2").fence == first.fence + 1


def test_a_lease_is_over_here_before_it_is_over_in_the_database(account: BrokerAccount) -> None:
    wanted(account)
    lease = claimed(account)
    with connection.cursor() as cursor:
        cursor.execute("SELECT lease_expires_at - clock_timestamp() FROM accounts_gatewaysession")
        left_in_database = cursor.fetchone()[0]
    left_here = lease.valid_until - time.monotonic()
    assert lease.is_live
    assert left_here <= left_in_database.total_seconds()


def test_a_lease_whose_time_is_over_is_not_live() -> None:
    assert not Lease(uuid.uuid4(), "worker-1", 1, valid_until=time.monotonic()).is_live


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_was_stopped_inside_a_transaction_keeps_no_one_out(account: BrokerAccount) -> None:
    """It can't let go of its locks by itself, so the database takes them."""
    wanted(account)
    holds, may_end = threading.Event(), threading.Event()

    def stopped() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '4s'")  # as the product's own default
                GatewaySession.objects.select_for_update().get(account=account)
                holds.set()
                may_end.wait(60)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        stalled = thread.submit(stopped)
        assert holds.wait(20)
        lease = claimed(account)  # waits for the lock, and gets it
        may_end.set()
        with pytest.raises(InternalError):
            stalled.result(20)
    assert lease.fence == 1
