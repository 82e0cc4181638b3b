from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from brokers.domain import OrderStatus, OrderUpdate, SessionState, TradingMode
from tests.webapp.trading.examples import AAPL, execution, placed, update
from tests.webapp.trading.racing import race
from webapp.accounts.models import AccountEvent, BrokerAccount, GatewaySession, User
from webapp.trading import fills, orders
from webapp.trading.models import BrokerOrder, Instrument, Order, OrderCommand
from webapp.trading.orders.ranking import may_follow
from webapp.trading.refusals import InstrumentUnknown

pytestmark = pytest.mark.django_db

FINAL = [status for status in OrderStatus if status.is_final]
FILLED = {"status": OrderStatus.FILLED, "ib_status": "Filled", "filled_quantity": Decimal(10)}


@pytest.fixture
def order(ready_account: BrokerAccount, aapl: Instrument) -> Order:
    return placed(ready_account)


def after(order: Order, **said: object) -> Order:
    """The order once the broker has said this of it."""
    orders.apply_update(account_id=order.account_id, update=update(order, **said))
    order.refresh_from_db()
    return order


def event_count() -> int:
    return AccountEvent.objects.count()


def test_an_update_brings_the_brokers_word_and_its_own_id(order: Order) -> None:
    after(order, perm_id=1234, order_id=7, ib_status="PreSubmitted")
    broker_order = BrokerOrder.objects.get()
    event = AccountEvent.objects.latest("number")
    assert (order.status, order.ib_status) == ("SUBMITTED", "PreSubmitted")
    assert (broker_order.order, broker_order.perm_id, broker_order.broker_order_id) == (order, 1234, 7)
    assert (event.subject, event.body["perm_ids"], event.body["status"]) == (
        str(order.client_order_id),
        [1234],
        "SUBMITTED",
    )


def test_the_same_update_again_is_no_event(order: Order) -> None:
    after(order)
    before = event_count()
    after(order)
    after(order, at=update().at.replace(hour=13))
    assert event_count() == before


def test_an_average_finer_than_the_column_is_no_news_the_second_time(order: Order) -> None:
    average = Decimal(1) / Decimal(3)
    after(order, filled_quantity=Decimal(3), average_fill_price=average)
    before = event_count()
    after(order, filled_quantity=Decimal(3), average_fill_price=average)
    assert event_count() == before
    assert order.average_fill_price == Decimal("0.3333333333")


@pytest.mark.parametrize("old", list(OrderStatus))
@pytest.mark.parametrize("new", list(OrderStatus))
def test_a_status_goes_up_or_stays(old: OrderStatus, new: OrderStatus) -> None:
    ladder = [{OrderStatus.PENDING}, {OrderStatus.UNKNOWN}, {OrderStatus.SUBMITTED}, set(FINAL)]
    step = {status: index for index, rung in enumerate(ladder) for status in rung}
    assert may_follow(old, new) == (old is new or step[new] > step[old])


@pytest.mark.parametrize("final", FINAL)
@pytest.mark.parametrize("late", list(OrderStatus))
def test_what_is_over_stays_over(order: Order, final: OrderStatus, late: OrderStatus) -> None:
    after(order, status=final, ib_status="First", reason="why")
    after(order, status=late, ib_status="Late")
    assert order.status == final
    assert order.ib_status == ("Late" if late is final else "First")
    assert order.reason == "why"


@pytest.mark.parametrize("quantity", [10, 0])
def test_a_filled_order_shows_all_of_its_quantity_when_ib_has_not_said_how_much(order: Order, quantity: int) -> None:
    after(order, **{**FILLED, "filled_quantity": Decimal(0)}, quantity=Decimal(quantity))
    assert (order.status, order.filled_quantity) == ("FILLED", 10)


def test_a_late_word_does_not_reopen_a_filled_order(order: Order) -> None:
    after(order, **FILLED, average_fill_price=Decimal("190.40"))
    before = event_count()
    after(order, status=OrderStatus.SUBMITTED, ib_status="Submitted", filled_quantity=Decimal(0))
    assert (order.status, order.ib_status, order.filled_quantity) == ("FILLED", "Filled", 10)
    assert order.average_fill_price == Decimal("190.40")
    assert event_count() == before


