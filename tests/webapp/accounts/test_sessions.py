from __future__ import annotations

import threading

import pytest
from django.db import connection

from brokers.domain import SessionState, TradingPermission
from tests.webapp.accounts.conftest import LOGIN
from webapp.accounts import credentials, events, sessions
from webapp.accounts.models import AccountEvent, GatewaySession
from webapp.accounts.refusals import SessionRefused

pytestmark = pytest.mark.django_db(transaction=True)

MAY_TRADE = TradingPermission(allowed=True, reason="The broker would take an order.")


def session_of(account) -> GatewaySession:
    return GatewaySession.objects.select_related("account").get(account=account)


def bodies(account) -> list[dict]:
    return [event.body for event in events.after(account, 0)]


class TestStart:
    def test_a_start_is_a_wish_an_event_a_task_and_a_ring(self, account, tasks_sent, rings):
        sessions.request_start(account.id)
        assert session_of(account).desired_state == "RUNNING"
        assert [(body["state"], body["desired_state"]) for body in bodies(account)] == [("STOPPED", "RUNNING")]
        assert "Waiting for a worker" in bodies(account)[0]["reason"]
        assert tasks_sent() == [("workers.tasks.open_session", [str(account.id)])]
        assert rings() == [str(account.id)]

    def test_asking_again_is_no_second_event(self, account):
        sessions.request_start(account.id)
        sessions.request_start(account.id)
        assert len(bodies(account)) == 1

    def test_it_changes_nothing_of_a_running_session(self, ready_account, hold):
        hold(ready_account)
        sessions.request_start(ready_account.id)
        assert session_of(ready_account).state == "READY"
        assert bodies(ready_account) == []

    def test_what_a_lost_worker_wrote_last_does_not_stand(self, ready_account, hold):
        hold(ready_account, seconds=-1)
        sessions.request_start(ready_account.id)
        assert (session_of(ready_account).state, bodies(ready_account)[-1]["takes_orders"]) == ("STOPPED", False)

    def test_a_login_that_the_broker_refused_does_not_start(self, account, hold, tasks_sent, rings):
        refuse_login(account, hold)
        before = bodies(account)
        with pytest.raises(SessionRefused, match="Enter the username and password again"):
            sessions.request_start(account.id)
        assert (session_of(account).desired_state, session_of(account).state) == ("STOPPED", "AUTH_FAILED")
        assert (bodies(account), tasks_sent(), rings()) == (before, [], [])

    def test_stopping_a_refused_login_is_no_way_to_try_it_again(self, account, hold):
        refuse_login(account, hold)
        hold(account, owner="", fence=8)
        sessions.request_stop(account.id)
        with pytest.raises(SessionRefused):
            sessions.request_start(account.id)

    def test_the_stop_that_follows_a_refused_login_is_no_way_either(self, account, hold):
        refuse_login(account, hold)
        assert sessions.record_state(account_id=account.id, fence=7, state=SessionState.STOPPED, reason="Stopped.")
        with pytest.raises(SessionRefused):
            sessions.request_start(account.id)

    @pytest.mark.usefixtures("keysets")
    def test_a_login_that_was_entered_again_starts(self, account, hold, tasks_sent):
        refuse_login(account, hold)
        credentials.store(account=account, **LOGIN)
        sessions.request_start(account.id)
        assert session_of(account).desired_state == "RUNNING"
        assert tasks_sent() == [("workers.tasks.open_session", [str(account.id)])]


def refuse_login(account, hold) -> None:
    hold(account, desired_state="RUNNING")
    sessions.record_state(account_id=account.id, fence=7, state=SessionState.AUTH_FAILED, reason="Wrong password.")


