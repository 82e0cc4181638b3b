from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from brokers.domain import OrderSide, OrderType, SessionState
from tests.webapp.trading.examples import fields, lease, placed
from tests.webapp.trading.quoting import quoting
from tests.webapp.trading.racing import race
from webapp.accounts.models import AccountEvent, BrokerAccount, GatewaySession, User
from webapp.bus import keys
from webapp.trading import orders
from webapp.trading.models import Instrument, Order, OrderCommand
from webapp.trading.orders import OrderConflict, OrderInvalid, SessionNotReady

pytestmark = pytest.mark.django_db


def test_a_placed_order_is_a_row_a_command_and_an_event(ready_account: BrokerAccount, aapl: Instrument) -> None:
    result = orders.place(account=ready_account, **fields())

    order = Order.objects.get()
    command = OrderCommand.objects.get()
    event = AccountEvent.objects.get()
    assert result.created
    assert (order.status, order.account_code, order.ib_status) == ("PENDING", "DU1000001", "")
    assert (order.quantity, order.limit_price) == (10, Decimal("190.50"))
    assert (command.order, command.verb, command.state, command.fence) == (order, "SUBMIT", "PENDING", None)
    assert (event.number, event.kind, event.subject) == (1, "order", str(order.client_order_id))
    assert event.body == orders.as_body(order)


def test_a_market_order_has_no_limit_price(ready_account: BrokerAccount, aapl: Instrument) -> None:
    with quoting():
        order = placed(ready_account, order_type="MKT", limit_price="")
    assert order.limit_price is None


def test_a_program_may_give_values_instead_of_text(ready_account: BrokerAccount, aapl: Instrument) -> None:
    order = orders.place(
        account=ready_account,
        client_order_id=uuid.uuid4(),
        con_id=aapl.con_id,
        side=OrderSide.SELL,
        order_type=OrderType.LMT,
        quantity=3,
        limit_price=Decimal("1E+2"),
    ).order
    order.refresh_from_db()
    assert (order.side, order.quantity, order.limit_price, order.time_in_force) == ("SELL", 3, 100, "DAY")


def test_the_body_of_an_order_has_amounts_as_plain_strings(ready_account: BrokerAccount, aapl: Instrument) -> None:
    order = placed(ready_account)
    order.refresh_from_db()
    body = orders.as_body(order)
    assert body == json.loads(json.dumps(body))
    assert (body["quantity"], body["limit_price"], body["filled_quantity"]) == ("10", "190.5", "0")
    assert (body["average_fill_price"], body["perm_ids"], body["symbol"]) == (None, [], "AAPL")
    assert (body["cancel_requested"], body["can_cancel"]) == (False, True)
    assert body["created_at"].endswith("+00:00")


def test_the_same_client_order_id_returns_the_same_order(ready_account: BrokerAccount, aapl: Instrument) -> None:
    ticket = fields()
    first = orders.place(account=ready_account, **ticket)
    again = orders.place(account=ready_account, **{**ticket, "limit_price": "190.5", "quantity": " 10.0 "})
    assert (again.order, again.created) == (first.order, False)
    assert (OrderCommand.objects.count(), AccountEvent.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"quantity": "11"},
        {"limit_price": "190.51"},
        {"side": "SELL"},
        {"time_in_force": "GTC"},
        {"order_type": "MKT", "limit_price": ""},
    ],
)
def test_the_same_client_order_id_with_another_body_is_a_conflict(
    ready_account: BrokerAccount, aapl: Instrument, change: dict[str, str]
) -> None:
    ticket = fields()
    orders.place(account=ready_account, **ticket)
    with pytest.raises(OrderConflict, match="BUY 10 AAPL LMT"):
        orders.place(account=ready_account, **{**ticket, **change})
    assert (Order.objects.count(), OrderCommand.objects.count()) == (1, 1)


