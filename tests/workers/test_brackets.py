"""A bracket on its whole way: handed over as one, filled, cancelled, and lost half-way."""

from __future__ import annotations

import pytest

from brokers.domain import OrderStatus
from tests.workers.conftest import Place, eventually, lose, reach, taken_over
from tests.workers.trading import RESTING, becomes, command_of, place_order, run_out, sent
from webapp.accounts.models import BrokerAccount, GatewaySession
from webapp.trading import commands, orders
from webapp.trading.commands import doubts
from webapp.trading.models import Order, OrderCommand
from workers import leases

pytestmark = pytest.mark.django_db(transaction=True)

# The entry rests below the market, and its ways out are far enough from it to wait for the test.
BRACKET = {**RESTING, "limit_price": "150.00", "take_profit_price": "250.00", "stop_loss_price": "140.00"}


def group_of(entry: Order) -> list[Order]:
    return [entry, *Order.objects.filter(parent=entry).order_by("id")]


def working(place: Place, account: BrokerAccount) -> list[Order]:
    """An entry that rests, with what is attached to it, each with the broker's word."""
    group = group_of(place_order(account, **BRACKET))
    for order in group:
        becomes(order, OrderStatus.SUBMITTED)
        eventually(lambda order=order: command_of(order).state == "SENT", "the command is concluded")
        eventually(lambda order=order: _word(order) in ("Submitted", "PreSubmitted"), "IB's own word")
        assert len(sent(place, account, order)) == 1
    return group


def fill(place: Place, account: BrokerAccount, order: Order, price: str) -> None:
    place.tell_gateway(account, {"do": "fill", "order": str(order.client_order_id), "price": price})
    becomes(order, OrderStatus.FILLED)


@pytest.mark.parametrize(("filled", "price"), [(1, "250"), (2, "140")])
def test_the_first_way_out_to_be_filled_cancels_the_other(
    place: Place, trading: BrokerAccount, filled: int, price: str
) -> None:
    group = working(place, trading)
    assert {row["message"]["terms"]["transmit"] for order in group[:2] for row in sent(place, trading, order)} == {"0"}
    fill(place, trading, group[0], "150")
    fill(place, trading, group[filled], price)
    becomes(group[3 - filled], OrderStatus.CANCELLED)
    assert {len(sent(place, trading, order)) for order in group} == {1}


def test_the_ways_out_end_with_their_entry(place: Place, trading: BrokerAccount) -> None:
    group = working(place, trading)
    orders.cancel(account=trading, client_order_id=str(group[0].client_order_id))
    for order in group:
        becomes(order, OrderStatus.CANCELLED)


def test_cancelling_all_ends_orders_and_brackets_and_the_next_order_is_taken(
    place: Place, trading: BrokerAccount
) -> None:
    group, alone = working(place, trading), place_order(trading, **RESTING)
    becomes(alone, OrderStatus.SUBMITTED)
    orders.cancel_all(account=trading)
    for order in [*group, alone]:
        becomes(order, OrderStatus.CANCELLED)
    becomes(place_order(trading, **RESTING), OrderStatus.SUBMITTED)


def test_a_bracket_that_the_broker_does_not_take_is_refused_whole(place: Place, trading: BrokerAccount) -> None:
    group = group_of(place_order(trading, **{**BRACKET, "quantity": "100000000"}))
    for order in group:
        becomes(order, OrderStatus.REJECTED if order is group[0] else order_end(order))


def test_a_bracket_whose_last_way_out_is_refused_holds_nothing_back_at_the_gateway(
    place: Place, trading: BrokerAccount
) -> None:
    """The gateway keeps what was not transmitted yet, and would for ever."""
    entry, take_profit, stop_loss = group_of(place_order(trading, **{**BRACKET, "stop_loss_price": "0.01"}))
    becomes(stop_loss, OrderStatus.REJECTED)
    assert "Precautionary" in stop_loss.reason
    becomes(entry, OrderStatus.CANCELLED)
    assert order_end(take_profit)
    cancel = command_of(entry, OrderCommand.Verb.CANCEL)
    assert (cancel.state, cancel.by) == (OrderCommand.State.SENT, None)
    assert place.ledger(trading, "cancel")
    becomes(place_order(trading, **RESTING), OrderStatus.SUBMITTED)


def order_end(order: Order) -> OrderStatus:
    """IB takes what was attached to a rejected order away with it, in a word of its own."""
    eventually(lambda: OrderStatus(_fresh(order).status).is_final, "the order is over")
    assert order.status in (OrderStatus.REJECTED, OrderStatus.CANCELLED)
    return OrderStatus(order.status)


def test_a_bracket_whose_worker_was_lost_before_the_bytes_is_proved_absent_whole(
    place: Place, trading: BrokerAccount
) -> None:
    lose(place, trading)
    lease = leases.claim(account_id=trading.id, owner="lost-worker")
    assert lease is not None
    GatewaySession.objects.filter(account=trading).update(state="READY")
    group = group_of(place_order(trading, **BRACKET))
    assert commands.claim_next(account_id=trading.id, worker="lost-worker", fence=lease.fence) is not None
    run_out(trading)

    taken_over(place, trading)
    for order in group:
        becomes(order, OrderStatus.REJECTED)
        assert (command_of(order).state, order.reason) == (OrderCommand.State.ABSENT, doubts.ABSENT)
        assert sent(place, trading, order) == []


def test_a_bracket_whose_worker_was_lost_after_the_bytes_is_linked_and_not_sent_again(
    place: Place, trading: BrokerAccount
) -> None:
    group = working(place, trading)
    lose(place, trading)
    # As if it had been lost between the bytes and the note that they left.
    OrderCommand.objects.filter(order__in=group).update(state=OrderCommand.State.SENDING, ended_at=None)
    Order.objects.filter(pk__in=[order.pk for order in group]).update(status=OrderStatus.PENDING, ib_status="")

    taken_over(place, trading)
    for order in group:
        becomes(order, OrderStatus.SUBMITTED)
        eventually(lambda order=order: command_of(order).state == "SENT", "the command is concluded")
        assert len(sent(place, trading, order)) == 1


def test_a_bracket_that_the_gateway_drops_in_silence_is_proved_absent(place: Place, trading: BrokerAccount) -> None:
    place.tell_gateway(trading, {"do": "drop_orders", "count": 3})
    group = group_of(place_order(trading, **BRACKET))
    for order in group:
        becomes(order, OrderStatus.REJECTED)
        assert order.reason == doubts.ABSENT
    reach(trading, "READY")


def _word(order: Order) -> str:
    return str(_fresh(order).ib_status)


def _fresh(order: Order) -> Order:
    order.refresh_from_db()
    return order
