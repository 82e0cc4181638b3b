from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from brokers.domain import SessionState
from webapp.accounts.models import BrokerAccount, GatewaySession
from workers import leases, supervision

pytestmark = pytest.mark.django_db


def update(account: BrokerAccount, **values: object) -> None:
    GatewaySession.objects.filter(account=account).update(**values)


def test_a_wanted_session_that_nobody_holds_is_to_be_opened(account: BrokerAccount) -> None:
    update(account, desired_state=GatewaySession.Desired.RUNNING)
    assert supervision.wanted_without_owner() == [account.id]
    assert supervision.left_over() == []


def test_a_wanted_session_that_somebody_holds_is_left_alone(account: BrokerAccount) -> None:
    update(account, desired_state=GatewaySession.Desired.RUNNING)
    leases.claim(account_id=account.id, owner="worker-1")
    assert supervision.wanted_without_owner() == []


def test_a_lost_worker_s_session_is_to_be_opened_again(account: BrokerAccount) -> None:
    update(account, desired_state=GatewaySession.Desired.RUNNING)
    leases.claim(account_id=account.id, owner="worker-1")
    update(account, lease_expires_at=Now() - timedelta(seconds=1))
    assert supervision.wanted_without_owner() == [account.id]


def test_a_session_at_rest_needs_nobody(account: BrokerAccount) -> None:
    assert supervision.wanted_without_owner() == supervision.left_over() == []


def test_a_refused_login_needs_nobody(account: BrokerAccount) -> None:
    update(account, state=SessionState.AUTH_FAILED.value)
    assert supervision.wanted_without_owner() == supervision.left_over() == []


@pytest.mark.parametrize(
    "left", [{"state": SessionState.READY.value}, {"state": SessionState.STOPPED.value, "gateway_id": "1234"}]
)
def test_what_a_lost_worker_left_of_an_unwanted_session_is_to_be_closed(
    account: BrokerAccount, left: dict[str, str]
) -> None:
    update(account, **left)
    assert supervision.left_over() == [account.id]
