"""An order with a take profit and a stop loss: rows of their own that leave, wait and end together."""

from __future__ import annotations

import contextlib
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from brokers.domain import OrderStatus, Unsent
from tests.webapp.trading.examples import fields, lease, placed, update
from tests.webapp.trading.racing import race
from webapp.accounts.models import AccountEvent, BrokerAccount
from webapp.audit.models import AuditEntry
from webapp.trading import commands, limits, orders
from webapp.trading.kill_switch import engaging
from webapp.trading.models import Instrument, Order, OrderCommand
from webapp.trading.orders import OrderConflict, OrderInvalid, OrderNotOpen

pytestmark = pytest.mark.django_db

EXITS = {"take_profit_price": "200.00", "stop_loss_price": "180.00"}


@pytest.fixture
def entry(ready_account: BrokerAccount, aapl: Instrument) -> Order:
    return placed(ready_account, time_in_force="GTC", outside_rth=True, **EXITS)


def exit_of(entry: Order, attached_as: str) -> Order:
    return Order.objects.select_related("instrument").get(parent=entry, attached_as=attached_as)


def group() -> list[Order]:
    return list(Order.objects.order_by("id"))


def submits() -> list[tuple[str, str]]:
    return list(OrderCommand.objects.filter(verb="SUBMIT").order_by("id").values_list("state", "reason"))


def claim(order: Order, *, fence: int = 1) -> OrderCommand | None:
    lease(order.account, worker=f"worker-{fence}", fence=fence)
    return commands.claim_next(account_id=order.account_id, worker=f"worker-{fence}", fence=fence)


def errors_of(account: BrokerAccount, **changes: Any) -> dict[str, str]:
    with pytest.raises(OrderInvalid) as refusal:
        placed(account, **changes)
    assert not Order.objects.exists()
    return refusal.value.errors


def test_each_exit_is_an_order_of_its_own_that_says_what_it_is_attached_to(entry: Order) -> None:
    take_profit, stop_loss = exit_of(entry, "TAKE_PROFIT"), exit_of(entry, "STOP_LOSS")
    assert (take_profit.order_type, take_profit.limit_price) == ("LMT", 200)
    assert (stop_loss.order_type, stop_loss.stop_price, stop_loss.limit_price) == ("STP", 180, None)
    for order in (take_profit, stop_loss):
        assert (order.side, order.quantity, order.status) == ("SELL", 10, "PENDING")
        assert (order.time_in_force, order.outside_rth) == ("GTC", True)
    assert [event.body["attached_as"] for event in AccountEvent.objects.order_by("number")] == [
        None,
        "TAKE_PROFIT",
        "STOP_LOSS",
    ]
    body = orders.as_body(stop_loss)
    assert (body["parent_client_order_id"], body["attached_as"]) == (str(entry.client_order_id), "STOP_LOSS")


def test_the_audit_log_says_what_each_is_attached_to(entry: Order) -> None:
    texts = list(AuditEntry.objects.order_by("pk").values_list("text", flat=True))
    assert texts == [
        "BUY 10 AAPL LMT 190.5 GTC, outside regular hours",
        f"SELL 10 AAPL LMT 200 GTC, outside regular hours, take profit of {entry.client_order_id}",
        f"SELL 10 AAPL STP GTC, stop price 180, outside regular hours, stop loss of {entry.client_order_id}",
    ]


def test_the_exits_are_named_after_their_entry_so_that_a_repeat_names_the_same(entry: Order) -> None:
    assert entry.client_order_id is not None
    for one in entry.attached.all():
        assert one.client_order_id == uuid.uuid5(entry.client_order_id, one.attached_as)


def test_the_same_ticket_again_is_the_same_bracket(ready_account: BrokerAccount, aapl: Instrument) -> None:
    ticket = fields(**EXITS)
    first = orders.place(account=ready_account, **ticket)
    again = orders.place(account=ready_account, **{**ticket, "stop_loss_price": "180"})
    assert (again.order, again.created) == (first.order, False)
    assert (Order.objects.count(), OrderCommand.objects.count(), AccountEvent.objects.count()) == (3, 3, 3)


@pytest.mark.parametrize("change", [{"stop_loss_price": "181"}, {"take_profit_price": ""}])
def test_the_same_ticket_with_another_exit_is_a_conflict(
    ready_account: BrokerAccount, aapl: Instrument, change: dict[str, str]
) -> None:
    ticket = fields(**EXITS)
    orders.place(account=ready_account, **ticket)
    with pytest.raises(OrderConflict):
        orders.place(account=ready_account, **{**ticket, **change})


def test_the_id_of_an_exit_is_no_ticket_s(entry: Order) -> None:
    stop_loss = exit_of(entry, "STOP_LOSS")
    with pytest.raises(OrderConflict):
        placed(entry.account, client_order_id=str(stop_loss.client_order_id))


