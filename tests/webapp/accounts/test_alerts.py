"""Alerts are read off the events that services write, once each, and each person has seen their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from brokers.domain import OrderStatus, SessionState
from tests.webapp.trading.examples import placed, update
from webapp.accounts import alerts, events, sessions, sharing
from webapp.accounts.alert_rows import Alert
from webapp.accounts.models import BrokerAccount, GatewaySession, User
from webapp.trading import orders
from webapp.trading.kill_switch import engaging
from webapp.trading.models import Instrument

pytestmark = pytest.mark.django_db

UNTIL = "2026-11-29T06:03:00+00:00"


def told() -> list[tuple[str, str, bool]]:
    """Kind, text and whether it still holds, oldest first."""
    return [(str(row.kind), row.text, row.ended_at is None) for row in Alert.objects.order_by("pk")]


@pytest.fixture
def say(account: BrokerAccount) -> Callable[..., None]:
    """A worker's word on the session."""

    def said(state: SessionState, reason: str, **more: Any) -> None:
        assert sessions.record_state(account_id=account.pk, fence=0, state=state, reason=reason, **more)

    return said


def test_a_second_factor_that_waits_is_an_alert_until_it_waits_no_more(say: Callable[..., None]) -> None:
    asked = sessions.SecondFactor(attempt=1, attempts=3, until=UNTIL)
    say(SessionState.TWO_FACTOR, "Attempt 1 of 3.", second_factor=asked)
    say(SessionState.TWO_FACTOR, "Attempt 1 of 3, still.", second_factor=asked)
    assert told() == [("second_factor", "Attempt 1 of 3.", True)]
    say(SessionState.LOGGING_IN, "Confirmed.")
    assert told() == [("second_factor", "Attempt 1 of 3.", False)]
    say(SessionState.TWO_FACTOR, "Attempt 2 of 3.", second_factor=asked)
    assert [holds for _, _, holds in told()] == [False, True]


def test_a_login_that_needs_its_person_is_an_alert(say: Callable[..., None]) -> None:
    say(SessionState.AUTH_FAILED, "The broker refused this login.")
    assert told() == [("login", "The broker refused this login.", True)]


def test_an_outage_is_an_alert_until_it_is_over(account: BrokerAccount) -> None:
    with transaction.atomic():
        events.append(account_id=account.pk, kind="alert", subject="", body={"alert": "Down since noon."})
    assert told() == [("outage", "Down since noon.", True)]
    with transaction.atomic():
        events.append(account_id=account.pk, kind="alert", subject="", body={"alert": ""})
    assert told() == [("outage", "Down since noon.", False)]


def test_the_kill_switch_is_an_alert_until_it_is_released(ready_account: BrokerAccount) -> None:
    engaging.engage(account=ready_account, by=ready_account.user, reason="wrong currency")
    engaging.engage(account=ready_account, by=ready_account.user)
    assert told() == [("kill_switch", "Stopped on this account by alice: wrong currency.", True)]
    engaging.release(account=ready_account)
    assert told() == [("kill_switch", "Stopped on this account by alice: wrong currency.", False)]


def test_a_rejected_order_and_one_that_nobody_knows_of_are_alerts_once(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    first, second, third = (placed(ready_account) for _ in range(3))
    rejected = update(first, status=OrderStatus.REJECTED, ib_status="Inactive", reason="No margin.")
    orders.apply_update(account_id=ready_account.pk, update=rejected)
    orders.apply_update(account_id=ready_account.pk, update=rejected)
    orders.mark_unknown(command=second.commands.get(), reason="No word.")
    orders.apply_update(account_id=ready_account.pk, update=update(third, perm_id=901))
    assert [(kind, subject) for kind, subject in Alert.objects.order_by("pk").values_list("kind", "subject")] == [
        ("order_rejected", str(first.client_order_id)),
        ("order_unknown", str(second.client_order_id)),
    ]
    assert told()[0][1].startswith("BUY 10 AAPL LMT 190.5 DAY. No margin.")


def test_an_order_that_is_unknown_again_is_an_alert_again(ready_account: BrokerAccount, aapl: Instrument) -> None:
    order, other = placed(ready_account), placed(ready_account)
    orders.mark_unknown(command=other.commands.get(), reason="Nothing of the other.")
    for standing in ([True, True], [True, False, True]):
        orders.apply_update(account_id=ready_account.pk, update=update(order))
        orders.mark_missing(account_id=ready_account.pk, at_work=[order.pk], order_refs=(), perm_ids=())
        assert [holds for _, _, holds in told()] == standing
    orders.apply_update(account_id=ready_account.pk, update=update(order))
    assert [holds for _, _, holds in told()] == [True, False, False]
    numbers = list(Alert.objects.order_by("pk").values_list("number", flat=True))
    assert numbers == sorted(set(numbers))


def test_the_kill_switch_beneath_the_one_for_all_still_stands(ready_account: BrokerAccount, bob: User) -> None:
    engaging.engage(account=ready_account, by=ready_account.user)
    engaging.engage_for_all(by=bob)
    engaging.release_for_all()
    assert [text for _, text, holds in told() if holds] == ["Stopped on this account by alice."]


def test_what_was_rolled_back_was_never_an_alert(account: BrokerAccount) -> None:
    def undone() -> None:
        with transaction.atomic():
            events.append(account_id=account.pk, kind="alert", subject="", body={"alert": "Down since noon."})
            raise LookupError

    with pytest.raises(LookupError):
        undone()
    assert told() == []


class TestSeen:
    def test_each_person_sees_for_themselves(self, account: BrokerAccount, alice: User, bob: User) -> None:
        sharing.accept(sharing.invite(account=account, username="bob", role="viewer"))
        engaging.engage(account=account, by=alice)
        assert (alerts.unseen_count(alice), alerts.unseen_count(bob)) == (1, 1)
        account.refresh_from_db()
        alerts.mark_seen(user=alice, up_to=[(account.pk, account.last_event_number)])
        assert (alerts.unseen_count(alice), alerts.unseen_count(bob)) == (0, 1)

    def test_what_came_after_the_page_was_painted_stays_new(self, account: BrokerAccount, alice: User) -> None:
        engaging.engage(account=account, by=alice)
        painted = Alert.objects.get().number
        engaging.release(account=account)
        engaging.engage(account=account, by=alice)
        alerts.mark_seen(user=alice, up_to=[(account.pk, painted)])
        alerts.mark_seen(user=alice, up_to=[(account.pk, 0)])
        assert alerts.unseen_count(alice) == 1

    def test_who_comes_later_is_not_greeted_with_old_news(self, account: BrokerAccount, alice: User, bob: User) -> None:
        engaging.engage(account=account, by=alice)
        account.refresh_from_db()
        sharing.accept(sharing.invite(account=account, username="bob", role="viewer"))
        assert alerts.unseen_count(bob) == 0
        assert [alert.kind for alert in alerts.of(bob)] == ["kill_switch"]

    def test_nobody_else_hears_of_it(self, account: BrokerAccount, alice: User, bob: User) -> None:
        engaging.engage(account=account, by=alice)
        assert GatewaySession.objects.count() == 1
        assert (alerts.unseen_count(bob), list(alerts.of(bob))) == (0, [])
