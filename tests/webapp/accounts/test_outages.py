"""Which outages are expected, and which raise an alert."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from brokers.domain import SessionState, TradingPermission
from webapp.accounts import outages, sessions
from webapp.accounts.models import AccountEvent, GatewaySession

MAY_TRADE = TradingPermission(allowed=True, reason="The broker would take an order.")
AT = time(23, 45)


@pytest.fixture(autouse=True)
def restart(settings: Any) -> None:
    """As it is outside of tests, in which no hour is the restart's."""
    settings.RESTART_WINDOW = timedelta(minutes=60)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ("2026-11-29T04:45:00", "2026-11-29T05:45:00"),  # 23:45 in New York, in winter
        ("2026-11-29T05:44:59", "2026-11-29T05:45:00"),
        ("2026-11-29T04:43:00", "2026-11-29T05:45:00"),  # a gateway whose clock is ahead
        ("2026-11-29T04:42:59", None),
        ("2026-11-29T05:45:00", None),
        ("2026-07-01T03:50:00", "2026-07-01T04:45:00"),  # in summer
    ],
)
def test_the_restart_s_window_is_by_the_wall_clock(moment: str, end: str | None) -> None:
    window = outages.restart_window(AT, utc(moment))
    assert (window.end if window else None) == (utc(end) if end else None)


@pytest.mark.parametrize(
    ("moment", "ended"),
    [
        ("2026-11-29T06:00:00", "2026-11-29T06:00:00"),  # Sunday 01:00 in New York
        ("2026-11-29T05:59:59", "2026-11-22T06:00:00"),
        ("2026-12-05T12:00:00", "2026-11-29T06:00:00"),
        ("2026-07-05T05:00:00", "2026-07-05T05:00:00"),
    ],
)
def test_logins_end_on_sunday_at_one_in_new_york(moment: str, ended: str) -> None:
    assert outages.weekly_end_before(utc(moment)) == utc(ended)


@pytest.mark.django_db
class TestAlert:
    @pytest.fixture
    def held(self, ready_account, hold):
        hold(ready_account)
        return ready_account

    def lose(self, account, state=SessionState.SYNCING):
        assert sessions.record_state(account_id=account.id, fence=7, state=state, reason="The link ended.")
        return session_of(account)

    def age(self, account, minutes):
        """As if the outage had begun so many minutes ago."""
        GatewaySession.objects.filter(account=account).update(down_since=timezone.now() - timedelta(minutes=minutes))

    def test_a_short_outage_is_none(self, held):
        assert self.lose(held).down_since is not None
        assert sessions.raise_alerts() == []

    def test_a_long_one_is_told_once_and_taken_back_when_the_session_is_ready(self, held, settings):
        settings.RESTART_AT = far_from_now()
        self.lose(held)
        self.age(held, 6)
        assert sessions.raise_alerts() == [held.id]
        assert sessions.raise_alerts() == []
        assert "has been down since" in session_of(held).alert
        assert alerts(held) == [session_of(held).alert]
        assert sessions.as_body(session_of(held))["alert"] == session_of(held).alert
        sessions.record_ready(account_id=held.id, fence=7, account_codes=["DU1000001"], permission=MAY_TRADE)
        assert (session_of(held).alert, session_of(held).down_since) == ("", None)
        assert alerts(held)[-1] == ""

    def test_an_expected_restart_is_told_when_it_outlives_its_window_alone(self, held, settings):
        settings.RESTART_AT = local_time(minutes_ago=30)
        assert self.lose(held).state == "RESTARTING"
        self.age(held, 20)
        assert sessions.raise_alerts() == []
        settings.RESTART_AT = local_time(minutes_ago=90)
        self.age(held, 80)
        assert sessions.raise_alerts() == [held.id]
        assert "the nightly restart should have been over" in session_of(held).alert
        assert self.lose(held).state == "SYNCING"

    def test_a_session_that_nobody_wants_is_not_down(self, held, settings):
        settings.RESTART_AT = far_from_now()
        self.lose(held)
        self.age(held, 6)
        sessions.raise_alerts()
        sessions.request_stop(held.id)
        assert (session_of(held).alert, session_of(held).down_since) == ("", None)

    def test_a_login_that_waits_for_its_person_is_an_outage(self, held, settings):
        settings.RESTART_AT = far_from_now()
        sessions.record_state(
            account_id=held.id, fence=7, state=SessionState.AUTH_REQUIRED, reason="Confirm it.", gives_up=True
        )
        self.age(held, 6)
        assert session_of(held).desired_state == "STOPPED"
        assert sessions.raise_alerts() == [held.id]

    def test_a_start_within_the_window_is_no_restart(self, account, hold, settings):
        settings.RESTART_AT = local_time(minutes_ago=30)
        sessions.request_start(account.id)
        hold(account)
        assert self.lose(account, SessionState.LOGGING_IN).state == "LOGGING_IN"

    def test_what_a_lost_worker_wrote_last_is_taken_back(self, held, hold):
        assert sessions.record_lost(held.id) is False
        hold(held, seconds=-1)
        assert sessions.record_lost(held.id) is True
        assert session_of(held).state == "STOPPED"
        assert session_of(held).down_since is not None


def session_of(account) -> GatewaySession:
    return GatewaySession.objects.select_related("account").get(account=account)


def alerts(account) -> list[str]:
    found = AccountEvent.objects.filter(account=account, kind=AccountEvent.Kind.ALERT)
    return [event.body["alert"] for event in found]


def local_time(*, minutes_ago: int) -> time:
    return (timezone.now() - timedelta(minutes=minutes_ago)).astimezone(outages.NEW_YORK).time()


def far_from_now() -> time:
    return local_time(minutes_ago=-12 * 60)