def test_a_repeated_submit_gets_its_order_even_when_the_session_has_gone(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    ticket = fields()
    first = orders.place(account=ready_account, **ticket)
    GatewaySession.objects.update(state=SessionState.STOPPED.value)
    assert orders.place(account=ready_account, **ticket).order == first.order


def test_two_accounts_may_use_the_same_client_order_id(
    ready_account: BrokerAccount, aapl: Instrument, bob: User
) -> None:
    his = BrokerAccount.objects.create(user=bob, name="His", trading_mode="paper", account_codes=["DU2"])
    GatewaySession.objects.create(account=his, state=SessionState.READY.value)
    ticket = fields()
    hers = orders.place(account=ready_account, **ticket)
    assert orders.place(account=his, **ticket).created
    assert list(orders.of(bob).values_list("account", flat=True)) == [his.pk]
    assert list(orders.of(ready_account.user)) == [hers.order]


@pytest.mark.django_db(transaction=True)
def test_racing_submits_of_one_ticket_are_one_order(ready_account: BrokerAccount, aapl: Instrument) -> None:
    ticket = fields()
    results = race(lambda: orders.place(account=ready_account, **ticket), times=8)
    assert len({result.order.pk for result in results}) == 1
    assert sorted(result.created for result in results) == [False] * 7 + [True]
    assert (Order.objects.count(), OrderCommand.objects.count(), AccountEvent.objects.count()) == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_racing_submits_of_different_tickets_number_their_events_without_a_gap(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    race(lambda: orders.place(account=ready_account, **fields()), times=8)
    assert list(AccountEvent.objects.values_list("number", flat=True)) == list(range(1, 9))
    assert Order.objects.count() == 8


@pytest.mark.parametrize("state", [state for state in SessionState if not state.takes_orders])
def test_a_session_that_takes_no_orders_refuses_at_once(
    ready_account: BrokerAccount, aapl: Instrument, state: SessionState
) -> None:
    GatewaySession.objects.update(state=state.value, state_reason="The gateway is asleep.")
    with pytest.raises(SessionNotReady, match=r"The gateway is asleep\. Nothing was sent\.") as refused:
        orders.place(account=ready_account, **fields())
    assert state not in str(refused.value)
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (SessionState.STOPPED, "is stopped"),
        (SessionState.SYNCING, "is syncing"),
        (SessionState.TWO_FACTOR, "is waiting for your approval"),
    ],
)
def test_a_refusal_names_the_state_in_the_words_of_the_pages(
    ready_account: BrokerAccount, aapl: Instrument, state: SessionState, words: str
) -> None:
    GatewaySession.objects.update(state=state.value)
    with pytest.raises(SessionNotReady, match=f"{words}, and takes orders only when it is ready. Nothing was sent"):
        placed(ready_account)


def test_a_refusal_says_once_that_the_session_is_stopped(ready_account: BrokerAccount, aapl: Instrument) -> None:
    GatewaySession.objects.update(state=SessionState.STOPPED.value, state_reason="Stopped.")
    with pytest.raises(SessionNotReady) as refused:
        placed(ready_account)
    assert str(refused.value).lower().count("stopped") == 1


def test_a_session_without_quotes_takes_orders_all_the_same(ready_account: BrokerAccount, aapl: Instrument) -> None:
    GatewaySession.objects.update(state=SessionState.DEGRADED.value)
    assert orders.place(account=ready_account, **fields()).created


