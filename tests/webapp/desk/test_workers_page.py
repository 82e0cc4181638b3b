"""Workers as the desk shows them, and what it can wish of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from webapp.accounts import workforce
from webapp.accounts.models import BrokerAccount, GatewaySession, Worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker() -> Worker:
    workforce.enrol(name="worker@host:1:ab", version="4c24391", capacity=5)
    return Worker.objects.get()


def text(desk: Client) -> str:
    return desk.get("/desk/workers/").content.decode()


def test_a_worker_is_shown_with_its_load_and_version(
    desk: Client, worker: Worker, account: BrokerAccount, hold: Callable[..., GatewaySession]
) -> None:
    hold(account, owner=worker.name)
    page = text(desk)
    for shown in ("worker@host:1:ab", "1 of 5", "4c24391", "In service", "Drain"):
        assert shown in page


def test_a_worker_that_is_not_heard_of_stays_and_says_since_when(desk: Client, worker: Worker) -> None:
    Worker.objects.update(seen_at="2026-01-05T15:30:00Z")
    page = text(desk)
    assert "Not seen" in page
    assert "2026-01-05 15:30:00 UTC" in page
    desk.post(f"/desk/workers/{worker.pk}/forget/")
    assert not Worker.objects.exists()


def test_a_worker_at_work_is_not_taken_off_the_list(desk: Client, worker: Worker) -> None:
    page = desk.post(f"/desk/workers/{worker.pk}/forget/", follow=True).content.decode()
    assert "is at work" in page
    assert Worker.objects.exists()


def test_a_worker_is_drained_and_taken_into_service_again(
    desk: Client, worker: Worker, account: BrokerAccount, hold: Callable[..., GatewaySession]
) -> None:
    hold(account, owner=worker.name)
    desk.post(f"/desk/workers/{worker.pk}/drain/")
    assert "1 to go" in text(desk)
    desk.post(f"/desk/workers/{worker.pk}/undrain/")
    assert "In service" in text(desk)


def test_sessions_that_nobody_holds_are_said(desk: Client, worker: Worker, account: BrokerAccount) -> None:
    assert "held by no worker" not in text(desk)
    GatewaySession.objects.update(desired_state="RUNNING")
    assert "1 session is wanted and held by no worker" in text(desk)
