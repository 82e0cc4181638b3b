"""Whole sessions: rows, Redis, a gateway process and the real client library."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.db.models import F
from django.db.models.functions import Now

import workers.session
from brokers.domain import SessionState
from brokers.gateways.process import ProcessRuntime
from brokers.gateways.relay.words import Admission
from brokers.interactive_brokers.link.relayed import RelayedConnection
from tests.workers.conftest import Place, eventually, lose, reach, session_of, taken_over, told_states
from webapp.accounts import credentials, sessions
from webapp.accounts.models import AccountEvent, BrokerAccount, GatewaySession
from webapp.bus import interest, questions, quotes
from webapp.bus.redis import async_client
from webapp.trading.models import Instrument
from workers import leases, supervision
from workers.gateway import gateway_name
from workers.host import Taken
from workers.relay_key import key_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_login_leads_through_all_states_to_ready(ready: BrokerAccount) -> None:
    assert told_states(ready)[-4:] == ["STARTING", "LOGGING_IN", "SYNCING", "READY"]
    ready.refresh_from_db()
    assert ready.account_codes == ["DU1000001"]
    assert ready.may_trade is True
    assert session_of(ready).gateway_id


def test_a_login_whose_api_is_read_only_is_ready_and_may_not_trade(place: Place, wanted: BrokerAccount) -> None:
    place.new_host(read_only=True).open(wanted.id)
    reach(wanted, SessionState.READY)
    wanted.refresh_from_db()
    assert wanted.account_codes == ["DU1000001"]
    assert wanted.may_trade is False
    assert "API is read-only" in wanted.may_trade_reason


def test_a_wrong_password_ends_in_auth_failed_after_one_login(place: Place, wanted: BrokerAccount) -> None:
    credentials.store(account=wanted, username="demo", password="wrong")
    host = place.new_host()
    host.open(wanted.id)
    reach(wanted, SessionState.AUTH_FAILED)
    eventually(lambda: session_of(wanted).owner == "", "the lease is given back")
    session = session_of(wanted)
    assert session.desired_state == GatewaySession.Desired.STOPPED
    assert "password" in session.state_reason
    assert "wrong" not in session.state_reason.split()
    assert supervision.wanted_without_owner() == supervision.left_over() == []
    assert host.open(wanted.id) is Taken.NOT_FREE
    assert told_states(wanted).count("LOGGING_IN") == 1


def test_a_wrong_password_is_tried_once_also_when_the_database_is_away_as_it_is_refused(
    place: Place, wanted: BrokerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that is left while it is still wanted would be claimed again, with the same password."""
    record, faults = sessions.record_state, iter([OperationalError("the server closed the connection")] * 3)

    def refuse_thrice(*, state: SessionState, **values: Any) -> bool:
        if state is SessionState.AUTH_FAILED and (fault := next(faults, None)):
            raise fault
        return record(state=state, **values)

    monkeypatch.setattr(sessions, "record_state", refuse_thrice)
    credentials.store(account=wanted, username="demo", password="wrong")
    place.new_host().open(wanted.id)
    reach(wanted, SessionState.AUTH_FAILED)
    assert session_of(wanted).desired_state == GatewaySession.Desired.STOPPED
    assert next(faults, None) is None
    assert told_states(wanted).count("LOGGING_IN") == 1


def test_a_worker_without_its_keyset_waits_for_it_and_blames_no_login(
    place: Place, wanted: BrokerAccount, keysets: Any
) -> None:
    away = keysets.private.rename(keysets.private.with_suffix(".away"))
    place.new_host().open(wanted.id)
    reach(wanted, SessionState.ERROR)
    assert "can't read its private keyset" in session_of(wanted).state_reason
    away.rename(keysets.private)
    reach(wanted, SessionState.READY)


def test_a_stop_ends_the_gateway_and_takes_the_prices_back(place: Place, ready: BrokerAccount) -> None:
    sessions.request_stop(ready.id)
    reach(ready, SessionState.STOPPED)
    eventually(lambda: session_of(ready).owner == "", "the lease is given back")
    assert not place.runs(ready)
    assert session_of(ready).gateway_id == ""


def test_a_restart_ends_the_gateway_and_logs_in_anew(place: Place, ready: BrokerAccount) -> None:
    first = place.gateway_pid(ready)
    sessions.request_restart(ready.id)
    eventually(lambda: "STOPPED" in told_states(ready)[-3:], "it stops")
    eventually(lambda: place.runs(ready) and place.gateway_pid(ready) != first, "another gateway runs")
    reach(ready, SessionState.READY)
    assert not session_of(ready).starts_again


