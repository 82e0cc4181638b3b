"""Orders on their whole way: row, worker, socket, the broker's words, row."""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, transaction

import workers.commands
import workers.doubts
from brokers.domain import OrderStatus, SessionState
from brokers.interactive_brokers.link.lanes import CEILING, Lane
from tests.workers.conftest import Place, eventually, lose, reach, session_of, taken_over
from tests.workers.trading import AAPL, MARKET, RESTING, becomes, command_of, place_order, run_out, sent
from webapp.accounts import sessions
from webapp.accounts.models import AccountEvent, BrokerAccount, GatewaySession
from webapp.bus import questions
from webapp.trading import commands, orders
from webapp.trading.commands import doubts
from webapp.trading.kill_switch import engaging
from webapp.trading.models import Execution, Order, OrderCommand, Position
from webapp.trading.orders import SessionNotReady, missing
from workers import leases
from workers.gateway import gateway_name

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_market_order_is_filled_with_its_commission_and_a_position(place: Place, trading: BrokerAccount) -> None:
    order = place_order(trading, **MARKET)
    becomes(order, OrderStatus.FILLED)
    assert order.filled_quantity == 10
    eventually(lambda: Order.objects.get(pk=order.pk).ib_status == "Filled", "IB's own word")
    executions = Execution.objects.filter(order=order)
    eventually(lambda: executions.filter(commission__isnull=False).exists(), "a commission")
    assert sum(execution.quantity for execution in executions) == 10
    eventually(lambda: Position.objects.filter(account=trading, quantity=10).exists(), "a position")
    assert command_of(order).state == OrderCommand.State.SENT
    assert 0 < command_of(order).from_order_id <= order.broker_orders.get().broker_order_id
    assert len(sent(place, trading, order)) == 1


def test_a_resting_order_is_submitted_and_cancelled(trading: BrokerAccount) -> None:
    order = place_order(trading, **RESTING)
    becomes(order, OrderStatus.SUBMITTED)
    eventually(lambda: Order.objects.get(pk=order.pk).ib_status == "Submitted", "IB's own word")
    orders.cancel(account=trading, client_order_id=str(order.client_order_id))
    becomes(order, OrderStatus.CANCELLED)
    assert order.ib_status == "Cancelled"
    assert command_of(order, OrderCommand.Verb.CANCEL).state == OrderCommand.State.SENT


def test_an_order_that_the_broker_refuses_is_rejected_with_its_reason(trading: BrokerAccount) -> None:
    order = place_order(trading, **{**RESTING, "quantity": "100000000"})
    becomes(order, OrderStatus.REJECTED)
    assert order.reason


def test_a_command_that_waited_while_no_doorbell_rang_is_found_by_the_slow_poll(
    trading: BrokerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    from webapp.bus import doorbell

    monkeypatch.setattr(doorbell, "ring", lambda _account_id: False)
    becomes(place_order(trading, **MARKET), OrderStatus.FILLED)


def test_the_doorbell_alone_brings_an_order_to_the_worker(
    place: Place, wanted: BrokerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers.commands, "LOOK_EVERY", 3600.0)
    place.new_host().open(wanted.id)
    reach(wanted, SessionState.READY)
    questions.ask(wanted.id, "search", {"text": "AAPL"}, deadline=10)
    becomes(place_order(wanted, **MARKET), OrderStatus.FILLED)
    becomes(place_order(wanted, **MARKET), OrderStatus.FILLED)


def test_events_are_numbered_without_a_gap(trading: BrokerAccount) -> None:
    placed = [place_order(trading, **MARKET) for _ in range(3)]
    for order in placed:
        becomes(order, OrderStatus.FILLED)
    numbers = list(AccountEvent.objects.filter(account=trading).order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))


def test_an_order_whose_worker_was_lost_before_the_bytes_is_proved_absent_and_never_sent(
    place: Place, trading: BrokerAccount
) -> None:
    lose(place, trading)
    lease = leases.claim(account_id=trading.id, owner="lost-worker")
    assert lease is not None
    GatewaySession.objects.filter(account=trading).update(state=SessionState.READY)
    order = place_order(trading, **RESTING)
    assert commands.claim_next(account_id=trading.id, worker="lost-worker", fence=lease.fence) is not None
    run_out(trading)

    taken_over(place, trading)
    becomes(order, OrderStatus.REJECTED)
    assert (command_of(order).state, order.reason) == (OrderCommand.State.ABSENT, doubts.ABSENT)
    # Another order goes through, so the worker did look for commands, and let this one be.
    becomes(place_order(trading, **MARKET), OrderStatus.FILLED)
    assert sent(place, trading, order) == []


