from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.db import connection, transaction

from webapp.accounts import events
from webapp.accounts.models import AccountEvent, BrokerAccount
from webapp.bus import keys


def append(account: BrokerAccount, subject: str = "") -> AccountEvent:
    with transaction.atomic():
        return events.append(account_id=account.id, kind="notice", subject=subject, body={"text": "seen"})


def append_and_roll_back(account: BrokerAccount) -> None:
    with transaction.atomic():
        events.append(account_id=account.id, kind="notice", subject="undone", body={})
        transaction.set_rollback(True)


def numbers(account: BrokerAccount) -> list[int]:
    return [event.number for event in events.after(account, 0)]


@pytest.mark.django_db
def test_events_count_from_one_for_each_account(account, bob):
    other = BrokerAccount.objects.create(user=bob, name="Paper", trading_mode="paper")
    assert [append(account).number, append(account).number, append(other).number] == [1, 2, 1]


@pytest.mark.django_db
def test_the_events_after_a_number_come_in_order_and_no_more_than_asked_for(account, bob):
    other = BrokerAccount.objects.create(user=bob, name="Paper", trading_mode="paper")
    for _ in range(5):
        append(account)
        append(other)
    found = events.after(account, 2, limit=2)
    assert [(event.account_id, event.number) for event in found] == [(account.id, 3), (account.id, 4)]


@pytest.mark.django_db
def test_a_message_holds_its_number_kind_subject_time_and_body(account):
    message = events.as_message(append(account, subject="abc"))
    assert message.pop("at").endswith("+00:00")
    assert message == {"number": 1, "kind": "notice", "subject": "abc", "body": {"text": "seen"}}


@pytest.mark.django_db
def test_a_body_that_is_not_json_is_an_error_and_takes_no_number(account):
    with pytest.raises(TypeError), transaction.atomic():
        events.append(account_id=account.id, kind="notice", subject="", body={"price": Decimal(1)})
    assert append(account).number == 1


@pytest.mark.django_db
def test_an_event_of_an_account_that_does_not_exist_is_an_error():
    with pytest.raises(BrokerAccount.DoesNotExist):
        events.append(account_id=uuid4(), kind="notice", subject="", body={})


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_an_error(account):
    with pytest.raises(transaction.TransactionManagementError):
        events.append(account_id=account.id, kind="notice", subject="", body={})
    assert numbers(account) == []


@pytest.mark.django_db(transaction=True)
def test_a_rollback_gives_its_number_back(account):
    append(account)
    append_and_roll_back(account)
    append(account)
    assert numbers(account) == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_racing_writers_leave_no_gap_even_when_some_of_them_roll_back(account):
    run_together([lambda: append_ten_and_roll_back_five(account)] * 8)
    assert numbers(account) == list(range(1, 8 * 10 + 1))
    account.refresh_from_db()
    assert account.last_event_number == 80


def append_ten_and_roll_back_five(account: BrokerAccount) -> None:
    for _ in range(5):
        append(account)
        append_and_roll_back(account)
        append(account)


def run_together(calls: list[Callable[[], None]]) -> None:
    """Each in a thread with a connection of its own, released at one moment. An error in any is an error here."""
    start, errors = threading.Barrier(len(calls)), []

    def run(call: Callable[[], None]) -> None:
        try:
            start.wait(10)
            call()
        except BaseException as error:  # noqa: BLE001 - raised again below, in the test's own thread
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []


@pytest.mark.django_db(transaction=True)
async def test_an_event_is_announced_when_its_transaction_commits_and_not_before(account):
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(keys.account_group(account.id), channel)
    await sync_to_async(roll_back_one_and_keep_one)(account)
    message = await layer.receive(channel)
    assert (message["event"]["number"], message["event"]["subject"]) == (1, "kept")


def roll_back_one_and_keep_one(account: BrokerAccount) -> None:
    try:
        append_and_roll_back(account)
        append(account, subject="kept")
    finally:
        connection.close()
