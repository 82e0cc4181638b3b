"""The audit log: who, from where, in the same transaction, for good, and without a secret."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from webapp.accounts.models import BrokerAccount, User
from webapp.audit import recording as audit
from webapp.audit.acting import Origin, acting
from webapp.audit.models import Action, AuditEntry, Via

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry(account: BrokerAccount) -> AuditEntry:
    return audit.record(Action.SESSION_START, account=account)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditentry SET actor = 'bob'",
        "DELETE FROM audit_auditentry",
        # The test database lets its tables be emptied between tests; here it is as in production.
        "ALTER TABLE audit_auditentry ENABLE TRIGGER audit_no_truncate; TRUNCATE audit_auditentry",
    ],
)
def test_postgresql_refuses_to_change_an_entry(entry: AuditEntry, statement: str) -> None:
    with (
        pytest.raises(ProgrammingError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AuditEntry.objects.get().pk == entry.pk


def test_an_entry_outlives_the_account_and_the_user_it_tells_of(entry: AuditEntry, alice: User) -> None:
    alice.delete()
    kept = AuditEntry.objects.get()
    assert (kept.owner, kept.account_name, kept.account_id) == ("alice", "Paper", entry.account_id)


def test_an_entry_is_undone_with_what_it_tells_of(account: BrokerAccount) -> None:
    with transaction.atomic():
        audit.record(Action.SESSION_START, account=account)
        transaction.set_rollback(True)
    assert not AuditEntry.objects.exists()


def test_whoever_acts_is_named_with_token_address_and_browser(account: BrokerAccount, bob: User) -> None:
    here = Origin(via=Via.API, person=lambda: bob, token="robot", ip="192.0.2.7", user_agent="curl/8\x00")
    with acting(here):
        audit.record(Action.ORDER_PLACED, account=account, subject="id", text="BUY 1", quantity="1")
    entry = AuditEntry.objects.get()
    told: dict[str, Any] = {
        name: getattr(entry, name) for name in ("via", "actor", "token", "ip", "user_agent", "owner", "details")
    }
    assert told == {
        "via": "api",
        "actor": "bob",
        "token": "robot",
        "ip": "192.0.2.7",
        "user_agent": "curl/8",
        "owner": "alice",
        "details": {"quantity": "1"},
    }


def test_outside_of_a_request_it_is_the_server_itself_that_acts() -> None:
    audit.record(Action.TOKEN_CREATED)
    entry = AuditEntry.objects.get()
    assert (entry.via, entry.actor, entry.ip) == ("system", "", None)


@pytest.mark.parametrize("name", ["password", "new_password", "token_hash", "sealed"])
def test_no_secret_gets_in(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        audit.record(Action.PASSWORD_CHANGED, **{name: "hunter2"})


def test_what_is_too_long_is_cut_and_says_so() -> None:
    entry = audit.record(Action.LOGIN, text="x" * 900, subject="y" * 900)
    assert entry.text == "x" * 499 + "…"
    assert len(entry.subject) == 150