def test_a_fill_that_comes_after_the_cancel_still_counts(order: Order) -> None:
    after(order, status=OrderStatus.CANCELLED, ib_status="Cancelled", filled_quantity=Decimal(2))
    after(order, status=OrderStatus.SUBMITTED, filled_quantity=Decimal(4), average_fill_price=Decimal("190.45"))
    assert (order.status, order.filled_quantity, order.average_fill_price) == ("CANCELLED", 4, Decimal("190.45"))
    assert AccountEvent.objects.latest("number").body["filled_quantity"] == "4"


def test_a_reason_stands_until_the_status_moves_on(order: Order) -> None:
    after(order, reason="399: will be sent at the open", reason_code=399)
    assert after(order).reason == "399: will be sent at the open"
    assert after(order, **FILLED).reason == ""


def test_a_rejection_keeps_the_brokers_reason(order: Order) -> None:
    after(order, status=OrderStatus.REJECTED, ib_status="Inactive", reason="201: rejected - " + "x" * 600)
    assert order.reason.startswith("201: rejected")
    assert len(order.reason) == 500


@pytest.mark.parametrize("poorer", ["", "Inactive", "Rejected by System"])
def test_a_rejection_keeps_its_reason_when_the_completed_orders_say_less(order: Order, poorer: str) -> None:
    reason = "Order rejected - reason: no shares to borrow (IB 201)"
    after(order, status=OrderStatus.REJECTED, ib_status="Inactive", reason=reason, reason_code=201)
    before = event_count()
    after(order, status=OrderStatus.REJECTED, ib_status="Inactive", reason=poorer)
    assert (order.reason, event_count()) == (reason, before)


def test_a_reason_whose_code_was_cut_off_is_not_replaced_by_the_status(order: Order) -> None:
    after(order, status=OrderStatus.REJECTED, ib_status="Inactive", reason="why" * 200 + " (IB 201)", reason_code=201)
    after(order, status=OrderStatus.REJECTED, ib_status="Inactive", reason="Inactive")
    assert order.reason.startswith("why")


def test_a_rejection_without_a_reason_takes_the_better_one(order: Order) -> None:
    after(order, status=OrderStatus.REJECTED, ib_status="Inactive", reason="Inactive")
    assert after(order, status=OrderStatus.REJECTED, ib_status="Inactive", reason="No (IB 201)").reason == "No (IB 201)"


def test_an_order_that_was_unknown_and_turned_up_is_known_again(order: Order) -> None:
    orders.mark_unknown(command=order.commands.get(), reason="The worker was lost.")
    after(order)
    assert (order.status, order.reason) == ("SUBMITTED", "")


def test_two_broker_orders_behind_one_order_are_both_kept(order: Order) -> None:
    after(order, perm_id=1)
    after(order, perm_id=2)
    assert AccountEvent.objects.latest("number").body["perm_ids"] == [1, 2]
    assert Order.objects.count() == 1


@pytest.mark.parametrize("end", [OrderStatus.CANCELLED, OrderStatus.FILLED])
def test_an_order_works_while_any_of_the_broker_orders_behind_it_does(order: Order, end: OrderStatus) -> None:
    after(order, perm_id=1, status=end, ib_status=end.capitalize())
    assert order.status == end
    after(order, perm_id=2)
    assert order.status == "SUBMITTED"
    after(order, perm_id=2, status=OrderStatus.CANCELLED, ib_status="Cancelled")
    assert order.status == end
    after(order, perm_id=1)  # late, and of one that is over
    assert order.status == end


def test_what_two_broker_orders_filled_is_what_they_filled_together(order: Order) -> None:
    after(order, perm_id=1, filled_quantity=Decimal(3))
    after(order, perm_id=2, filled_quantity=Decimal(4))
    assert (order.filled_quantity, order.average_fill_price) == (7, None)


def test_an_update_without_our_id_finds_the_order_by_its_perm_id(order: Order) -> None:
    after(order, perm_id=1)
    orders.apply_update(account_id=order.account_id, update=update(perm_id=1, **FILLED))
    order.refresh_from_db()
    assert (order.status, Order.objects.count()) == ("FILLED", 1)