class TestStop:
    def test_a_session_that_a_worker_holds_is_left_for_it_to_stop(self, ready_account, hold, rings):
        hold(ready_account)
        sessions.request_stop(ready_account.id)
        session = session_of(ready_account)
        assert (session.desired_state, session.state, session.owner, session.fence) == (
            "STOPPED",
            "READY",
            "worker-1",
            7,
        )
        assert bodies(ready_account)[-1]["desired_state"] == "STOPPED"
        assert rings() == [str(ready_account.id)]

    def test_a_session_that_nobody_holds_is_stopped_at_once(self, account):
        sessions.request_start(account.id)
        sessions.request_stop(account.id)
        assert [(body["state"], body["desired_state"]) for body in bodies(account)][-1] == ("STOPPED", "STOPPED")
        assert session_of(account).state_reason == "Stopped."

    def test_a_session_whose_worker_was_lost_is_stopped_at_once_and_the_worker_fenced_out(self, ready_account, hold):
        hold(ready_account, seconds=-1)
        sessions.request_stop(ready_account.id)
        session = session_of(ready_account)
        assert (session.state, session.owner, session.lease_expires_at) == ("STOPPED", "", None)
        late = sessions.record_state(account_id=ready_account.id, fence=7, state=SessionState.READY, reason="Back.")
        assert late is False
        assert session_of(ready_account).state == "STOPPED"

    def test_a_gateway_that_outlived_its_worker_is_left_to_the_workers(self, ready_account, hold, tasks_sent):
        hold(ready_account, seconds=-1, gateway_id="4711")
        sessions.request_stop(ready_account.id)
        assert session_of(ready_account).gateway_id == "4711"
        assert tasks_sent() == [("workers.tasks.close_session", [str(ready_account.id)])]

    def test_a_stopped_session_stops_again_without_an_event(self, account):
        sessions.request_stop(account.id)
        told = len(bodies(account))
        sessions.request_stop(account.id)
        assert len(bodies(account)) == told


