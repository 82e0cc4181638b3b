"""What a lost worker said last isn't so any more: from the lease's end on, and in the very UPDATE of the next claim."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from brokers.domain import SessionState
from tests.webapp.trading.examples import placed
from webapp.accounts import outages, sessions
from webapp.accounts.models import AccountEvent, BrokerAccount, GatewaySession
from webapp.trading.models import Instrument
from webapp.trading.orders import SessionNotReady
from workers import leases

pytestmark = pytest.mark.django_db


@pytest.fixture
def lost(ready_account: BrokerAccount) -> BrokerAccount:
    """READY, under a lease that ran out."""
    GatewaySession.objects.update(owner="worker-1", fence=3, lease_expires_at=Now() - timedelta(seconds=1))
    ready_account.session.refresh_from_db()
    return ready_account


@pytest.fixture
def row(ready_account: BrokerAccount) -> Callable[[], GatewaySession]:
    return lambda: GatewaySession.objects.select_related("account").get(account=ready_account)


def test_ready_under_a_lease_that_ran_out_is_not_told_as_ready(lost: BrokerAccount) -> None:
    body = sessions.as_body(lost.session)
    assert (body["state"], body["worker_lost"], body["takes_orders"]) == ("READY", True, False)


def test_a_lost_workers_last_word_is_not_told_as_the_reason(
    lost: BrokerAccount, row: Callable[[], GatewaySession]
) -> None:
    GatewaySession.objects.update(state_reason="The broker confirmed DU1000001.")
    body = sessions.as_body(row())
    assert body["reason"].startswith("Its worker has gone silent.")
    assert body["since"] == row().lease_expires_at.isoformat()  # type: ignore[union-attr]
    GatewaySession.objects.update(lease_expires_at=Now() + timedelta(seconds=30))
    body = sessions.as_body(row())
    assert (body["reason"], body["since"]) == ("The broker confirmed DU1000001.", row().state_since.isoformat())


def test_ready_under_a_lease_that_lasts_is(lost: BrokerAccount, row: Callable[[], GatewaySession]) -> None:
    GatewaySession.objects.update(lease_expires_at=Now() + timedelta(seconds=30))
    body = sessions.as_body(row())
    assert (body["worker_lost"], body["takes_orders"]) == (False, True)


@pytest.mark.parametrize("state", ["STOPPED", "AUTH_FAILED", "AUTH_REQUIRED"])
def test_a_session_at_rest_has_no_worker_to_lose(
    lost: BrokerAccount, row: Callable[[], GatewaySession], state: str
) -> None:
    GatewaySession.objects.update(state=state)
    assert sessions.as_body(row())["worker_lost"] is False


def test_a_second_factor_that_a_lost_worker_asked_for_is_taken_back(
    lost: BrokerAccount, row: Callable[[], GatewaySession]
) -> None:
    asked = {"attempt": 1, "attempts": 3, "until": "2026-11-29T06:03:00+00:00"}
    GatewaySession.objects.update(state="TWO_FACTOR", second_factor=asked)
    assert sessions.record_lost(lost.pk)
    assert (row().state, row().second_factor) == ("STOPPED", None)


@pytest.mark.parametrize("state", sorted(outages.UP))
def test_the_claim_itself_ends_a_ready_that_stood(
    lost: BrokerAccount, row: Callable[[], GatewaySession], state: SessionState
) -> None:
    GatewaySession.objects.update(state=state)
    assert leases.claim(account_id=lost.pk, owner="worker-2") is not None
    after = row()
    assert (after.state, after.state_reason) == ("SYNCING", sessions.TAKEN_OVER)
    assert (after.was_up, after.down_since) == (True, after.state_since)


@pytest.mark.parametrize("state", ["STOPPED", "LOGGING_IN", "ERROR"])
def test_any_other_state_is_left_to_the_workers_own_words(
    lost: BrokerAccount, row: Callable[[], GatewaySession], state: str
) -> None:
    GatewaySession.objects.update(state=state, state_reason="As it was.")
    assert leases.claim(account_id=lost.pk, owner="worker-2") is not None
    assert (row().state, row().state_reason, row().down_since) == (state, "As it was.", None)


def test_browsers_are_told_of_it_once_and_not_after_the_workers_own_word(lost: BrokerAccount) -> None:
    lease = leases.claim(account_id=lost.pk, owner="worker-2")
    assert lease is not None
    sessions.tell_taken_over(account_id=lost.pk, fence=lease.fence)
    assert [event.body["state"] for event in AccountEvent.objects.all()] == ["SYNCING"]
    sessions.record_state(
        account_id=lost.pk, fence=lease.fence, state=SessionState.LOGGING_IN, reason="The gateway still runs."
    )
    sessions.tell_taken_over(account_id=lost.pk, fence=lease.fence)
    assert [event.body["state"] for event in AccountEvent.objects.all()] == ["SYNCING", "LOGGING_IN"]


def test_no_order_is_taken_on_a_word_that_nobody_stands_for(lost: BrokerAccount, aapl: Instrument) -> None:
    with pytest.raises(SessionNotReady, match="was lost, and another takes over"):
        placed(lost)
    leases.claim(account_id=lost.pk, owner="worker-2")
    with pytest.raises(SessionNotReady, match="is syncing"):
        placed(lost)


def test_a_gateway_that_lost_the_broker_is_told_apart_until_the_next_word(
    lost: BrokerAccount, row: Callable[[], GatewaySession]
) -> None:
    lease = leases.claim(account_id=lost.pk, owner="worker-2")
    assert lease is not None
    sessions.record_state(
        account_id=lost.pk, fence=lease.fence, state=SessionState.SYNCING, reason="Lost.", broker_lost=True
    )
    assert sessions.as_body(row())["broker_lost"] is True
    sessions.record_state(account_id=lost.pk, fence=lease.fence, state=SessionState.SYNCING, reason="Reading.")
    assert sessions.as_body(row())["broker_lost"] is False