def test_an_order_that_a_frozen_gateway_never_read_is_proved_absent_at_the_next_one(
    place: Place, trading: BrokerAccount
) -> None:
    frozen = place.gateway_pid(trading)
    os.kill(frozen, signal.SIGSTOP)
    order = place_order(trading, **RESTING)
    eventually(lambda: command_of(order).state == OrderCommand.State.SENT, "the bytes are handed to the socket")
    os.kill(frozen, signal.SIGKILL)

    becomes(order, OrderStatus.REJECTED)
    assert (command_of(order).state, order.reason) == (OrderCommand.State.ABSENT, doubts.ABSENT)
    reach(trading, SessionState.READY)
    becomes(place_order(trading, **MARKET), OrderStatus.FILLED)
    assert sent(place, trading, order) == []


def test_an_order_sent_before_a_read_only_gateway_took_over_stays_unknown(place: Place, trading: BrokerAccount) -> None:
    order = place_order(trading, **RESTING)
    becomes(order, OrderStatus.SUBMITTED)
    eventually(lambda: command_of(order).state == OrderCommand.State.SENT, "the command is concluded")
    lose(place, trading)
    Order.objects.filter(pk=order.pk).update(status=OrderStatus.PENDING, ib_status="")

    taken_over(place, trading, read_only=True)
    becomes(order, OrderStatus.UNKNOWN)
    eventually(lambda: "can't be read" in Order.objects.get(pk=order.pk).reason, "it says that nobody can know")


def test_an_order_that_the_broker_had_and_shows_no_more_is_unknown(place: Place, trading: BrokerAccount) -> None:
    order = place_order(trading, **RESTING)
    becomes(order, OrderStatus.SUBMITTED)
    eventually(lambda: command_of(order).state == OrderCommand.State.SENT, "the command is concluded")
    lose(place, trading)
    # As after days: IB shows about one, and the gateway of before is gone with what it knew.
    asyncio.run(place.runtime.stop(gateway_name(trading.id)))
    (place.folder(trading) / "ledger.jsonl").unlink()

    taken_over(place, trading)
    order.refresh_from_db()
    assert (order.status, order.reason) == (OrderStatus.UNKNOWN, missing.MISSING)
    still = place_order(trading, **RESTING)
    becomes(still, OrderStatus.SUBMITTED)
    assert sent(place, trading, order) == []