def test_a_gateway_that_dies_is_started_again(place: Place, ready: BrokerAccount) -> None:
    first = place.gateway_pid(ready)
    os.kill(first, signal.SIGKILL)
    eventually(lambda: session_of(ready).state != SessionState.READY, "the loss is noticed")
    reach(ready, SessionState.READY)
    assert place.gateway_pid(ready) != first


def test_a_worker_that_shuts_down_hands_its_session_over_with_its_gateway(place: Place, ready: BrokerAccount) -> None:
    gateway = place.gateway_pid(ready)
    place.hosts[0].stop()
    session = session_of(ready)
    assert session.state == SessionState.STOPPED
    assert "another one takes it over" in session.state_reason
    assert session.desired_state == GatewaySession.Desired.RUNNING
    assert session.owner == ""
    assert place.runs(ready)
    assert supervision.wanted_without_owner() == [ready.id]
    assert place.new_host("worker-2").open(ready.id) is Taken.TAKEN
    reach(ready, SessionState.READY)
    assert place.gateway_pid(ready) == gateway


def test_a_worker_that_shuts_down_when_its_lease_is_over_stops_no_gateway(
    place: Place, ready: BrokerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases.Lease, "is_live", property(lambda _: False))
    place.hosts[0].stop()
    assert place.runs(ready)


def test_a_session_has_one_owner(place: Place, ready: BrokerAccount) -> None:
    assert place.hosts[0].open(ready.id) is Taken.HERE_ALREADY
    assert place.new_host("worker-2").open(ready.id) is Taken.NOT_FREE


def test_a_full_worker_takes_no_more(place: Place, wanted: BrokerAccount) -> None:
    host = place.new_host(capacity=0)
    assert host.open(wanted.id) is Taken.FULL
    assert session_of(wanted).owner == ""


def test_a_worker_that_loses_its_lease_writes_nothing_more(place: Place, ready: BrokerAccount) -> None:
    GatewaySession.objects.filter(account=ready).update(
        owner="worker-2", fence=F("fence") + 1, lease_expires_at=Now() + timedelta(minutes=1), state_reason="Mine now."
    )
    eventually(lambda: place.hosts[0].held == 0, "the session is left")
    session = session_of(ready)
    assert session.owner == "worker-2"
    assert session.state_reason == "Mine now."
    assert place.runs(ready)


