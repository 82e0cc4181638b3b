"""Live trading is off until the account's owner turns it on with the password, wherever an order comes from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.webapp.trading.examples import fields, placed, update
from webapp.accounts import live_trading
from webapp.accounts.models import AccountEvent, BrokerAccount, User
from webapp.accounts.refusals import AccountInvalid, NotAllowed
from webapp.trading import orders
from webapp.trading.models import Instrument, Order, OrderCommand
from webapp.trading.orders import LiveTradingOff

pytestmark = pytest.mark.django_db

PASSWORD = "alice-password"


@pytest.fixture
def live(ready_account: BrokerAccount, aapl: Instrument) -> BrokerAccount:
    ready_account.trading_mode = "live"
    ready_account.account_codes = ["U1000001"]
    ready_account.save()
    return ready_account


@pytest.fixture
def turn_on(live: BrokerAccount) -> Callable[..., None]:
    def turn(**changes: Any) -> None:
        live_trading.turn_on(**{"account": live, "by": live.user, "password": PASSWORD, **changes})

    return turn


def told() -> list[dict[str, Any]]:
    return [event.body for event in AccountEvent.objects.filter(kind="live_trading").order_by("number")]


def test_a_live_account_takes_no_order_until_its_owner_turns_live_trading_on(
    live: BrokerAccount, turn_on: Callable[..., None]
) -> None:
    with pytest.raises(LiveTradingOff, match=r"Live trading is off for Paper\. Its owner turns it on under"):
        placed(live)
    assert not Order.objects.exists()
    turn_on()
    assert placed(live).status == "PENDING"


def test_no_change_leaves_once_it_is_off_again_and_a_cancel_still_does(
    live: BrokerAccount, turn_on: Callable[..., None]
) -> None:
    turn_on()
    order = placed(live)
    orders.apply_update(account_id=live.pk, update=update(order))
    live_trading.turn_off(account=live)
    with pytest.raises(LiveTradingOff):
        orders.modify(account=live, client_order_id=str(order.client_order_id), quantity="11")
    assert orders.cancel(account=live, client_order_id=str(order.client_order_id)).verb == OrderCommand.Verb.CANCEL


def test_a_page_that_was_read_before_it_was_turned_off_places_nothing(
    live: BrokerAccount, turn_on: Callable[..., None]
) -> None:
    """What the caller holds is old; the row decides."""
    turn_on()
    before = BrokerAccount.objects.get(pk=live.pk)
    live_trading.turn_off(account=live)
    assert not before.is_live_trading_off
    with pytest.raises(LiveTradingOff):
        orders.place(account=before, **fields())
    assert not Order.objects.exists()


def test_a_paper_account_is_not_concerned(ready_account: BrokerAccount, aapl: Instrument) -> None:
    assert live_trading.as_body(ready_account) == {"applies": False, "on": False, "since": None}
    assert placed(ready_account).status == "PENDING"
    with pytest.raises(AccountInvalid, match="paper account"):
        live_trading.turn_on(account=ready_account, by=ready_account.user, password=PASSWORD)


def test_a_wrong_password_turns_nothing_on(live: BrokerAccount, turn_on: Callable[..., None]) -> None:
    for wrong in ("", "bob-password"):
        with pytest.raises(AccountInvalid) as refused:
            turn_on(password=wrong)
        assert refused.value.errors == {"password": "That isn't the password that you sign in with here."}
    live.refresh_from_db()
    assert live.is_live_trading_off
    assert told() == []


def test_nobody_but_the_owner_turns_it_on(live: BrokerAccount, turn_on: Callable[..., None], bob: User) -> None:
    with pytest.raises(NotAllowed, match="Only the account's owner"):
        turn_on(by=bob, password="bob-password")
    live.refresh_from_db()
    assert live.is_live_trading_off


def test_each_turn_is_told_once(live: BrokerAccount, turn_on: Callable[..., None]) -> None:
    turn_on()
    turn_on()
    since = live_trading.as_body(live)["since"]
    live_trading.turn_off(account=live)
    live_trading.turn_off(account=live)
    assert told() == [
        {"applies": True, "on": True, "since": since},
        {"applies": True, "on": False, "since": None},
    ]