def test_a_ticket_whose_exits_names_are_taken_is_a_conflict(ready_account: BrokerAccount, aapl: Instrument) -> None:
    ticket = fields(**EXITS)
    placed(ready_account, client_order_id=uuid.uuid5(uuid.UUID(ticket["client_order_id"]), "STOP_LOSS"))
    with pytest.raises(OrderConflict, match="Open a new ticket"):
        orders.place(account=ready_account, **ticket)
    assert Order.objects.count() == 1


def test_one_exit_alone_will_do(ready_account: BrokerAccount, aapl: Instrument) -> None:
    entry = placed(ready_account, stop_loss_price="180")
    bracket = orders.to_bracket(entry)
    assert bracket is not None
    assert (bracket.take_profit, bracket.stop_loss and bracket.stop_loss.stop_price) == (None, 180)


def test_the_exits_of_an_entry_that_ends_at_once_are_for_the_day(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    entry = placed(ready_account, time_in_force="IOC", stop_loss_price="180")
    assert exit_of(entry, "STOP_LOSS").time_in_force == "DAY"


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        (
            {"take_profit_price": "190.50"},
            "take_profit_price",
            "take profit of a buy lies above its own price of 190.5",
        ),
        (
            {"stop_loss_price": "191"},
            "stop_loss_price",
            "stop loss of a buy lies below its own price of 190.50, not at 191.00",
        ),
        ({"side": "SELL", "stop_loss_price": "180"}, "stop_loss_price", "stop loss of a sale lies above"),
        ({"stop_loss_price": "180.005"}, "stop_loss_price", "price increment of 0.01"),
        (
            {"order_type": "MKT", "limit_price": "", "take_profit_price": "170", "stop_loss_price": "180"},
            "take_profit_price",
            "lies above its stop loss of 180",
        ),
        ({"order_type": "LOC", "take_profit_price": "200"}, "take_profit_price", "nothing can be attached"),
    ],
)
def test_an_exit_that_can_not_be_meant_is_refused_beside_its_field(
    ready_account: BrokerAccount, aapl: Instrument, changes: dict[str, str], field: str, says: str
) -> None:
    errors = errors_of(ready_account, **changes)
    assert list(errors) == [field]
    assert says in errors[field]


def test_the_entry_alone_is_judged_by_the_limits(ready_account: BrokerAccount, aapl: Instrument) -> None:
    limits.set_limits(account=ready_account, max_notional="1905", notional_currency="USD")
    entry = placed(ready_account, take_profit_price="400")
    assert exit_of(entry, "TAKE_PROFIT").limit_price == 400


def test_all_are_claimed_by_one_command_and_handed_over_as_one(entry: Order) -> None:
    command = claim(entry)
    assert command is not None
    assert command.order == entry
    assert submits() == [("SENDING", "")] * 3
    bracket = orders.to_bracket(entry)
    assert bracket is not None
    assert bracket.entry.client_order_id == str(entry.client_order_id)
    assert bracket.take_profit is not None
    assert bracket.take_profit.client_order_id == str(exit_of(entry, "TAKE_PROFIT").client_order_id)
    assert claim(entry) is None
    commands.record_sent(command)
    assert submits() == [("SENT", "")] * 3


def test_what_the_node_refuses_is_refused_whole(entry: Order) -> None:
    command = claim(entry)
    assert command is not None
    commands.record_refused(command, "Too many orders.")
    assert submits() == [("REFUSED", "Too many orders.")] * 3
    assert {(order.status, order.reason) for order in group()} == {("REJECTED", "Too many orders.")}


def test_what_failed_half_way_is_unknown_whole(entry: Order) -> None:
    command = claim(entry)
    assert command is not None
    commands.record_unknown(command, "Nobody knows.")
    assert submits() == [("UNKNOWN", "Nobody knows.")] * 3
    assert {order.status for order in group()} == {"UNKNOWN"}


def test_what_nobody_claimed_in_time_is_refused_whole(entry: Order) -> None:
    OrderCommand.objects.update(created_at=timezone.now() - timezone.timedelta(seconds=4))
    assert commands.refuse_overdue() == 1
    assert {state for state, _ in submits()} == {"REFUSED"}
    assert {order.status for order in group()} == {"REJECTED"}


@pytest.mark.parametrize("attached_as", ["", "STOP_LOSS"])
def test_a_cancel_before_they_left_withdraws_all(entry: Order, attached_as: str) -> None:
    order = exit_of(entry, attached_as) if attached_as else entry
    command = orders.cancel(account=entry.account, client_order_id=str(order.client_order_id))
    assert (command.state, command.order) == ("REFUSED", order)
    assert {order.status for order in group()} == {"CANCELLED"}
    assert {event.body["status"] for event in AccountEvent.objects.filter(number__gt=3)} == {"CANCELLED"}
    assert claim(entry) is None


def test_the_kill_switch_withdraws_all_that_waits(entry: Order) -> None:
    engaging.engage(account=entry.account, by=entry.account.user)
    assert {order.status for order in group()} == {"CANCELLED"}
    told = AccountEvent.objects.filter(kind="order", number__gt=3).values_list("subject", flat=True)
    assert sorted(told) == sorted(str(order.client_order_id) for order in group())