def test_a_worker_that_cannot_renew_leaves_before_its_time_is_over_and_writes_nothing(
    place: Place, ready: BrokerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_answer(_lease: leases.Lease) -> None:
        raise OperationalError("the server closed the connection")

    before = session_of(ready)
    monkeypatch.setattr(leases, "renew", no_answer)
    # The lease's end is met even when the next try to renew it would come later.
    monkeypatch.setattr(workers.session, "RENEW_EVERY", 3600.0)
    eventually(lambda: place.hosts[0].held == 0, "the session is left")
    after = session_of(ready)
    assert (after.state, after.owner, after.fence) == (before.state, before.owner, before.fence)
    assert place.runs(ready)


def test_a_session_whose_gateway_has_a_newer_owner_lets_go_at_once_and_touches_nothing(
    place: Place, ready: BrokerAccount
) -> None:
    fence, gateway = session_of(ready).fence, place.gateway_pid(ready)
    asyncio.run(come_by_with(fence + 1, ready, place))
    told = AccountEvent.objects.filter(account=ready, kind=AccountEvent.Kind.SESSION, body__state="ERROR")
    eventually(told.exists, "the session is left")
    assert "newer session of this account has its gateway" in told.get().body["reason"]
    # The rows name no newer owner, so the next look claims it anew, under a fence that is high enough.
    eventually(lambda: session_of(ready).fence > fence, "it is claimed anew")
    reach(ready, SessionState.READY)
    assert place.gateway_pid(ready) == gateway
    assert (place.folder(ready) / "relay.log").read_text().count("was refused") == 1


async def come_by_with(fence: int, account: BrokerAccount, place: Place) -> None:
    """As a session with this fence would, through the relay of the account's gateway."""
    name = gateway_name(account.id)
    endpoint = await place.runtime.find(name)
    assert endpoint is not None
    connection = RelayedConnection(Admission(name, fence, key_of(name)))
    await connection.connectAsync(endpoint.host, endpoint.port)
    connection.disconnect()


def test_a_gateway_without_a_relay_is_not_connected_to(place: Place, wanted: BrokerAccount) -> None:
    """Where gateways end with their starter they have none."""
    place.new_host(runtime=ProcessRuntime(place.var / "gateways", ends_with_us=True)).open(wanted.id)
    reach(wanted, SessionState.ERROR)
    assert "started without its relay" in session_of(wanted).state_reason
    assert place.ledger(wanted, "connection") == []


def test_what_a_lost_worker_left_is_ended_when_nobody_wants_it(place: Place, ready: BrokerAccount) -> None:
    lose(place, ready)
    sessions.request_stop(ready.id)
    assert supervision.left_over() == [ready.id]
    assert place.new_host("worker-2").close(ready.id) is Taken.TAKEN
    eventually(lambda: session_of(ready).gateway_id == "", "the gateway is ended")
    assert not place.runs(ready)
    assert session_of(ready).state == SessionState.STOPPED


def test_a_gateway_that_outlived_its_worker_is_found_again(place: Place, ready: BrokerAccount) -> None:
    first = place.gateway_pid(ready)
    lose(place, ready)
    taken_over(place, ready)
    assert place.gateway_pid(ready) == first


def test_a_search_is_answered_with_instruments_that_have_rows(ready: BrokerAccount) -> None:
    found = questions.ask(ready.id, "search", {"text": "AAPL"}, deadline=10)
    assert 265598 in found["con_ids"]
    assert Instrument.objects.get(con_id=265598).symbol == "AAPL"


@pytest.mark.parametrize("text", ["", "x" * 61, "AAPL\0"])
def test_a_search_for_nothing_that_can_be_searched_is_refused(ready: BrokerAccount, text: str) -> None:
    with pytest.raises(questions.Refused, match="Search for 1 to 60"):
        questions.ask(ready.id, "search", {"text": text}, deadline=10)


def test_a_filter_is_answered_with_all_that_fits_and_with_how_many_there_are(ready: BrokerAccount) -> None:
    future = {"secType": "FUT", "symbol": "ES", "lastTradeDateOrContractMonth": "201809"}
    found = questions.ask(ready.id, "search", {"filter": future}, deadline=10)
    row = Instrument.objects.get(con_id=found["con_ids"][0])
    assert (found["total"], row.local_symbol) == (1, "ESU8")


def test_a_filter_that_fits_nothing_says_what_was_asked(ready: BrokerAccount) -> None:
    asked = {"secType": "STK", "symbol": "NOSUCH", "currency": "EUR"}
    with pytest.raises(questions.Refused, match=r"no contract for secType 'STK', symbol 'NOSUCH', currency 'EUR'"):
        questions.ask(ready.id, "search", {"filter": asked}, deadline=10)


def test_a_filter_with_a_wrong_field_is_refused_by_its_name(ready: BrokerAccount) -> None:
    with pytest.raises(questions.Refused, match=r"no key 'currecy'.*currency"):
        questions.ask(ready.id, "search", {"filter": {"symbol": "AMD", "currecy": "USD"}}, deadline=10)


def test_what_is_on_a_screen_streams_into_the_snapshot(ready: BrokerAccount) -> None:
    con_ids = questions.ask(ready.id, "search", {"text": "AAPL"}, deadline=10)["con_ids"]
    look_at(ready, con_ids[:1])
    eventually(lambda: bid_of(ready, con_ids[0]) is not None, "a bid")
    assert stored(ready)[0] == session_of(ready).fence


def test_what_the_login_has_no_live_data_for_streams_delayed_and_says_so(ready: BrokerAccount) -> None:
    (sap,) = questions.ask(ready.id, "search", {"text": "SAP"}, deadline=10)["con_ids"]
    look_at(ready, [sap])
    eventually(lambda: bid_of(ready, sap) is not None, "a bid")
    assert json.loads(stored(ready)[2][sap])["market_data_type"] == "delayed"


def look_at(account: BrokerAccount, con_ids: list[int]) -> None:
    async def want() -> None:
        async with async_client() as redis:
            await interest.want(redis, account.id, con_ids)

    asyncio.run(want())


def stored(account: BrokerAccount) -> tuple[int, int, dict[int, str]]:
    async def read() -> tuple[int, int, dict[int, str]]:
        async with async_client() as redis:
            return await quotes.snapshot(redis, account.id)

    return asyncio.run(read())


def bid_of(account: BrokerAccount, con_id: int) -> str | None:
    encoded = stored(account)[2].get(con_id)
    return json.loads(encoded)["bid"] if encoded is not None else None