def test_an_order_whose_claim_was_answered_by_no_one_is_proved_absent_on_the_same_link(
    place: Place, trading: BrokerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim_next = commands.claim_next

    def claim_and_lose_the_answer(**arguments: Any) -> OrderCommand | None:
        claimed = claim_next(**arguments)
        if claimed is None:
            return None
        monkeypatch.setattr(commands, "claim_next", claim_next)
        raise OperationalError("the server closed the connection")

    fence = session_of(trading).fence
    monkeypatch.setattr(commands, "claim_next", claim_and_lose_the_answer)
    order = place_order(trading, **MARKET)
    becomes(order, OrderStatus.REJECTED)
    assert order.reason == doubts.ABSENT
    assert (sent(place, trading, order), session_of(trading).fence) == ([], fence)
    another = place_order(trading, **MARKET)
    becomes(another, OrderStatus.FILLED)


def test_a_command_whose_worker_was_lost_after_the_bytes_is_linked_and_not_sent_again(
    place: Place, trading: BrokerAccount
) -> None:
    order = place_order(trading, **MARKET)
    becomes(order, OrderStatus.FILLED)
    eventually(lambda: command_of(order).state == OrderCommand.State.SENT, "the command is concluded")
    lose(place, trading)
    # As if it had been lost between the bytes and the note that they left.
    OrderCommand.objects.filter(order=order).update(state=OrderCommand.State.SENDING, ended_at=None)
    Order.objects.filter(pk=order.pk).update(status=OrderStatus.PENDING, ib_status="", filled_quantity=Decimal(0))
    Execution.objects.filter(order=order).delete()

    taken_over(place, trading)
    becomes(order, OrderStatus.FILLED)
    eventually(lambda: command_of(order).state == OrderCommand.State.SENT, "the command is concluded")
    assert Execution.objects.filter(order=order).exists()
    assert len(sent(place, trading, order)) == 1


def test_orders_that_a_read_only_gateway_does_not_show_stay_what_they_are(place: Place, trading: BrokerAccount) -> None:
    resting, interrupted = (place_order(trading, **RESTING) for _ in range(2))
    for order in (resting, interrupted):
        becomes(order, OrderStatus.SUBMITTED)
        eventually(lambda order=order: command_of(order).state == OrderCommand.State.SENT, "the command is concluded")
    lose(place, trading)
    OrderCommand.objects.filter(order=interrupted).update(state=OrderCommand.State.SENDING, ended_at=None)
    Order.objects.filter(pk=interrupted.pk).update(status=OrderStatus.PENDING, ib_status="")

    taken_over(place, trading, read_only=True)
    becomes(interrupted, OrderStatus.UNKNOWN)
    assert command_of(interrupted).state == OrderCommand.State.UNKNOWN
    resting.refresh_from_db()
    assert resting.status == OrderStatus.SUBMITTED
    with pytest.raises(SessionNotReady, match="API is read-only"):
        place_order(trading, **MARKET)


def test_an_order_that_the_gateway_drops_in_silence_is_proved_absent_on_the_same_link(
    place: Place, trading: BrokerAccount
) -> None:
    place.tell_gateway(trading, {"do": "drop_orders", "count": 1})
    order = place_order(trading, **RESTING)
    becomes(order, OrderStatus.UNKNOWN)
    becomes(order, OrderStatus.REJECTED)
    assert order.reason == doubts.ABSENT
    assert session_of(trading).state == SessionState.READY
    becomes(place_order(trading, **MARKET), OrderStatus.FILLED)


def test_an_order_in_doubt_is_looked_for_at_once_while_another_one_can_t_be_proved(
    place: Place, trading: BrokerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers.doubts, "FIRST_RETRY", 3600.0)
    monkeypatch.setattr(workers.doubts, "LONGEST_RETRY", 3600.0)
    lose(place, trading)
    taken_over(place, trading)
    unprovable, _, _ = doubts.UNPROVABLE.partition("{")
    place.tell_gateway(trading, {"do": "ignore", "message": "reqExecutions", "count": 1})
    place.tell_gateway(trading, {"do": "drop_orders", "count": 2})
    first = place_order(trading, **RESTING)
    eventually(lambda: Order.objects.get(pk=first.pk).reason.startswith(unprovable), "the first can't be proved")
    second = place_order(trading, **RESTING)
    becomes(second, OrderStatus.REJECTED)
    becomes(first, OrderStatus.REJECTED)
    assert {first.reason, second.reason} == {doubts.ABSENT}


def test_a_change_reaches_the_broker_and_comes_back_as_the_orders_terms(place: Place, trading: BrokerAccount) -> None:
    order = place_order(trading, **RESTING)
    becomes(order, OrderStatus.SUBMITTED)
    eventually(lambda: Order.objects.get(pk=order.pk).ib_status == "Submitted", "IB's own word")
    orders.modify(account=trading, client_order_id=str(order.client_order_id), limit_price="1.05", quantity="12")

    eventually(lambda: Order.objects.get(pk=order.pk).limit_price == Decimal("1.05"), "the new price")
    order.refresh_from_db()
    assert (order.quantity, order.status) == (12, OrderStatus.SUBMITTED)
    assert command_of(order, OrderCommand.Verb.MODIFY).state == OrderCommand.State.SENT


def test_a_kill_switch_cancels_every_open_order_and_takes_none(trading: BrokerAccount) -> None:
    resting = [place_order(trading, **RESTING) for _ in range(3)]
    for order in resting:
        becomes(order, OrderStatus.SUBMITTED)
    engaging.engage(account=trading, by=trading.user)
    for order in resting:
        becomes(order, OrderStatus.CANCELLED)
    with pytest.raises(orders.KillSwitchEngaged):
        place_order(trading, **MARKET)


def test_a_kill_switch_that_is_thrown_while_nobody_is_connected_cancels_when_somebody_is(
    place: Place, trading: BrokerAccount
) -> None:
    order = place_order(trading, **RESTING)
    becomes(order, OrderStatus.SUBMITTED)
    lose(place, trading)
    engaging.engage(account=trading, by=trading.user)
    taken_over(place, trading)
    becomes(order, OrderStatus.CANCELLED)


def test_a_kill_switch_whose_worker_was_lost_before_the_bytes_cancels_with_the_next_one(
    place: Place, trading: BrokerAccount
) -> None:
    order = place_order(trading, **RESTING)
    becomes(order, OrderStatus.SUBMITTED)
    lose(place, trading)
    lease = leases.claim(account_id=trading.id, owner="lost-worker")
    assert lease is not None
    engaging.engage(account=trading, by=trading.user)
    claimed = commands.claim_next(account_id=trading.id, worker="lost-worker", fence=lease.fence)
    assert claimed is not None
    assert claimed.verb == OrderCommand.Verb.CANCEL_ALL
    run_out(trading)

    taken_over(place, trading)
    becomes(order, OrderStatus.CANCELLED)


def let_rows_wait(settings: Any) -> None:
    """The machine may be busy, and what is waited for here are the lanes, which keep what the node was told before."""
    settings.ORDER_TIME_TO_LIVE = timedelta(minutes=5)


def test_an_order_that_waits_too_long_in_the_lanes_is_rejected_and_said_not_to_have_left(
    place: Place, trading: BrokerAccount, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    let_rows_wait(settings)
    monkeypatch.setitem(CEILING, Lane.ORDER, 1)  # one a second, of which three are in time
    with transaction.atomic():
        placed = [place_order(trading, **MARKET) for _ in range(10)]
    in_time = [order for order in placed if ended(order) == OrderStatus.FILLED]
    late = [order for order in placed if order not in in_time]
    assert late
    for order in late:
        order.refresh_from_db()
        assert (order.status, command_of(order).state) == (OrderStatus.REJECTED, OrderCommand.State.REFUSED)
        assert "is not sent late" in order.reason
    assert [len(sent(place, trading, order)) for order in placed] == [int(order in in_time) for order in placed]


def test_an_order_whose_time_is_up_between_its_claim_and_its_bytes_is_refused(
    place: Place, trading: BrokerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim_next = commands.claim_next

    def claim_and_be_held_up(**arguments: Any) -> OrderCommand | None:
        claimed = claim_next(**arguments)
        if claimed is not None and claimed.send_by is not None:
            claimed.send_by -= 600  # as if that much time had gone by since
        return claimed

    monkeypatch.setattr(commands, "claim_next", claim_and_be_held_up)
    order = place_order(trading, **MARKET)
    becomes(order, OrderStatus.REJECTED)
    assert command_of(order).state == OrderCommand.State.REFUSED
    assert order.reason == "Not sent: it could not leave within 3 seconds. Nothing reached the broker; decide again."
    assert sent(place, trading, order) == []


def test_a_cancel_of_an_order_that_waits_in_the_lanes_withdraws_it(
    place: Place, trading: BrokerAccount, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    let_rows_wait(settings)
    monkeypatch.setitem(CEILING, Lane.ORDER, 1)
    with transaction.atomic():
        *_, last = [place_order(trading, **RESTING) for _ in range(10)]
    eventually(lambda: command_of(last).state == OrderCommand.State.SENT, "the node has it to send")
    orders.cancel(account=trading, client_order_id=str(last.client_order_id))
    becomes(last, OrderStatus.CANCELLED)
    assert (last.ib_status, last.reason) == ("", "Cancelled before it was sent: the broker never saw it.")

    def states() -> list[str]:
        return [command_of(last, verb).state for verb in (OrderCommand.Verb.SUBMIT, OrderCommand.Verb.CANCEL)]

    eventually(lambda: states() == [OrderCommand.State.REFUSED] * 2, "neither is said to have left")
    assert sent(place, trading, last) == []


def ended(order: Order) -> str:
    def is_over() -> bool:
        order.refresh_from_db()
        return OrderStatus(order.status).is_final

    eventually(is_over, "the order is over")
    return order.status


def test_a_fill_made_while_nobody_was_connected_is_read_after_the_reconnect(
    place: Place, trading: BrokerAccount
) -> None:
    order = place_order(trading, **MARKET)
    becomes(order, OrderStatus.FILLED)
    sessions.request_stop(trading.id)
    reach(trading, SessionState.STOPPED)
    eventually(lambda: session_of(trading).owner == "", "the lease is given back")
    Execution.objects.filter(account=trading).delete()
    Position.objects.filter(account=trading).delete()
    sessions.request_start(trading.id)
    place.hosts[0].open(trading.id)
    reach(trading, SessionState.READY)
    assert Execution.objects.filter(order=order, commission__isnull=False).exists()
    assert Position.objects.get(account=trading).quantity == 10


def test_a_position_that_is_gone_when_the_session_returns_is_closed(place: Place, trading: BrokerAccount) -> None:
    lose(place, trading)
    Position.objects.create(
        account=trading, account_code="DU1000001", instrument_id=AAPL, quantity=Decimal(5), average_cost=Decimal(1)
    )
    taken_over(place, trading)
    assert not Position.objects.filter(account=trading).exists()
