from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from webapp.accounts import events, notices
from webapp.accounts.models import BrokerAccount

DEPTH = "Exchanges with depth are limited."

pytestmark = pytest.mark.django_db


def say(account: BrokerAccount, message: str, code: int = 2152) -> None:
    append(account, "notice", str(code), {"code": code, "message": message})


def begin_session(account: BrokerAccount) -> None:
    append(account, "session", "", {"state": "STARTING", "since": "2026-01-05T15:30:00+00:00", "reason": ""})


def append(account: BrokerAccount, kind: str, subject: str, body: dict[str, Any]) -> None:
    with transaction.atomic():
        events.append(account_id=account.id, kind=kind, subject=subject, body=body)


def told(account: BrokerAccount) -> list[tuple[str, int, int]]:
    return [(notice.message, notice.times, notice.number) for notice in notices.newest(account)]


def test_the_same_words_in_a_session_are_one_notice_with_a_count_and_its_newest_time(account):
    begin_session(account)
    for message in (DEPTH, "Farm is down.", DEPTH, DEPTH):
        say(account, message)
    assert told(account) == [(DEPTH, 3, 5), ("Farm is down.", 1, 3)]
    newest = account.events.get(number=5)
    assert notices.newest(account)[0].at == newest.at


def test_other_words_or_another_code_are_another_notice(account):
    for code, message in ((2152, DEPTH), (10090, DEPTH), (2152, "Other words.")):
        say(account, message, code)
    assert [times for _, times, _ in told(account)] == [1, 1, 1]


def test_each_session_tells_it_for_itself(account):
    say(account, DEPTH)
    say(account, DEPTH)
    begin_session(account)
    say(account, DEPTH)
    assert told(account) == [(DEPTH, 1, 4), (DEPTH, 2, 2)]
    assert [notice.of_this_session for notice in notices.newest(account)] == [True, False]


def test_a_notice_said_all_day_drives_no_other_off_the_list(account):
    say(account, "Only once.")
    for _ in range(2 * notices.SHOWN):
        say(account, DEPTH)
    assert told(account) == [(DEPTH, 20, 21), ("Only once.", 1, 1)]


def test_a_count_of_what_was_not_all_read_says_so(account, monkeypatch):
    monkeypatch.setattr(notices, "READ", 3)
    for message in (DEPTH, DEPTH, DEPTH, DEPTH):
        say(account, message)
    [notice] = notices.newest(account)
    assert (notice.times, notice.at_least) == (3, True)


def test_another_accounts_notices_are_not_told(account, bob):
    say(BrokerAccount.objects.create(user=bob, name="Paper", trading_mode="paper"), DEPTH)
    assert told(account) == []