def test_a_session_whose_worker_was_lost_takes_no_orders_though_its_row_says_ready(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    lease(ready_account, seconds=-1)
    with pytest.raises(SessionNotReady, match=r"was lost.*Nothing was sent"):
        placed(ready_account)
    assert not Order.objects.exists()
    lease(ready_account)
    assert placed(ready_account).status == "PENDING"


def test_an_account_without_a_session_refuses_at_once(ready_account: BrokerAccount, aapl: Instrument) -> None:
    GatewaySession.objects.all().delete()
    with pytest.raises(SessionNotReady, match="is stopped"):
        orders.place(account=ready_account, **fields())


def test_an_account_that_may_not_trade_refuses_with_the_brokers_reason(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    BrokerAccount.objects.update(may_trade=False, may_trade_reason="The API is read-only.")
    with pytest.raises(SessionNotReady, match="The API is read-only"):
        orders.place(account=ready_account, **fields())
    assert not Order.objects.exists()


def test_an_account_of_which_nobody_knows_whether_it_may_trade_lets_the_broker_say(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    BrokerAccount.objects.update(may_trade=None)
    assert orders.place(account=ready_account, **fields()).created


def test_an_account_without_a_code_refuses(ready_account: BrokerAccount, aapl: Instrument) -> None:
    BrokerAccount.objects.update(account_codes=[])
    with pytest.raises(SessionNotReady, match="has not named"):
        orders.place(account=ready_account, **fields())


@pytest.fixture
def rings() -> Iterator[Any]:
    """What is heard at the doorbell."""
    client = redis.Redis.from_url(settings.REDIS_URL, decode_responses=True)
    subscription = client.pubsub()
    subscription.subscribe(keys.DOORBELL)
    assert subscription.get_message(timeout=10)["type"] == "subscribe"
    yield subscription
    subscription.close()
    client.close()


@pytest.mark.django_db(transaction=True)
def test_the_doorbell_rings_when_the_order_is_written(
    ready_account: BrokerAccount, aapl: Instrument, rings: Any
) -> None:
    orders.place(account=ready_account, **fields())
    assert json.loads(rings.get_message(timeout=10)["data"]) == {"account": str(ready_account.pk)}


@pytest.mark.django_db(transaction=True)
def test_an_order_stands_when_the_doorbell_can_not_ring(
    ready_account: BrokerAccount, aapl: Instrument, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(account_id: uuid.UUID) -> bool:
        raise ConnectionError("no redis")

    monkeypatch.setattr("webapp.bus.doorbell.ring", broken)
    assert orders.place(account=ready_account, **fields()).created
    assert OrderCommand.objects.get().state == "PENDING"


def test_an_order_becomes_the_request_that_the_node_sends(ready_account: BrokerAccount, aapl: Instrument) -> None:
    order = placed(ready_account)
    request = orders.to_request(order)
    assert request.client_order_id == str(order.client_order_id)
    assert (request.account_code, request.con_id, request.side) == ("DU1000001", aapl.con_id, OrderSide.BUY)
    assert (request.quantity, request.limit_price) == (Decimal(10), Decimal("190.50"))


def test_a_placed_order_reads_the_same_before_and_after_the_database_had_it(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    result = orders.place(account=ready_account, **fields())
    assert orders.as_body(result.order) == orders.as_body(Order.objects.get())


def test_a_ticket_that_is_sent_again_after_its_date_gets_its_order(
    ready_account: BrokerAccount, aapl: Instrument
) -> None:
    until = timezone.now() + timedelta(hours=1)
    asked = fields(time_in_force="GTD", good_till_date=until.isoformat())
    order = orders.place(account=ready_account, **asked).order
    # As if it had been two hours ago.
    past = {"good_till_date": (until - timedelta(hours=2)).replace(microsecond=0)}
    Order.objects.update(created_at=order.created_at - timedelta(hours=2), **past)
    OrderCommand.objects.update(**past)
    again = orders.place(account=ready_account, **{**asked, "good_till_date": past["good_till_date"].isoformat()})
    assert (again.order, again.created) == (order, False)


def test_a_date_beyond_the_calendar_is_refused(ready_account: BrokerAccount, aapl: Instrument) -> None:
    with pytest.raises(OrderInvalid) as refusal:
        placed(ready_account, time_in_force="GTD", good_till_date="9999-12-31T23:59:59-05:00")
    assert "beyond what a calendar holds" in refusal.value.errors["good_till_date"]
