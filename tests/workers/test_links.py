"""What a session does when its link, its database or its gateway misbehaves."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import DataError

from brokers.domain import OrderStatus, SessionState
from tests.workers.conftest import Place, eventually, reach, session_of, told_states
from tests.workers.test_sessions import bid_of, look_at
from webapp.accounts.models import AccountEvent, BrokerAccount
from webapp.bus import questions
from webapp.trading import fills, orders
from webapp.trading.models import Execution, Order
from workers import link

pytestmark = pytest.mark.django_db(transaction=True)

AAPL = 265598


@pytest.fixture
def trading(ready: BrokerAccount) -> BrokerAccount:
    questions.ask(ready.id, "search", {"text": "AAPL"}, deadline=10)
    ready.refresh_from_db()
    return ready


def buy(account: BrokerAccount) -> Order:
    return orders.place(
        account=account,
        client_order_id=str(uuid.uuid4()),
        con_id=AAPL,
        side="BUY",
        order_type="MKT",
        quantity="10",
    ).order


def refuse_executions(monkeypatch: pytest.MonkeyPatch, refusals: Iterator[bool]) -> None:
    """The database refuses an execution whenever `refusals` says so; there is no harmless way to make it do that."""
    record = fills.record_execution

    def refusing(**values: Any) -> None:
        if next(refusals):
            raise DataError("value out of range")
        record(**values)

    monkeypatch.setattr(fills, "record_execution", refusing)


def yes_times(times: int) -> Iterator[bool]:
    for _ in range(times):
        yield True
    while True:
        yield False


def test_a_write_that_the_database_refused_is_read_again_from_the_broker(
    trading: BrokerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_executions(monkeypatch, yes_times(1))
    order = buy(trading)
    eventually(lambda: Execution.objects.filter(order=order).exists(), "the execution is there after all")
    eventually(lambda: told_states(trading)[-3:] == ["READY", "SYNCING", "READY"], "the owner was told")
    reasons = AccountEvent.objects.filter(account=trading, body__state="SYNCING").values_list("body__reason", flat=True)
    assert link.READING_AGAIN in list(reasons)


def test_a_write_that_is_refused_twice_is_told_to_the_owner_and_ends_no_session(
    trading: BrokerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_executions(monkeypatch, yes_times(1000))
    order = buy(trading)
    notices = AccountEvent.objects.filter(account=trading, kind=AccountEvent.Kind.NOTICE)
    eventually(lambda: notices.filter(body__message__icontains="could not be stored").exists(), "a notice")
    eventually(lambda: session_of(trading).state == SessionState.READY, "READY all the same")
    eventually(lambda: Order.objects.get(pk=order.pk).status == OrderStatus.FILLED, "the order itself is right")


def test_what_the_broker_leaves_unanswered_is_asked_again_on_the_same_link_and_the_owner_is_told(
    place: Place, wanted: BrokerAccount, tmp_path: Path, settings: Any
) -> None:
    """Its gateway leaves the first question about executions unanswered."""
    scenario = tmp_path / "scenario.json"
    scenario.write_text(json.dumps([{"do": "ignore", "message": "reqExecutions"}]))
    settings.SIMULATOR_ARGUMENTS = ["--scenario", str(scenario)]
    place.new_host().open(wanted.id)
    reach(wanted, SessionState.READY)
    notices = AccountEvent.objects.filter(account=wanted, kind=AccountEvent.Kind.NOTICE)
    said = [event.body["message"] for event in notices]
    assert [one for one in said if "did not answer on executions. Until it does, that is not known" in one]
    assert told_states(wanted)[-3:] == ["LOGGING_IN", "SYNCING", "READY"]
    assert session_of(wanted).last_error == ""


def test_a_farm_that_breaks_limits_the_session_until_it_is_back(place: Place, trading: BrokerAccount) -> None:
    place.tell_gateway(trading, {"do": "break_farm", "farm": "usfarm"})
    reach(trading, SessionState.DEGRADED)
    assert "quotes may be stale" in session_of(trading).state_reason
    place.tell_gateway(trading, {"do": "mend_farm", "farm": "usfarm"})
    reach(trading, SessionState.READY)


def test_a_competing_session_takes_the_data_and_gives_it_back_by_itself(place: Place, trading: BrokerAccount) -> None:
    look_at(trading, [AAPL])
    eventually(lambda: bid_of(trading, AAPL) is not None, "a bid")
    place.tell_gateway(trading, {"do": "compete"})
    reach(trading, SessionState.COMPETING)
    assert "second username" in session_of(trading).state_reason
    assert session_of(trading).down_since is None
    place.tell_gateway(trading, {"do": "stop_competing"})
    reach(trading, SessionState.READY)
