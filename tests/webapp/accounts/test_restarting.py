"""A session stopped and started again at one word, and one that may not be started at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from brokers.domain import SessionState
from webapp.accounts import sessions
from webapp.accounts.models import BrokerAccount, GatewaySession
from webapp.accounts.refusals import SessionRefused

pytestmark = pytest.mark.django_db

Hold = Callable[..., GatewaySession]
Tasks = Callable[[], list[tuple[str, list[Any]]]]


def stands(account: BrokerAccount) -> tuple[str, bool]:
    session = GatewaySession.objects.get(account=account)
    return session.desired_state, session.starts_again


def stopped_by_its_worker(account: BrokerAccount) -> None:
    sessions.record_state(account_id=account.id, fence=7, state=SessionState.STOPPED, reason="Stopped.")


def test_one_that_a_worker_holds_stops_first(ready_account: BrokerAccount, hold: Hold) -> None:
    hold(ready_account)
    sessions.request_restart(ready_account.id)
    assert stands(ready_account) == ("STOPPED", True)
    stopped_by_its_worker(ready_account)
    assert stands(ready_account) == ("RUNNING", False)


def test_one_that_nobody_holds_and_that_left_no_gateway_starts_at_once(ready_account: BrokerAccount) -> None:
    sessions.request_restart(ready_account.id)
    assert stands(ready_account) == ("RUNNING", False)


@pytest.mark.django_db(transaction=True)
def test_one_that_nobody_holds_has_its_gateway_ended_first(
    ready_account: BrokerAccount, hold: Hold, tasks_sent: Tasks
) -> None:
    hold(ready_account, seconds=-1, gateway_id="gateway-4711")
    sessions.request_restart(ready_account.id)
    assert stands(ready_account) == ("STOPPED", True)
    assert tasks_sent() == [("workers.tasks.close_session", [str(ready_account.id)])]


def test_a_stop_after_it_is_the_last_word(ready_account: BrokerAccount, hold: Hold) -> None:
    hold(ready_account)
    sessions.request_restart(ready_account.id)
    sessions.request_stop(ready_account.id)
    stopped_by_its_worker(ready_account)
    assert stands(ready_account) == ("STOPPED", False)


def test_a_suspension_after_it_is_the_last_word(ready_account: BrokerAccount, hold: Hold) -> None:
    hold(ready_account)
    sessions.request_restart(ready_account.id)
    sessions.suspend(ready_account.id, "Unpaid.")
    stopped_by_its_worker(ready_account)
    assert stands(ready_account) == ("STOPPED", False)


@pytest.mark.parametrize("ask", [sessions.request_start, sessions.request_restart])
def test_a_suspended_account_is_neither_started_nor_restarted(ready_account: BrokerAccount, ask: Any) -> None:
    sessions.suspend(ready_account.id, "Unpaid.")
    with pytest.raises(SessionRefused, match="Unpaid"):
        ask(ready_account.id)
    assert stands(ready_account) == ("STOPPED", False)


def test_a_refused_login_is_not_restarted(account: BrokerAccount) -> None:
    GatewaySession.objects.update(state="AUTH_FAILED")
    with pytest.raises(SessionRefused, match="refused this username"):
        sessions.request_restart(account.id)