@pytest.mark.django_db(transaction=True)
def test_a_claim_and_a_withdrawal_that_race_agree_on_all(entry: Order) -> None:
    lease(entry.account)

    def claim_or_cancel(is_claim: bool) -> object:
        if is_claim:
            return commands.claim_next(account_id=entry.account_id, worker="worker-1", fence=1)
        with contextlib.suppress(OrderNotOpen):  # by whoever cancelled it before
            orders.cancel(account=entry.account, client_order_id=str(entry.client_order_id))
        return None

    turns = iter([True, False] * 4)
    race(lambda: claim_or_cancel(next(turns)), times=8)
    assert len({state for state, _ in submits()}) == 1


def test_a_worker_lost_at_sending_leaves_each_to_be_found_by_itself(entry: Order) -> None:
    claim(entry)
    take_profit, stop_loss = exit_of(entry, "TAKE_PROFIT"), exit_of(entry, "STOP_LOSS")
    orders.apply_update(account_id=entry.account_id, update=update(entry))
    lease(entry.account, worker="worker-2", fence=2)
    seen = [str(entry.client_order_id), str(take_profit.client_order_id)]
    commands.resolve_interrupted(account_id=entry.account_id, seen_order_refs=seen)
    assert [state for state, _ in submits()] == ["SENT", "SENT", "UNKNOWN"]
    stop_loss.refresh_from_db()
    assert stop_loss.status == "UNKNOWN"
    assert commands.in_doubt(account_id=entry.account_id) == {str(stop_loss.client_order_id)}
    commands.record_absent(account_id=entry.account_id, order_refs=[str(stop_loss.client_order_id)])
    stop_loss.refresh_from_db()
    assert (stop_loss.status, submits()[-1][0]) == ("REJECTED", "ABSENT")
    entry.refresh_from_db()
    assert entry.status == "SUBMITTED"


def test_what_the_node_withdraws_is_said_of_each(entry: Order) -> None:
    command = claim(entry)
    assert command is not None
    commands.record_sent(command)
    for order in group():
        said = update(
            order, perm_id=None, status=OrderStatus.REJECTED, ib_status="", unsent=Unsent.ORDER, reason="Late."
        )
        orders.apply_update(account_id=entry.account_id, update=said)
    assert submits() == [("REFUSED", "Late.")] * 3


@pytest.fixture
def working(entry: Order) -> Order:
    command = claim(entry)
    assert command is not None
    commands.record_sent(command)
    for perm_id, order in enumerate(group(), start=1):
        terms = {name: getattr(order, name) for name in ("order_type", "limit_price", "stop_price", "time_in_force")}
        orders.apply_update(account_id=entry.account_id, update=update(order, perm_id=perm_id, **terms))
    entry.refresh_from_db()
    return entry


def test_an_exit_s_price_can_be_changed_whatever_the_limits(working: Order) -> None:
    limits.set_limits(account=working.account, max_quantity="1")
    stop_loss = exit_of(working, "STOP_LOSS")
    command = orders.modify(
        account=working.account, client_order_id=str(stop_loss.client_order_id), stop_price="185.00"
    )
    assert (command.order, command.stop_price) == (stop_loss, Decimal(185))


def test_a_quantity_that_they_share_can_not_be_changed_of_one(working: Order) -> None:
    for order in group():
        with pytest.raises(OrderInvalid, match="Cancel them and place them anew"):
            orders.modify(account=working.account, client_order_id=str(order.client_order_id), quantity="5")


def refuse_the_stop_loss(entry: Order) -> None:
    said = update(
        exit_of(entry, "STOP_LOSS"), perm_id=3, status=OrderStatus.REJECTED, ib_status="Inactive", reason="No (IB 201)"
    )
    orders.apply_update(account_id=entry.account_id, update=said)


def test_an_entry_whose_exit_the_broker_refuses_is_cancelled_once(working: Order) -> None:
    refuse_the_stop_loss(working)
    refuse_the_stop_loss(working)
    command = OrderCommand.objects.get(verb="CANCEL")
    assert (command.order, command.state) == (working, "PENDING")
    assert command.reason == "The broker refused its stop loss, and it had not traded."
    assert AccountEvent.objects.latest("number").body["cancel_requested"] is True


def test_an_entry_that_has_traded_keeps_what_it_has(working: Order) -> None:
    Order.objects.filter(pk=working.pk).update(filled_quantity=1)
    refuse_the_stop_loss(working)
    assert not OrderCommand.objects.filter(verb="CANCEL").exists()


def test_an_exit_can_be_cancelled_by_itself(working: Order) -> None:
    take_profit = exit_of(working, "TAKE_PROFIT")
    command = orders.cancel(account=working.account, client_order_id=str(take_profit.client_order_id))
    assert (command.order, command.state) == (take_profit, "PENDING")
