"""Logins that need a person, and gateways that restart: told on the row, word by word."""

from __future__ import annotations

import json
import os
import signal
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from brokers.domain import SessionState
from tests.workers.conftest import Place, eventually, reach, session_of, told_states
from webapp.accounts import sessions
from webapp.accounts.models import AccountEvent, BrokerAccount, GatewaySession
from workers import supervision

pytestmark = pytest.mark.django_db(transaction=True)

APPROVE, DENY = {"do": "approve"}, {"do": "deny"}


@pytest.fixture
def asking(place: Place, wanted: BrokerAccount, settings: Any) -> BrokerAccount:
    """alice's account, whose gateway asks for a second factor twice at each start."""
    ask_at_each_start(place, settings, attempts=2)
    place.new_host().open(wanted.id)
    reach(wanted, SessionState.TWO_FACTOR)
    return wanted


def ask_at_each_start(place: Place, settings: Any, **prompt: Any) -> None:
    scenario = place.var / "steps.json"
    scenario.write_text(json.dumps([{"do": "second_factor", **prompt}]))
    settings.SIMULATOR_ARGUMENTS = ["--control-port", "0", "--scenario", str(scenario)]


def asked(account: BrokerAccount) -> dict[str, Any]:
    return session_of(account).second_factor or {}


def test_a_second_factor_is_told_with_its_attempt_and_its_deadline(place: Place, asking: BrokerAccount) -> None:
    assert (asked(asking)["attempt"], asked(asking)["attempts"]) == (1, 2)
    assert datetime.now(UTC) < datetime.fromisoformat(asked(asking)["until"])
    assert "attempt 1 of 2" in session_of(asking).state_reason
    place.tell_gateway(asking, DENY)
    eventually(lambda: asked(asking).get("attempt") == 2, "the second attempt is told")
    place.tell_gateway(asking, APPROVE)
    reach(asking, SessionState.READY)
    assert session_of(asking).second_factor is None
    told = AccountEvent.objects.filter(account=asking, body__state="TWO_FACTOR").first()
    assert told is not None
    assert told.body["second_factor"]["attempts"] == 2


def test_a_login_that_nobody_confirmed_waits_for_a_person_and_is_tried_again_by_one_alone(
    place: Place, asking: BrokerAccount
) -> None:
    place.tell_gateway(asking, DENY)
    eventually(lambda: asked(asking).get("attempt") == 2, "the second attempt is told")
    place.tell_gateway(asking, DENY)
    reach(asking, SessionState.AUTH_REQUIRED)
    eventually(lambda: session_of(asking).owner == "", "the lease is given back")
    session = session_of(asking)
    assert session.desired_state == GatewaySession.Desired.STOPPED
    assert "Press Try again" in session.state_reason
    assert supervision.wanted_without_owner() == supervision.left_over() == []
    sessions.request_start(asking.id)
    reach(asking, SessionState.TWO_FACTOR)
    place.tell_gateway(asking, APPROVE)
    reach(asking, SessionState.READY)


def test_the_weekly_end_of_a_login_asks_for_a_person_and_says_why(place: Place, ready: BrokerAccount) -> None:
    place.tell_gateway(ready, {"do": "expire_login"})
    reach(ready, SessionState.TWO_FACTOR)
    assert "AUTH_REQUIRED" in told_states(ready)
    assert "Sunday at 01:00 in New York" in session_of(ready).state_reason
    place.tell_gateway(ready, APPROVE)
    reach(ready, SessionState.READY)


def test_a_weekly_login_that_nobody_confirms_is_left_to_a_person(place: Place, ready: BrokerAccount) -> None:
    place.tell_gateway(ready, {"do": "expire_login", "attempts": 1})
    reach(ready, SessionState.TWO_FACTOR)
    place.tell_gateway(ready, DENY)
    reach(ready, SessionState.AUTH_REQUIRED)
    eventually(lambda: "Press Try again" in session_of(ready).state_reason, "what to do")
    assert "Sunday at 01:00" in session_of(ready).state_reason


def test_a_restart_in_its_window_is_shown_as_expected(place: Place, ready: BrokerAccount, settings: Any) -> None:
    began = datetime.now(ZoneInfo(settings.RESTART_TIME_ZONE)) - timedelta(minutes=5)
    settings.RESTART_AT, settings.RESTART_WINDOW = began.time(), timedelta(minutes=60)
    before = len(told_states(ready))
    os.kill(place.gateway_pid(ready), signal.SIGKILL)
    eventually(lambda: session_of(ready).state == SessionState.RESTARTING, "the restart is told")
    assert "expected to end by" in session_of(ready).state_reason
    reach(ready, SessionState.READY)
    assert told_states(ready)[before:] == ["RESTARTING", "READY"]