def test_our_own_order_keeps_what_was_asked_for(order: Order) -> None:
    after(order, quantity=Decimal(0), limit_price=None, order_type="")
    assert (order.quantity, order.limit_price, order.order_type) == (10, Decimal("190.50"), "LMT")


@pytest.mark.parametrize("order_ref", ["", "placed by hand", "0d22c1fe-6027-4cd1-89bc-460000000000"])
def test_an_order_placed_elsewhere_becomes_an_order_of_the_account(
    ready_account: BrokerAccount, aapl: Instrument, order_ref: str
) -> None:
    said = update(order_ref=order_ref, perm_id=77, order_id=-3, order_type="TRAIL LIMIT", time_in_force="GTD")
    orders.apply_update(account_id=ready_account.pk, update=said)
    order = Order.objects.get()
    event = AccountEvent.objects.get()
    assert (order.client_order_id, order.order_type, order.time_in_force) == (None, "TRAIL LIMIT", "GTD")
    assert (order.status, order.quantity, order.account_code) == ("SUBMITTED", 10, "DU1000001")
    assert (event.subject, event.body["client_order_id"], event.body["perm_ids"]) == ("77", None, [77])


def test_an_order_placed_elsewhere_is_followed_by_its_perm_id(ready_account: BrokerAccount, aapl: Instrument) -> None:
    orders.apply_update(account_id=ready_account.pk, update=update(perm_id=77))
    orders.apply_update(account_id=ready_account.pk, update=update(perm_id=77, limit_price=Decimal(180)))
    orders.apply_update(account_id=ready_account.pk, update=update(perm_id=77, quantity=Decimal(0), **FILLED))
    order = Order.objects.get()
    assert (order.status, order.quantity, order.limit_price) == ("FILLED", 10, Decimal("190.50"))
    assert event_count() == 3


def test_orders_placed_elsewhere_are_told_apart(ready_account: BrokerAccount, aapl: Instrument) -> None:
    for perm_id in (77, 78):
        orders.apply_update(account_id=ready_account.pk, update=update(perm_id=perm_id))
    assert Order.objects.count() == 2