class TestWorkersWord:
    def test_a_change_is_written_and_told(self, account, hold):
        hold(account)
        written = sessions.record_state(
            account_id=account.id,
            fence=7,
            state=SessionState.STARTING,
            reason="Starting a gateway.",
            gateway_id="4711",
            last_error="none yet",
        )
        session = session_of(account)
        assert written is True
        assert (session.state, session.state_reason) == ("STARTING", "Starting a gateway.")
        assert (session.gateway_id, session.last_error) == ("4711", "none yet")
        assert bodies(account) == [sessions.as_body(session)]

    def test_what_is_not_given_stays(self, account, hold):
        hold(account, gateway_id="4711", last_error="before")
        sessions.record_state(account_id=account.id, fence=7, state=SessionState.STARTING, reason="")
        assert (session_of(account).gateway_id, session_of(account).last_error) == ("4711", "before")

    def test_orders_go_on_to_the_same_account_when_the_broker_lists_another_one_first(self, account, hold):
        hold(account)
        for codes in (["DU2", "DU3"], ["DU1", "DU2", "DU3"]):
            sessions.record_ready(account_id=account.id, fence=7, account_codes=codes, permission=MAY_TRADE)
        account.refresh_from_db()
        assert (account.account_code, account.account_codes) == ("DU2", ["DU2", "DU1", "DU3"])
        sessions.record_ready(account_id=account.id, fence=7, account_codes=["DU1", "DU3"], permission=MAY_TRADE)
        account.refresh_from_db()
        assert account.account_code == "DU1"

    def test_an_outdated_fence_writes_and_tells_nothing(self, account, hold):
        hold(account, fence=8)
        ready = sessions.record_ready(account_id=account.id, fence=7, account_codes=["DU1000001"], permission=MAY_TRADE)
        state = sessions.record_state(account_id=account.id, fence=7, state=SessionState.ERROR, reason="Lost.")
        assert (ready, state) == (False, False)
        account.refresh_from_db()
        assert (session_of(account).state, account.account_codes, bodies(account)) == ("STOPPED", [], [])

    def test_a_write_leaves_the_lease_alone(self, account, hold):
        before = hold(account)
        sessions.record_state(account_id=account.id, fence=7, state=SessionState.STARTING, reason="")
        session = session_of(account)
        assert (session.owner, session.fence, session.lease_expires_at) == (
            before.owner,
            before.fence,
            before.lease_expires_at,
        )

    def test_since_is_when_the_state_began_and_not_when_its_reason_changed(self, account, hold):
        hold(account)
        record(account, SessionState.LOGGING_IN, "Try 1.")
        first = session_of(account).state_since
        record(account, SessionState.LOGGING_IN, "Try 2.")
        assert session_of(account).state_since == first
        record(account, SessionState.SYNCING, "")
        assert session_of(account).state_since > first
        assert [body["reason"] for body in bodies(account)] == ["Try 1.", "Try 2.", ""]

    def test_saying_the_same_again_is_no_event(self, account, hold):
        hold(account)
        record(account, SessionState.SYNCING, "Reading orders.")
        record(account, SessionState.SYNCING, "Reading orders.")
        assert len(bodies(account)) == 1

    def test_a_refused_login_withdraws_the_wish_to_run(self, account, hold):
        refuse_login(account, hold)
        assert bodies(account)[-1]["desired_state"] == session_of(account).desired_state == "STOPPED"

    def test_a_text_that_is_too_long_is_cut_where_it_can_be_seen(self, account, hold):
        hold(account)
        sessions.record_state(
            account_id=account.id, fence=7, state=SessionState.ERROR, reason="x" * 301, last_error="y" * 501
        )
        session = session_of(account)
        assert (len(session.state_reason), len(session.last_error)) == (300, 500)
        assert session.state_reason.endswith("x…")

    def test_ready_says_which_account_it_is_and_whether_it_may_trade(self, account, hold):
        hold(account)
        assert sessions.record_ready(
            account_id=account.id, fence=7, account_codes=["DU1000001", "DU1000002"], permission=MAY_TRADE
        )
        body = bodies(account)[-1]
        assert body.pop("since").endswith("+00:00")
        assert body == {
            "state": "READY",
            "desired_state": "STOPPED",
            "reason": "The broker confirmed DU1000001, DU1000002.",
            "account_codes": ["DU1000001", "DU1000002"],
            "account_code": "DU1000001",
            "may_trade": True,
            "may_trade_reason": "The broker would take an order.",
            "trading_mode": "paper",
            "takes_orders": True,
            "second_factor": None,
            "alert": "",
            "suspended": "",
            "worker_lost": False,
            "broker_lost": False,
        }

    def test_a_permission_that_nobody_knows_stays_unknown(self, account, hold):
        hold(account)
        unknown = TradingPermission(allowed=None, reason="The broker gave no answer.")
        sessions.record_ready(account_id=account.id, fence=7, account_codes=["DU1000001"], permission=unknown)
        assert bodies(account)[-1]["may_trade"] is None


def record(account, state: SessionState, reason: str) -> None:
    assert sessions.record_state(account_id=account.id, fence=7, state=state, reason=reason)


def test_a_stop_and_a_worker_that_race_leave_both_words(ready_account, hold):
    """Each writes its own columns under the row's lock, whoever comes first."""
    hold(ready_account)
    start = threading.Barrier(2)

    def in_a_thread(call) -> threading.Thread:
        def run() -> None:
            start.wait(10)
            call()
            connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    stop = in_a_thread(lambda: sessions.request_stop(ready_account.id))
    degraded = in_a_thread(lambda: record(ready_account, SessionState.DEGRADED, "A data farm is down."))
    stop.join(30)
    degraded.join(30)
    session = session_of(ready_account)
    assert (session.desired_state, session.state) == ("STOPPED", "DEGRADED")
    assert [event.number for event in AccountEvent.objects.all()] == [1, 2]
    assert bodies(ready_account)[-1] == sessions.as_body(session)
