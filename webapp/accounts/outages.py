"""Outages of a session that is wanted: which are expected, and which are told of as alerts.

Interactive Brokers resets its servers every night, from 23:45 in New York for up to an hour, and a gateway restarts by
itself at its AUTO_RESTART_TIME; the window is for both (IB publishes both under "System Status").
Every login ends on Sunday at 01:00 in New York, and a person has to confirm the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from brokers.domain import SessionState
from webapp.accounts.models import GatewaySession
from webapp.accounts.restarts import restart_at

UP = frozenset({SessionState.READY, SessionState.DEGRADED, SessionState.COMPETING})
# What a worker says of its way back, which within the window is the expected restart.
ON_THE_WAY = frozenset(
    {SessionState.STARTING, SessionState.LOGGING_IN, SessionState.SYNCING, SessionState.ERROR, SessionState.RESTARTING}
)
# A person has to act before it is up again, and it's still wanted.
NEEDS_A_PERSON = frozenset({SessionState.AUTH_REQUIRED, SessionState.AUTH_FAILED})

NEW_YORK = ZoneInfo("America/New_York")
WEEKLY_END, SUNDAY = time(1), 6
# A gateway's clock may be ahead of ours, and what ends at the same moment may be noticed sooner or later.
EARLY = timedelta(minutes=2)
ABOUT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Window:
    """Both ends in UTC."""

    begin: datetime
    end: datetime


def restart_window(at: time, moment: datetime) -> Window | None:
    """The scheduled restart that `moment` lies in. `at` is the wall clock's, in GATEHOUSE_RESTART_TIME_ZONE."""
    zone = ZoneInfo(settings.RESTART_TIME_ZONE)
    today = moment.astimezone(zone).date()
    for day in (today - timedelta(days=1), today, today + timedelta(days=1)):
        begin = datetime.combine(day, at, zone).astimezone(UTC)
        window = Window(begin - EARLY, begin + settings.RESTART_WINDOW)
        if window.begin <= moment < window.end:
            return window
    return None


def expected_window(session: GatewaySession) -> Window | None:
    """The scheduled restart that this outage began in; None for one that has no schedule, and for a first start."""
    if session.down_since is None or not session.was_up:
        return None
    return restart_window(restart_at(session.account), session.down_since)


def weekly_end_before(moment: datetime) -> datetime:
    """The newest Sunday 01:00 in New York that isn't after `moment`, in UTC."""
    local = moment.astimezone(NEW_YORK)
    sunday = local.date() - timedelta(days=(local.weekday() - SUNDAY) % 7)
    end = datetime.combine(sunday, WEEKLY_END, NEW_YORK)
    return (end if end <= local else datetime.combine(sunday - timedelta(days=7), WEEKLY_END, NEW_YORK)).astimezone(UTC)


def weekly_login_ended(session: GatewaySession, now: datetime) -> bool:
    """Whether the broker's weekly end of all logins came since this session was last up."""
    if session.down_since is None or not session.was_up:
        return False
    return session.down_since - ABOUT <= weekly_end_before(now)


def mark(session: GatewaySession, *, was: SessionState, now: datetime) -> None:
    """Note where an outage begins and ends. `was` is the state before the one that the session has now."""
    state = SessionState(session.state)
    wanted = session.desired_state == GatewaySession.Desired.RUNNING or state in NEEDS_A_PERSON
    if state in UP or not wanted:
        session.down_since, session.was_up = None, False
        session.alert, session.alert_since = "", None
    elif session.down_since is None:
        session.down_since, session.was_up = now, was in UP


def as_expected(session: GatewaySession, state: SessionState, reason: str, now: datetime) -> tuple[SessionState, str]:
    """What to say of a worker's word: RESTARTING on the way back from a scheduled restart, while that lasts."""
    began = session.down_since is None and SessionState(session.state) in UP
    window = restart_window(restart_at(session.account), now) if began else expected_window(session)
    if state not in ON_THE_WAY or window is None or now >= window.end:
        return state, reason
    until = window.end.astimezone(ZoneInfo(settings.RESTART_TIME_ZONE))
    return SessionState.RESTARTING, f"The nightly restart, expected to end by {until:%H:%M %Z}. {reason}"


def alert_due(session: GatewaySession, now: datetime) -> str:
    """The sentence that its owner and the administrators get, or '' while there is nothing to tell."""
    if session.down_since is None or session.alert:
        return ""
    window = expected_window(session)
    longest = session.down_since + settings.ALERT_AFTER
    if now < max(longest, window.end if window else longest):
        return ""
    since = f"{session.down_since:%Y-%m-%d %H:%M} UTC"
    late = f"; the nightly restart should have been over at {window.end:%H:%M} UTC" if window else ""
    return f"This session has been down since {since}{late}. No order leaves until it is back."