@pytest.mark.parametrize("perm_id", [None, 0])
def test_an_order_placed_elsewhere_waits_until_something_tells_it_apart(
    ready_account: BrokerAccount, aapl: Instrument, perm_id: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    orders.apply_update(account_id=ready_account.pk, update=update(perm_id=perm_id))
    assert not Order.objects.exists()
    assert "no permId yet" in caplog.text


def test_the_same_perm_id_on_another_account_is_another_order(
    ready_account: BrokerAccount, aapl: Instrument, bob: User
) -> None:
    his = BrokerAccount.objects.create(user=bob, name="His", trading_mode="paper")
    for account in (ready_account, his):
        orders.apply_update(account_id=account.pk, update=update(perm_id=77))
    assert Order.objects.count() == 2


def test_our_id_on_another_account_is_not_ours_there(order: Order, bob: User) -> None:
    his = BrokerAccount.objects.create(user=bob, name="His", trading_mode="paper")
    orders.apply_update(account_id=his.pk, update=update(order, **FILLED))
    order.refresh_from_db()
    assert (order.status, orders.of(bob).get().client_order_id) == ("PENDING", None)


def test_an_update_for_an_unknown_instrument_says_so_and_writes_nothing(ready_account: BrokerAccount) -> None:
    with pytest.raises(InstrumentUnknown, match=str(AAPL)):
        orders.apply_update(account_id=ready_account.pk, update=update())
    assert not Order.objects.exists()
    assert not AccountEvent.objects.exists()


def test_an_execution_that_came_first_is_given_its_order(ready_account: BrokerAccount, aapl: Instrument) -> None:
    fills.record_execution(account_id=ready_account.pk, report=execution(perm_id=77))
    orders.apply_update(account_id=ready_account.pk, update=update(perm_id=77))
    assert fills.of(ready_account.user).get().order == Order.objects.get()


@pytest.mark.django_db(transaction=True)
def test_racing_first_words_on_an_order_placed_elsewhere_make_one_order(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    race(lambda: orders.apply_update(account_id=ready_account.pk, update=update(perm_id=77)), times=6)
    assert (Order.objects.count(), BrokerOrder.objects.count(), event_count()) == (1, 1, 1)


def test_a_refused_submit_rejects_its_order_for_our_reason(order: Order) -> None:
    command = order.commands.get()
    orders.refuse(command=command, reason="The session is gone.")
    order.refresh_from_db()
    assert (order.status, order.ib_status, order.reason) == ("REJECTED", "", "The session is gone.")
    assert OrderCommand.objects.get().state == command.state == "REFUSED"
    assert AccountEvent.objects.latest("number").body["status"] == "REJECTED"


def test_an_unknown_submit_leaves_its_order_unknown(order: Order) -> None:
    orders.mark_unknown(command=order.commands.get(), reason="Nobody knows.")
    order.refresh_from_db()
    assert (order.status, order.reason, OrderCommand.objects.get().state) == ("UNKNOWN", "Nobody knows.", "UNKNOWN")


def test_a_cancel_that_could_not_be_sent_leaves_its_order_as_it_was(order: Order) -> None:
    after(order)
    OrderCommand.objects.update(state="SENT")
    assert order.client_order_id is not None
    command = orders.cancel(account=order.account, client_order_id=order.client_order_id)
    orders.refuse(command=command, reason="The broker doesn't know it.")
    order.refresh_from_db()
    assert (order.status, order.reason) == ("SUBMITTED", "The broker doesn't know it.")


def test_a_command_is_concluded_once(order: Order) -> None:
    stale = OrderCommand.objects.get()
    orders.refuse(command=order.commands.get(), reason="first")
    before = event_count()
    orders.mark_unknown(command=stale, reason="second")
    order.refresh_from_db()
    assert (order.status, order.reason, event_count()) == ("REJECTED", "first", before)


RANK = {"PENDING": 0, "UNKNOWN": 1, "SUBMITTED": 2, "FILLED": 3, "CANCELLED": 3, "REJECTED": 3}

said = st.builds(
    update,
    status=st.sampled_from(list(OrderStatus)),
    ib_status=st.sampled_from(["PendingSubmit", "PreSubmitted", "Submitted", "Filled", "Cancelled", "Inactive"]),
    filled_quantity=st.integers(0, 10).map(Decimal),
    reason=st.sampled_from(["", "202: cancelled"]),
)


class AnyOrderOfMessages(TestCase):
    """Each example in a transaction of its own."""

    @settings(max_examples=30)  # each writes dozens of rows, and a busy machine has two minutes
    @given(st.lists(said, min_size=1, max_size=8))
    def test_an_order_only_ever_moves_forward(self, updates: list[OrderUpdate]) -> None:
        order = an_order()
        for message in updates:
            rank, filled, status = RANK[order.status], order.filled_quantity, order.status
            ours = replace(message, order_ref=str(order.client_order_id))
            orders.apply_update(account_id=order.account_id, update=ours)
            order.refresh_from_db()
            assert order.filled_quantity >= filled
            assert RANK[order.status] >= rank
            assert order.status == status or rank < RANK["FILLED"]
            told = event_count()
            orders.apply_update(account_id=order.account_id, update=ours)
            assert event_count() == told


def an_order() -> Order:
    user = User.objects.create_user(username="charlie")
    account = BrokerAccount.objects.create(
        user=user, name="Paper", trading_mode=TradingMode.PAPER.value, account_codes=["DU1"]
    )
    GatewaySession.objects.create(account=account, state=SessionState.READY.value)
    Instrument.objects.create(
        con_id=AAPL,
        symbol="AAPL",
        display_symbol="AAPL",
        security_type="STK",
        price_increment=Decimal("0.01"),
        size_increment=1,
        min_size=1,
    )
    return placed(account)


def test_a_limit_that_comes_to_stand_at_its_stop_is_an_offset_of_zero(order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(limit_price_offset=Decimal("0.50"))
    after(order, limit_price_offset=Decimal(0))
    order.refresh_from_db()
    assert order.limit_price_offset == 0
